"""Messages put together from a trace."""

from minikafka.protocol.events import RequestReceived, RequestSent, ResponseReceived, ResponseSent
from minikafka.world import Traced
from minikafka.xray.messages import messages_of


def exchange(seq, at, *, answered=True):
    """The first request of a connection of broker-1's to broker-2, and its answer, which may not come."""
    events = [
        ("broker-1", RequestSent("broker-2", 9092, "FETCH", 17, 0, 100)),
        ("broker-2", RequestReceived("broker-1", "broker-1-fetcher", "FETCH", 17, 0, 96)),
        ("broker-2", ResponseSent("broker-1", "FETCH", 17, 0, 50)),
        ("broker-1", ResponseReceived("broker-2", 9092, "FETCH", 17, 0, 46)),
    ]
    kept = events if answered else events[:-1]
    return [Traced(seq + i, at + i / 1000, host, event) for i, (host, event) in enumerate(kept)]


def test_the_next_connection_counts_from_0_and_is_not_taken_for_the_one_that_was_given_up():
    lost, whole = messages_of([*exchange(1, 1.0, answered=False), *exchange(10, 60.0)])
    assert (lost.sent_s, lost.answer_received_s) == (1.0, None)
    assert (whole.sent_s, whole.answer_sent_s, whole.answer_received_s) == (60.0, 60.002, 60.003)
