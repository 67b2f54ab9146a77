"""librdkafka's settings that have no effect here: known, so that a program that has them runs, and told once each.

Rule: a key is here with its values, as in librdkafka, and with the reason why it does nothing; one whose
silence would be dangerous (security.protocol, transactional.id) is not here but refused in `settings.py`.
librdkafka lists its keys in CONFIGURATION.md; `tools/clients.py` compares.
"""

from __future__ import annotations

from minikafka.client.settings.setting import Setting

_TLS = "TLS is not supported"
_SASL = "SASL is not supported"
_TRANSACTIONS = "this producer has no transactions"
_LOG = "what is logged goes to Python's logging"
_SOCKETS = "sockets are the event loop's matter"
_GROUPS = "this consumer speaks the classic group protocol"
_OLD = "it belongs to a client of an older kind"
_INSIDE = "it tunes the inside of librdkafka"


def _number(default: int, low: int, high: int, why: str) -> Setting:
    return Setting("int", default, (low, high), why)


def _switch(default: bool, why: str) -> Setting:
    return Setting("bool", default, None, why)


def _word(default: str, words: tuple[str, ...], why: str) -> Setting:
    return Setting("str", default, words, why)


def _text(why: str) -> Setting:
    return Setting("str", None, None, why)


SHARED: dict[str, Setting] = {
    "builtin.features": _text(_INSIDE),
    "message.copy.max.bytes": _number(65_535, 0, 1_000_000_000, _INSIDE),
    "receive.message.max.bytes": _number(100_000_000, 1000, 2_147_483_647, _INSIDE),
    "metadata.recovery.strategy": _word("rebootstrap", ("none", "rebootstrap"), _INSIDE),
    "metadata.recovery.rebootstrap.trigger.ms": _number(300_000, 0, 2_147_483_647, _INSIDE),
    "topic.metadata.refresh.fast.interval.ms": _number(100, 1, 60_000, _INSIDE),
    "topic.metadata.refresh.fast.cnt": _number(10, 0, 1000, _OLD),
    "topic.metadata.refresh.sparse": _switch(True, _INSIDE),
    "topic.blacklist": _text(_INSIDE),
    "debug": _text(_LOG),
    "socket.blocking.max.ms": _number(1000, 1, 60_000, _SOCKETS),
    "socket.send.buffer.bytes": _number(0, 0, 100_000_000, _SOCKETS),
    "socket.receive.buffer.bytes": _number(0, 0, 100_000_000, _SOCKETS),
    "socket.keepalive.enable": _switch(False, _SOCKETS),
    "socket.nagle.disable": _switch(True, _SOCKETS),
    "socket.max.fails": _number(1, 0, 1_000_000, _SOCKETS),
    "broker.address.ttl": _number(1000, 0, 86_400_000, _SOCKETS),
    "broker.address.family": _word("any", ("any", "v4", "v6"), _SOCKETS),
    "connections.max.idle.ms": _number(0, 0, 2_147_483_647, _SOCKETS),
    "reconnect.backoff.jitter.ms": _number(0, 0, 3_600_000, _SOCKETS),
    "enabled_events": _number(0, 0, 2_147_483_647, _INSIDE),
    "log_level": _number(6, 0, 7, _LOG),
    "log.queue": _switch(False, _LOG),
    "log.thread.name": _switch(True, _LOG),
    "enable.random.seed": _switch(True, _INSIDE),
    "log.connection.close": _switch(True, _LOG),
    "internal.termination.signal": _number(0, 0, 128, _INSIDE),
    "api.version.request": _switch(True, _SOCKETS),
    "api.version.request.timeout.ms": _number(10_000, 1, 300_000, _SOCKETS),
    "api.version.fallback.ms": _number(0, 0, 604_800_000, _SOCKETS),
    "broker.version.fallback": _text(_SOCKETS),
    "ssl.cipher.suites": _text(_TLS),
    "ssl.curves.list": _text(_TLS),
    "ssl.sigalgs.list": _text(_TLS),
    "ssl.key.location": _text(_TLS),
    "ssl.key.password": _text(_TLS),
    "ssl.key.pem": _text(_TLS),
    "ssl.certificate.location": _text(_TLS),
    "ssl.certificate.pem": _text(_TLS),
    "ssl.ca.location": _text(_TLS),
    "https.ca.location": _text(_TLS),
    "https.ca.pem": _text(_TLS),
    "ssl.ca.pem": _text(_TLS),
    "ssl.ca.certificate.stores": _text(_TLS),
    "ssl.crl.location": _text(_TLS),
    "ssl.keystore.location": _text(_TLS),
    "ssl.keystore.password": _text(_TLS),
    "ssl.providers": _text(_TLS),
    "ssl.engine.location": _text(_TLS),
    "ssl.engine.id": _text(_TLS),
    "enable.ssl.certificate.verification": _switch(True, _TLS),
    "ssl.endpoint.identification.algorithm": _word("https", ("none", "https"), _TLS),
    "sasl.mechanisms": _text(_SASL),
    "sasl.kerberos.service.name": _text(_SASL),
    "sasl.kerberos.principal": _text(_SASL),
    "sasl.kerberos.kinit.cmd": _text(_SASL),
    "sasl.kerberos.keytab": _text(_SASL),
    "sasl.kerberos.min.time.before.relogin": _number(60_000, 0, 86_400_000, _SASL),
    "sasl.username": _text(_SASL),
    "sasl.password": _text(_SASL),
    "sasl.oauthbearer.config": _text(_SASL),
    "enable.sasl.oauthbearer.unsecure.jwt": _switch(False, _SASL),
    "sasl.oauthbearer.method": _word("default", ("default", "oidc"), _SASL),
    "sasl.oauthbearer.client.id": _text(_SASL),
    "sasl.oauthbearer.client.credentials.client.id": _text(_SASL),
    "sasl.oauthbearer.client.credentials.client.secret": _text(_SASL),
    "sasl.oauthbearer.client.secret": _text(_SASL),
    "sasl.oauthbearer.scope": _text(_SASL),
    "sasl.oauthbearer.extensions": _text(_SASL),
    "sasl.oauthbearer.token.endpoint.url": _text(_SASL),
    "sasl.oauthbearer.sub.claim.name": _text(_SASL),
    "sasl.oauthbearer.grant.type": _word(
        "client_credentials", ("client_credentials", "urn:ietf:params:oauth:grant-type:jwt-bearer"), _SASL
    ),
    "sasl.oauthbearer.assertion.algorithm": _word("RS256", ("RS256", "ES256"), _SASL),
    "sasl.oauthbearer.assertion.private.key.file": _text(_SASL),
    "sasl.oauthbearer.assertion.private.key.passphrase": _text(_SASL),
    "sasl.oauthbearer.assertion.private.key.pem": _text(_SASL),
    "sasl.oauthbearer.assertion.file": _text(_SASL),
    "sasl.oauthbearer.assertion.claim.aud": _text(_SASL),
    "sasl.oauthbearer.assertion.claim.exp.seconds": _number(300, 1, 2_147_483_647, _SASL),
    "sasl.oauthbearer.assertion.claim.iss": _text(_SASL),
    "sasl.oauthbearer.assertion.claim.jti.include": _switch(False, _SASL),
    "sasl.oauthbearer.assertion.claim.nbf.seconds": _number(60, 0, 2_147_483_647, _SASL),
    "sasl.oauthbearer.assertion.claim.sub": _text(_SASL),
    "sasl.oauthbearer.assertion.jwt.template.file": _text(_SASL),
    "sasl.oauthbearer.metadata.authentication.type": _word("none", ("none", "azure_imds", "aws_iam"), _SASL),
    "plugin.library.paths": _text(_INSIDE),
    "client.dns.lookup": _word(
        "use_all_dns_ips", ("use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"), _SOCKETS
    ),
    "enable.metrics.push": _switch(True, _INSIDE),
}

