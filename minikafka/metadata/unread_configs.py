"""The broker settings of Kafka that nothing here reads, as a table.

Rule: every name that a broker of Kafka 4.3.1 takes is either here or in `broker_configs.py`, so that a name
which is in neither means nothing to any Kafka. Types and bounds are Kafka's (`KafkaConfig.configDef()` of 4.3.1
and of 3.9.1, printed), because a value that Kafka refuses to start with is refused here too.
"""

from __future__ import annotations

from functools import cache

from minikafka.metadata.config_types import ConfigDefinition, ConfigType, Validator, at_least, between, one_of

_UNREAD = """
add.partitions.to.txn.retry.backoff.max.ms INT 0..
add.partitions.to.txn.retry.backoff.ms INT 1..
alter.config.policy.class.name CLASS
authorizer.class.name STRING
background.threads INT 1..
client.quota.callback.class CLASS
config.providers LIST
connection.failed.authentication.delay.ms INT 0..
connections.max.reauth.ms LONG
controller.performance.always.log.threshold.ms LONG 0..
controller.performance.sample.period.ms LONG 100..
controller.quorum.append.linger.ms INT 0..
controller.quorum.auto.join.enable BOOLEAN
controller.quota.window.num INT 1..
controller.quota.window.size.seconds INT 1..
controller.socket.timeout.ms INT
cordoned.log.dirs LIST
create.topic.policy.class.name CLASS
delegation.token.expiry.check.interval.ms LONG 1..
delegation.token.expiry.time.ms LONG 1..
delegation.token.max.lifetime.ms LONG 1..
delegation.token.secret.key PASSWORD
delete.records.purgatory.purge.interval.requests INT
early.start.listeners LIST
fetch.purgatory.purge.interval.requests INT
follower.fetch.last.tiered.offset.enable BOOLEAN
group.consumer.assignment.interval.ms INT 0..
group.consumer.assignors LIST
group.consumer.heartbeat.interval.ms INT 1..
group.consumer.max.assignment.interval.ms INT 0..
group.consumer.max.heartbeat.interval.ms INT 1..
group.consumer.max.session.timeout.ms INT 1..
group.consumer.max.size INT 1..
group.consumer.migration.policy STRING
group.consumer.min.assignment.interval.ms INT 0..
group.consumer.min.heartbeat.interval.ms INT 1..
group.consumer.min.session.timeout.ms INT 1..
group.consumer.regex.refresh.interval.ms INT 10000..
group.consumer.session.timeout.ms INT 1..
group.coordinator.append.linger.ms INT -1..
group.coordinator.background.threads INT 1..
group.coordinator.cached.buffer.max.bytes INT 524288..
group.coordinator.rebalance.protocols LIST consumer|classic|share|streams
group.coordinator.threads INT 1..
group.share.assignment.interval.ms INT 0..
group.share.assignors LIST
group.share.delivery.count.limit INT 2..10
group.share.heartbeat.interval.ms INT 1..
group.share.initialize.retry.interval.ms INT 1..
group.share.max.assignment.interval.ms INT 0..
group.share.max.delivery.count.limit INT 5..25
group.share.max.heartbeat.interval.ms INT 1..
group.share.max.partition.max.record.locks INT 2000..10000
group.share.max.record.lock.duration.ms INT 30000..3600000
group.share.max.session.timeout.ms INT 1..
group.share.max.share.sessions INT 1..
group.share.max.size INT 1..1000
group.share.min.assignment.interval.ms INT 0..
group.share.min.delivery.count.limit INT 2..5
group.share.min.heartbeat.interval.ms INT 1..
group.share.min.partition.max.record.locks INT 100..2000
group.share.min.record.lock.duration.ms INT 1000..30000
group.share.min.session.timeout.ms INT 1..
group.share.partition.max.record.locks INT 100..10000
group.share.persister.class.name STRING
group.share.record.lock.duration.ms INT 1000..3600000
group.share.session.timeout.ms INT 1..
group.streams.assignment.interval.ms INT 0..
group.streams.heartbeat.interval.ms INT 1..
group.streams.initial.rebalance.delay.ms INT 0..
group.streams.max.assignment.interval.ms INT 0..
group.streams.max.heartbeat.interval.ms INT 1..
group.streams.max.session.timeout.ms INT 1..
group.streams.max.size INT 1..
group.streams.max.standby.replicas INT 0..
group.streams.min.assignment.interval.ms INT 0..
group.streams.min.heartbeat.interval.ms INT 1..
group.streams.min.session.timeout.ms INT 1..
group.streams.num.standby.replicas INT 0..
group.streams.session.timeout.ms INT 1..
internal.metadata.delete.delay.millis LONG
internal.metadata.log.segment.bytes INT
internal.metadata.max.batch.size.in.bytes INT
kafka.metrics.polling.interval.secs INT 1..
kafka.metrics.reporters LIST
log.cleaner.io.buffer.size INT 0..
log.cleaner.io.max.bytes.per.second DOUBLE
log.cleaner.threads INT 0..
log.dir.failure.timeout.ms LONG 1..
log.flush.start.offset.checkpoint.interval.ms INT 0..
log.initial.task.delay.ms LONG 0..
max.connection.creation.rate INT 0..
max.connections INT 0..
max.connections.per.ip INT 0..
max.connections.per.ip.overrides STRING
max.request.partition.size.limit INT 1..
metadata.log.dir STRING
metadata.log.segment.ms LONG
metric.reporters LIST
metrics.num.samples INT 1..
metrics.recording.level STRING
metrics.sample.window.ms LONG 1..
num.io.threads INT 1..
num.network.threads INT 1..
num.recovery.threads.per.data.dir INT 1..
num.replica.alter.log.dirs.threads INT
offsets.load.buffer.size INT 1..
principal.builder.class CLASS
producer.purgatory.purge.interval.requests INT
queued.max.request.bytes LONG
queued.max.requests INT 1..
quota.window.num INT 1..
quota.window.size.seconds INT 1..
remote.fetch.max.wait.ms INT 1..
remote.list.offsets.request.timeout.ms LONG 1..
remote.log.index.file.cache.total.size.bytes LONG 1..
remote.log.index.file.cache.ttl.ms LONG -1..
remote.log.manager.copier.thread.pool.size INT 1..
remote.log.manager.copy.max.bytes.per.second LONG 1..
remote.log.manager.copy.quota.window.num INT 1..
remote.log.manager.copy.quota.window.size.seconds INT 1..
remote.log.manager.expiration.thread.pool.size INT 1..
remote.log.manager.fetch.max.bytes.per.second LONG 1..
remote.log.manager.fetch.quota.window.num INT 1..
remote.log.manager.fetch.quota.window.size.seconds INT 1..
remote.log.manager.follower.thread.pool.size INT 1..
remote.log.manager.task.interval.ms LONG 1..
remote.log.manager.task.retry.backoff.max.ms LONG 1..
remote.log.manager.task.retry.backoff.ms LONG 1..
remote.log.manager.task.retry.jitter DOUBLE 0..0.5
remote.log.manager.thread.pool.size INT 1..
remote.log.metadata.custom.metadata.max.bytes INT 0..
remote.log.metadata.manager.class.name STRING
remote.log.metadata.manager.class.path STRING
remote.log.metadata.manager.impl.prefix STRING
remote.log.metadata.manager.listener.name STRING
remote.log.reader.max.pending.tasks INT 1..
remote.log.reader.threads INT 1..
remote.log.storage.manager.class.name STRING
remote.log.storage.manager.class.path STRING
remote.log.storage.manager.impl.prefix STRING
remote.log.storage.system.enable BOOLEAN
replica.socket.receive.buffer.bytes INT
sasl.client.callback.handler.class CLASS
sasl.enabled.mechanisms LIST
sasl.jaas.config PASSWORD
sasl.kerberos.kinit.cmd STRING
sasl.kerberos.min.time.before.relogin LONG
sasl.kerberos.principal.to.local.rules LIST
sasl.kerberos.service.name STRING
sasl.kerberos.ticket.renew.jitter DOUBLE
sasl.kerberos.ticket.renew.window.factor DOUBLE
sasl.login.callback.handler.class CLASS
sasl.login.class CLASS
sasl.login.connect.timeout.ms INT
sasl.login.read.timeout.ms INT
sasl.login.refresh.buffer.seconds SHORT
sasl.login.refresh.min.period.seconds SHORT
sasl.login.refresh.window.factor DOUBLE
sasl.login.refresh.window.jitter DOUBLE
sasl.login.retry.backoff.max.ms LONG
sasl.login.retry.backoff.ms LONG
sasl.mechanism.controller.protocol STRING
sasl.mechanism.inter.broker.protocol STRING
sasl.oauthbearer.assertion.algorithm STRING
sasl.oauthbearer.assertion.claim.aud STRING
sasl.oauthbearer.assertion.claim.exp.seconds INT 0..86400
sasl.oauthbearer.assertion.claim.iss STRING
sasl.oauthbearer.assertion.claim.jti.include BOOLEAN
sasl.oauthbearer.assertion.claim.nbf.seconds INT 0..3600
sasl.oauthbearer.assertion.claim.sub STRING
sasl.oauthbearer.assertion.file STRING
sasl.oauthbearer.assertion.private.key.file STRING
sasl.oauthbearer.assertion.private.key.passphrase PASSWORD
sasl.oauthbearer.assertion.template.file STRING
sasl.oauthbearer.client.credentials.client.id STRING
sasl.oauthbearer.client.credentials.client.secret PASSWORD
sasl.oauthbearer.clock.skew.seconds INT
sasl.oauthbearer.expected.audience LIST
sasl.oauthbearer.expected.issuer STRING
sasl.oauthbearer.jwks.endpoint.refresh.ms LONG
sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms LONG
sasl.oauthbearer.jwks.endpoint.retry.backoff.ms LONG
sasl.oauthbearer.jwks.endpoint.url STRING
sasl.oauthbearer.jwt.retriever.class CLASS
sasl.oauthbearer.jwt.validator.class CLASS
sasl.oauthbearer.scope STRING
sasl.oauthbearer.scope.claim.name STRING
sasl.oauthbearer.sub.claim.name STRING
sasl.oauthbearer.token.endpoint.url STRING
sasl.server.callback.handler.class CLASS
sasl.server.max.receive.size INT
security.providers STRING
server.max.startup.time.ms LONG 0..
share.coordinator.append.linger.ms INT -1..
share.coordinator.cached.buffer.max.bytes INT 524288..
share.coordinator.cold.partition.snapshot.interval.ms INT 1..
share.coordinator.load.buffer.size INT 1..
share.coordinator.snapshot.update.records.per.snapshot INT 0..500
share.coordinator.state.topic.compression.codec INT
share.coordinator.state.topic.min.isr SHORT 1..
share.coordinator.state.topic.num.partitions INT 1..
share.coordinator.state.topic.prune.interval.ms INT 1..
share.coordinator.state.topic.replication.factor SHORT 1..
share.coordinator.state.topic.segment.bytes INT 1..
share.coordinator.threads INT 1..
share.coordinator.write.timeout.ms INT 1..
share.fetch.purgatory.purge.interval.requests INT
socket.connection.setup.timeout.max.ms LONG
socket.connection.setup.timeout.ms LONG
socket.listen.backlog.size INT 1..
socket.receive.buffer.bytes INT
socket.send.buffer.bytes INT
ssl.allow.dn.changes BOOLEAN
ssl.allow.san.changes BOOLEAN
ssl.cipher.suites LIST
ssl.client.auth STRING required|requested|none
ssl.enabled.protocols LIST
ssl.endpoint.identification.algorithm STRING
ssl.engine.factory.class CLASS
ssl.key.password PASSWORD
ssl.keymanager.algorithm STRING
ssl.keystore.certificate.chain PASSWORD
ssl.keystore.key PASSWORD
ssl.keystore.location STRING
ssl.keystore.password PASSWORD
ssl.keystore.type STRING
ssl.principal.mapping.rules STRING
ssl.protocol STRING
ssl.provider STRING
ssl.secure.random.implementation STRING
ssl.trustmanager.algorithm STRING
ssl.truststore.certificates PASSWORD
ssl.truststore.location STRING
ssl.truststore.password PASSWORD
ssl.truststore.type STRING
telemetry.max.bytes INT 1..
transaction.abort.timed.out.transaction.cleanup.interval.ms INT 1..
transaction.partition.verification.enable BOOLEAN
transaction.remove.expired.transaction.cleanup.interval.ms INT 1..
transaction.state.log.load.buffer.size INT 1..
transaction.two.phase.commit.enable BOOLEAN
unclean.leader.election.interval.ms LONG 1..
unstable.api.versions.enable BOOLEAN
unstable.feature.versions.enable BOOLEAN
"""
"""NAME TYPE [LOWEST..[HIGHEST] | WORD|WORD…]"""

