"""One file per API, named after it; each holds the request, the response and the structs inside them.

Rule: names are those of Kafka's message definitions (fields in snake_case), and one class serves all
versions.
"""
