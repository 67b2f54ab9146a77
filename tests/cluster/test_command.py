"""What is typed after `minikafka up`, as settings."""

from __future__ import annotations

import pytest

from minikafka.cluster.command import Up


def configs(listen: str = "", advertise: str = "", port: int = 0) -> dict[str, str]:
    return Up(None, False, port, listen, advertise, None, None, ["num.partitions=3"], False).configs()


@pytest.mark.parametrize(
    ("listen", "port", "listeners"),
    [
        ("0.0.0.0", 0, "PLAINTEXT://0.0.0.0:0"),
        ("0.0.0.0", 9092, "PLAINTEXT://0.0.0.0:9092"),
        ("0.0.0.0:9092", 0, "PLAINTEXT://0.0.0.0:9092"),
        ("localhost:9092", 0, "PLAINTEXT://localhost:9092"),
        ("::1", 9092, "PLAINTEXT://[::1]:9092"),
        ("[::1]", 0, "PLAINTEXT://[::1]:0"),
        ("[::1]:9092", 0, "PLAINTEXT://[::1]:9092"),
    ],
)
def test_where_to_listen(listen: str, port: int, listeners: str) -> None:
    assert configs(listen=listen, port=port) == {"num.partitions": "3", "listeners": listeners}


@pytest.mark.parametrize(
    ("advertise", "advertised"),
    [("kafka", "PLAINTEXT://kafka:0"), ("kafka.example:19092", "PLAINTEXT://kafka.example:19092")],
)
def test_what_to_advertise(advertise: str, advertised: str) -> None:
    assert configs(advertise=advertise, port=9092)["advertised.listeners"] == advertised
