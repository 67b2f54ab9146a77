"""What a client tells beside records: errors at once, and throttling, each to its callback."""

import pytest

from minikafka import Consumer, KafkaError, Producer, ThrottleEvent

NOBODY = {"bootstrap.servers": "127.0.0.1:1", "group.id": "g"}


@pytest.mark.parametrize("kind", [Producer, Consumer])
def test_error_cb_hears_at_once_that_nobody_is_there(kind):
    """Also of a client that has nothing to do yet."""
    told = []
    with kind({**NOBODY, "error_cb": told.append}) as client:
        client.poll(10) if kind is Producer else client.poll(1)
    assert told[0] == KafkaError._ALL_BROKERS_DOWN


def test_a_broker_that_makes_its_clients_wait(stage):
    told = []
    s = stage(t=1)
    s.broker.throttle_time_ms = 1500
    producer = s.producer(throttle_cb=told.append)
    producer.produce("t", b"v")
    assert producer.flush(10) == 0
    assert told
    assert all(isinstance(event, ThrottleEvent) for event in told)
    assert (told[-1].broker_name, told[-1].broker_id, told[-1].throttle_time) == ("broker-1:9092/1", 1, 1.5)
    assert str(ThrottleEvent("broker", 0, 10.0)) == "broker/0 throttled for 10000 ms"


def test_what_is_no_callback():
    with pytest.raises(ValueError, match="throttle_cb"):
        Producer({**NOBODY, "throttle_cb": 1})
