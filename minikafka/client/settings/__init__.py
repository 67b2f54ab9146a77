"""The clients' configuration keys.

Rule: a key that nobody knows is refused, and one that has no effect says so. Kafka: `ConfigDef`.
"""