PRODUCER: dict[str, Setting] = {
    "transaction.timeout.ms": _number(60_000, 1000, 2_147_483_647, _TRANSACTIONS),
    "enable.gapless.guarantee": _switch(False, _INSIDE),
    "queue.buffering.backpressure.threshold": _number(1, 1, 1_000_000, _INSIDE),
    "queuing.strategy": _word("fifo", ("fifo", "lifo"), _OLD),
    "produce.offset.report": _switch(False, _OLD),
}

CONSUMER: dict[str, Setting] = {
    "group.remote.assignor": _text(_GROUPS),
    "coordinator.query.interval.ms": _number(600_000, 1, 3_600_000, _INSIDE),
    "fetch.queue.backoff.ms": _number(1000, 0, 300_000, _INSIDE),
    "offset.store.method": _word("broker", ("none", "file", "broker"), _OLD),
    "max.poll.records": _number(500, 1, 2_147_483_647, _GROUPS),
    "share.acknowledgement.mode": _text(_GROUPS),
    "offset.store.path": _text(_OLD),
    "offset.store.sync.interval.ms": _number(-1, -1, 86_400_000, _OLD),
    "consume.callback.max.messages": _number(0, 0, 1_000_000, _OLD),
}

IN_C = (
    "background_event_cb",
    "socket_cb",
    "connect_cb",
    "closesocket_cb",
    "open_cb",
    "resolve_cb",
    "opaque",
    "default_topic_conf",
    "ssl_key",
    "ssl_certificate",
    "ssl_ca",
    "ssl_engine_callback_data",
    "ssl.certificate.verify_cb",
    "oauthbearer_token_refresh_cb",
    "interceptors",
    "consume_cb",
    "rebalance_cb",
    "offset_commit_cb",
    "dr_cb",
    "dr_msg_cb",
    "partitioner_cb",
    "msg_order_cmp",
)
"""Callbacks and values that only a program in C can give; librdkafka refuses them in a dict, too."""
