"""Replication: partitions as one broker sees them, followers that fetch, requests that wait."""
