"""Bad input on the wire: the connection that sent it closes (or is answered), all others notice nothing."""

import struct

import pytest
from oracle import batches, wire

PRODUCE, METADATA = 0, 3


def framed(body):
    return struct.pack(">i", len(body)) + body


def header(key, version, correlation_id=1, client_id=b"me", flexible=False):
    return (
        struct.pack(">hhih", key, version, correlation_id, len(client_id))
        + client_id
        + (b"\0" if flexible else b"")
    )


BAD_FRAMES = {
    "a negative length": struct.pack(">i", -1) + b"x" * 20,
    "the most negative length": struct.pack(">i", -(2**31)) + b"x" * 20,
    "a length of 2 GiB": struct.pack(">i", 2**31 - 1) + b"x" * 20,
    "a length just above socket.request.max.bytes": struct.pack(">i", 100 * 1024 * 1024 + 1),
    "an HTTP request": b"GET / HTTP/1.1\r\nHost: kafka\r\n\r\n",
    "a TLS hello": bytes.fromhex("16030100a5010000a10303") + b"\x55" * 160,
    "an empty frame": framed(b""),
    "a frame of one byte": framed(b"\0"),
    "half a header": framed(struct.pack(">hh", METADATA, 1)),
    "an unknown API key": framed(header(999, 0)),
    "a negative API key": framed(header(-1, 0)),
    "an API key of the controllers' quorum (Vote)": framed(header(52, 0, flexible=True) + b"\0" * 8),
    "a broker heartbeat from a client": framed(header(63, 0, flexible=True) + b"\0" * 20),
    "LeaderAndIsr, which KRaft has no use for": framed(header(4, 7, flexible=True) + b"\0" * 20),
    "a version that is too new": framed(header(METADATA, 99, flexible=True) + b"\0" * 8),
    "a negative version": framed(header(METADATA, -1) + b"\0" * 8),
    "Produce in version 2, which is only advertised": framed(header(PRODUCE, 2) + b"\0" * 10),
    "Fetch in version 3, which is gone": framed(header(1, 3) + b"\0" * 24),
    "a client id that is longer than the frame": framed(struct.pack(">hhih", METADATA, 1, 1, 5000) + b"me"),
    "a body that breaks off": framed(header(METADATA, 1) + struct.pack(">ih", 1, 20) + b"abc"),
    "a count of elements that lies": framed(header(METADATA, 1) + struct.pack(">i", 2**31 - 1)),
    "a negative count where null is not allowed": framed(header(19, 2) + struct.pack(">i", -1) + b"\0" * 5),
    "an endless varint": framed(header(METADATA, 12, flexible=True) + b"\xff" * 20),
    "a header whose tags lie": framed(header(METADATA, 12) + b"\x05\x01\xff\xff\xff\x7f"),
    "a name that is not UTF-8": framed(header(METADATA, 1) + struct.pack(">ih", 1, 4) + b"\xff\xfe\xfd\xfc"),
    "an empty body": framed(header(METADATA, 1)),
    "random bytes": framed(bytes((i * 137 + 11) % 256 for i in range(300))),
}


def metadata_answer(body):
    return sorted(wire.parse("metadata", 1, body, 1))


@pytest.mark.parametrize("what", BAD_FRAMES)
def test_a_bad_frame_harms_only_its_own_connection(broker, what):
    witness = broker.another_connection()
    witness.ask("The witness asks", "metadata", 1, topics=[])
    broker.send_bytes(f"Send {what}", BAD_FRAMES[what], metadata_answer)
    witness.ask("The witness asks again on its old connection", "metadata", 1, topics=[])
    broker.another_connection().ask("A new connection is served", "metadata", 1, topics=[])


def test_bytes_left_over_after_a_body(broker):
    body = header(METADATA, 1) + struct.pack(">i", 0) + b"left over"
    broker.send_bytes("Send a request with a tail", framed(body), metadata_answer)


def test_unknown_tagged_fields_are_skipped(broker):
    tags = b"\x01\x63\x03abc"  # one field with tag 99
    body = header(METADATA, 12) + tags + b"\x01" + b"\0" + b"\0" + tags
    broker.send_bytes(
        "Tag the header and the body", framed(body), lambda body: sorted(wire.parse("metadata", 12, body, 1))
    )


def test_half_a_request_and_silence_holds_up_nobody(broker):
    data = framed(header(METADATA, 1) + struct.pack(">i", 0))
    slow = broker.another_connection()
    slow.connection.send(data[:7])
    broker.ask("Another asks meanwhile", "metadata", 1, topics=[])
    slow.send_bytes("The second half is answered", data[7:], metadata_answer)


def test_a_hang_up_in_the_middle_of_a_request_harms_nobody(broker):
    slow = broker.another_connection()
    slow.connection.send(struct.pack(">i", 5000) + b"x" * 100)
    slow.connection.close()
    broker.ask("Another asks", "metadata", 1, topics=[])


def test_pipelined_requests_are_answered_in_order(broker):
    topic = broker.create_topic("orders")
    pending = [
        broker.send("A slow fetch of nothing", "fetch", 12, max_wait=300, min_bytes=1, max_bytes=1000, topics=[
            {"topic": topic, "partitions": [{"partition": 0, "fetch_offset": 0, "partition_max_bytes": 1000}]}
        ]),
        broker.send("A quick one behind it", "metadata", 1, topics=[]),
        broker.send("Another behind that", "list_offsets", 7, replica_id=-1, topics=[
            {"name": topic, "partitions": [{"partition_index": 0, "timestamp": -1}]}
        ]),
    ]  # fmt: skip
    for one in pending:
        one.answer()


def test_a_client_id_may_be_null_or_strange(broker):
    for client_id in (None, "", "a\nb", "ü" * 300):
        size = -1 if client_id is None else len(client_id.encode())
        head = struct.pack(">hhih", METADATA, 1, 1, size) + (client_id or "").encode()
        broker.send_bytes(
            f"Call yourself {client_id!r:.20}", framed(head + struct.pack(">i", 0)), metadata_answer
        )


def test_a_request_without_answer_is_followed_by_the_next_answer(broker):
    topic = broker.create_topic("orders")
    data = [{"name": topic, "partition_data": [{"index": 0, "records": batches.batch(b"one")}]}]
    broker.tell("Produce with acks=0", "produce", 9, acks=0, timeout=1000, topic_data=data)
    broker.ask("Where is the end", "list_offsets", 7, replica_id=-1, topics=[
        {"name": topic, "partitions": [{"partition_index": 0, "timestamp": -1}]}
    ])  # fmt: skip
