"""`listeners` and `advertised.listeners`: where brokers listen, what clients are told, and what is refused."""

from __future__ import annotations

import pytest

from minikafka.broker.listeners import BrokerListener, is_loopback, listener_of
from minikafka.metadata.configs import BrokerConfigs, ConfigError


def of(broker_id: int = 1, **settings: str) -> BrokerListener:
    return listener_of(
        BrokerConfigs({name.replace("_", "."): text for name, text in settings.items()}), broker_id
    )


def test_nothing_is_opened_unless_a_setting_says_so() -> None:
    assert of() == BrokerListener("PLAINTEXT", None, 0, None, 0)


def test_each_broker_has_the_next_port() -> None:
    settings = {"listeners": "PLAINTEXT://127.0.0.2:9092", "advertised_listeners": "PLAINTEXT://kafka:19092"}
    assert of(1, **settings) == BrokerListener("PLAINTEXT", "127.0.0.2", 9092, "kafka", 19092)
    assert of(3, **settings) == BrokerListener("PLAINTEXT", "127.0.0.2", 9094, "kafka", 19094)


def test_a_port_of_0_stays_one() -> None:
    listener = of(3, listeners="PLAINTEXT://0.0.0.0:0", advertised_listeners="PLAINTEXT://kafka:0")
    assert (listener.port, listener.advertised_port) == (0, 0)


def test_what_is_listened_on_is_advertised_when_nothing_else_is_said() -> None:
    assert of(listeners="PLAINTEXT://127.0.0.2:9092").advertised_host == "127.0.0.2"
    assert of(listeners="PLAINTEXT://[::1]:9092").advertised_host == "::1"


def test_a_listener_may_have_any_name_that_is_mapped_to_plaintext() -> None:
    protocols = "PLAINTEXT:PLAINTEXT,EXTERNAL:PLAINTEXT"
    listener = of(listeners="EXTERNAL://localhost:9092", listener_security_protocol_map=protocols)
    assert listener.name == "EXTERNAL"


def test_the_controllers_listener_is_its_own() -> None:
    both = "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093"
    assert of(listeners=both, controller_listener_names="CONTROLLER").port == 9092


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"listeners": "PLAINTEXT://0.0.0.0:9092"}, "cannot use the nonroutable meta-address 0.0.0.0"),
        ({"listeners": "PLAINTEXT://:9092"}, "--advertise HOST"),
        ({"advertised_listeners": "PLAINTEXT://0.0.0.0:9092"}, "nonroutable"),
        ({"advertised_listeners": "PLAINTEXT://:9092"}, "nonroutable"),
        ({"listeners": "9092"}, "Unable to parse 9092 to a broker endpoint"),
        ({"listeners": "PLAINTEXT://localhost"}, "Unable to parse"),
        ({"listeners": ""}, "not 0"),
        ({"listeners": "PLAINTEXT://a:1,PLAINTEXT://b:2"}, "a broker has one listener here"),
        ({"listeners": "SSL://localhost:9092"}, "speaks SSL, and there is no TLS or SASL here yet"),
        ({"listeners": "EXTERNAL://localhost:9092"}, "No security protocol defined for listener EXTERNAL"),
        ({"listeners": "PLAINTEXT://localhost:65536"}, "would have port 65536"),
        ({"listeners": "PLAINTEXT://localhost:-2"}, "would have port -2"),
        (
            {"advertised_listeners": "OUT://kafka:1", "listener_security_protocol_map": "OUT:PLAINTEXT"},
            "its listener OUT is not in listeners, which have PLAINTEXT",
        ),
        (
            {"listeners": "A://localhost:1", "listener_security_protocol_map": "A:PLAIN"},
            "No enum constant for the security protocol PLAIN",
        ),
    ],
)
def test_what_cannot_be_honoured_is_one_sentence(settings: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        of(**settings)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_last_brokers_port_counts_too() -> None:
    of(1, listeners="PLAINTEXT://localhost:65535")
    with pytest.raises(ConfigError, match="broker-2 would have port 65536"):
        of(2, listeners="PLAINTEXT://localhost:65535")


def test_what_others_can_reach() -> None:
    assert [h for h in ("127.0.0.1", "127.8.0.1", "::1", "localhost") if not is_loopback(h)] == []
    assert [h for h in ("0.0.0.0", "::", "10.0.0.1", "myhost") if is_loopback(h)] == []
