"""What confluent_kafka's own tests are about and ours has none of, and why."""

from __future__ import annotations

_TRANSACTIONS = "missing: this producer has no transactions yet"
_SERIALIZERS = "missing: serializers are not built; a message's value is bytes"
_REGISTRY = "missing: a schema registry's client is no part of this"
_SHARE = "missing: share groups are not built"
MISSING: dict[str, dict[str, str]] = {
    "tests/test_error.py": {
        "ConsumeError, ProduceError": "missing: they belong to the clients with serializers, which are not built"
    },
    "tests/integration/producer/test_transactions.py, tests/ducktape/test_transactions.py": {
        "transactions": _TRANSACTIONS
    },
    "tests/integration/serialization/*, tests/avro/*, tests/test_serializer_error.py": {
        "serializers": _SERIALIZERS
    },
    "tests/integration/schema_registry/*, tests/schema_registry/*": {"a schema registry": _REGISTRY},
    "tests/integration/share_consumer*/*, tests/test_ShareConsumer*.py": {"share groups": _SHARE},
    "tests/test_oauth_cb.py, tests/oauthbearer/*": {"OAuth": "missing: there is no SASL here"},
    "tests/ducktape/test_producer.py, tests/soak/*": {"how fast, and for how long": "in docs/PERFORMANCE.md"},
    "tests/test_docs.py, tests/test_unasync.py, tests/_util/*": {
        "the package's own": "missing: of its own code"
    },
}