_RETIRED = """
auto.include.jmx.reporter broker.id.generation.enable control.plane.listener.name
controlled.shutdown.max.retries controlled.shutdown.retry.backoff.ms delegation.token.master.key
eligible.leader.replicas.enable group.coordinator.new.enable group.share.enable group.share.max.groups
inter.broker.protocol.version leader.imbalance.per.broker.percentage log.message.downconversion.enable
log.message.format.version log.message.timestamp.difference.max.ms metadata.log.segment.min.bytes
offsets.commit.required.acks password.encoder.cipher.algorithm password.encoder.iterations
password.encoder.key.length password.encoder.keyfactory.algorithm password.encoder.old.secret
password.encoder.secret reserved.broker.max.id zookeeper.clientCnxnSocket zookeeper.connect
zookeeper.connection.timeout.ms zookeeper.max.in.flight.requests zookeeper.metadata.migration.enable
zookeeper.metadata.migration.min.batch.size zookeeper.session.timeout.ms zookeeper.set.acl
zookeeper.ssl.cipher.suites zookeeper.ssl.client.enable zookeeper.ssl.crl.enable
zookeeper.ssl.enabled.protocols zookeeper.ssl.endpoint.identification.algorithm
zookeeper.ssl.keystore.location zookeeper.ssl.keystore.password zookeeper.ssl.keystore.type
zookeeper.ssl.ocsp.enable zookeeper.ssl.protocol zookeeper.ssl.truststore.location
zookeeper.ssl.truststore.password zookeeper.ssl.truststore.type
"""
RETIRED = frozenset(_RETIRED.split())
"""Those of 3.9 that 4.0 removed, most of them with ZooKeeper."""


@cache
def unread_configs() -> dict[str, ConfigDefinition]:
    """By name; without defaults and explanations, as nobody reads them."""
    return {name: _definition(name, *rest) for name, *rest in map(str.split, _UNREAD.strip().splitlines())}


def _definition(name: str, type: str, bounds: str = "") -> ConfigDefinition:
    return ConfigDefinition(name, ConfigType[type], None, "", _validator(type, bounds))


def _validator(type: str, bounds: str) -> Validator | None:
    if not bounds:
        return None
    if "|" in bounds:
        return one_of(*bounds.split("|"))
    lowest, _, highest = bounds.partition("..")
    number = float if type == "DOUBLE" else int
    return between(number(lowest), number(highest)) if highest else at_least(number(lowest))
