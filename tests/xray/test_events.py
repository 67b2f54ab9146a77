"""The trace over the x-ray socket: page by page, messages with what they say, bounded; nonsense is refused in words."""

import asyncio

import msgspec
import pytest

from minikafka import Cluster
from minikafka.protocol.content import content_of
from minikafka.protocol.messages.metadata import MetadataRequest, MetadataRequestTopic
from minikafka.world import SimulatedUniverse
from minikafka.xray import wire
from minikafka.xray.client import XrayClient
from minikafka.xray.events import MOST_EVENTS, MOST_PAGE_BYTES, EventsFrom, page_of
from minikafka.xray.files import Unseen
from minikafka.xray.server import XrayServer

TOKEN = "the-right-token"


@pytest.fixture(scope="module")
def cluster():
    with Cluster(world="simulated", seed=1) as cluster:
        cluster.create_topic("orders", 2, 3)
        with cluster.producer() as producer:
            producer.produce("orders", b"v" * 5_000, b"k", 1)
            producer.flush(10)
        cluster.run(5)
        yield cluster


def over_the_socket(cluster, conversation):
    """`await conversation(look)` with a viewer's `look`, and the server's port."""

    async def main():
        server = XrayServer(cluster._source, name="lab", token=TOKEN)
        port = await server.start()
        try:
            client = await XrayClient.open("127.0.0.1", port, TOKEN, watch=False)
            reading = asyncio.create_task(client.pictures(lambda _: None))
            try:
                return await conversation(client.look, port)
            finally:
                client.close()
                await asyncio.gather(reading, return_exceptions=True)
        finally:
            await server.close()

    return asyncio.run(main())


def test_the_whole_trace_comes_page_by_page(cluster):
    async def all_pages(look, _):
        pages, following = [], 0
        while not pages or pages[-1].events:
            pages.append(await look(EventsFrom(following, limit=300)))
            following = pages[-1].next_sequence
        return pages

    pages = over_the_socket(cluster, all_pages)
    entries = [entry for page in pages for entry in page.events]
    assert [entry.sequence for entry in entries] == [traced.seq for traced in cluster.events()]
    assert pages[0].oldest_sequence == 1
    assert pages[-1].next_sequence == pages[-1].count + 1
    assert all(len(page.events) <= 300 for page in pages)
    assert {entry.kind for entry in entries} >= {
        "BecameLeader",
        "RecordsAppended",
        "RequestSent",
        "ResponseSent",
    }


def test_messages_are_there_with_what_they_say_and_without_their_payload(cluster):
    told = [e for e in cluster.look(EventsFrom(0)).events if e.fields.get("api") == "CREATE_TOPICS"]
    sent, received, *_, answered, heard = told  # the broker asks the controller in between
    kinds = ["RequestSent", "RequestReceived", "ResponseSent", "ResponseReceived"]
    assert [one.kind for one in (sent, received, answered, heard)] == kinds
    (topic,) = sent.content["topics"]
    assert (topic["name"], topic["num_partitions"], topic["replication_factor"]) == ("orders", 2, 3)
    assert sent.content == received.content
    assert answered.content["topics"][0]["name"] == "orders"
    assert answered.content == heard.content
    assert sent.text == f"asks {sent.fields['to_host']}: CREATE_TOPICS v{sent.fields['version']}, " + (
        f"{sent.fields['size_bytes']} bytes"
    )
    following, produced = 0, None
    while produced is None:
        page = cluster.look(EventsFrom(following))
        following = page.next_sequence
        produced = next((e for e in page.events if e.fields.get("api") == "PRODUCE"), None)
    (partition,) = produced.content["topic_data"][0]["partition_data"]
    assert partition["index"] == 1
    assert partition["records"].endswith(" bytes") and b"vvvv" not in msgspec.json.encode(produced)


def test_a_page_is_bounded_however_much_is_asked(cluster):
    page = cluster.look(EventsFrom(0, limit=(1 << 63) - 1))
    assert len(page.events) <= MOST_EVENTS
    assert len(msgspec.msgpack.encode(page)) < MOST_PAGE_BYTES + 100_000


def test_a_message_of_a_hundred_thousand_topics_is_cut():
    request = MetadataRequest(topics=[MetadataRequestTopic(name="t" * 10_000)] * 100_000)
    content = content_of(request)
    assert content["topics"][-1] == "… 99980 more"
    assert len(msgspec.json.encode(content)) < 10_000


def test_what_is_to_come_is_an_empty_page(cluster):
    count = cluster.events()[-1].seq
    page = cluster.look(EventsFrom(count + 1_000_000))
    assert (page.events, page.next_sequence, page.count) == ((), count + 1, count)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (EventsFrom(-1), "Events are numbered from 1 up; there is no event -1."),
        (EventsFrom(1 << 63), "Events are numbered from 1 up; there is no event 9223372036854775808."),
        (EventsFrom(1, limit=0), "A page of 0 events holds nothing."),
        (EventsFrom(1, limit=-5), "A page of -5 events holds nothing."),
    ],
)
def test_a_wrong_page_is_refused_in_a_sentence_and_the_viewer_lives_on(cluster, question, sentence):
    async def ask(look, _):
        with pytest.raises(Unseen) as refused:
            await look(question)
        return str(refused.value), await look(EventsFrom(1, limit=1))

    told, page = over_the_socket(cluster, ask)
    assert told == sentence
    assert len(page.events) == 1


@pytest.mark.parametrize("sequence", ["1", None, 1.5, [1], {"a": 1}])
def test_what_is_no_number_ends_that_connection_only(cluster, sequence):
    async def ask(look, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(wire.encode(wire.Hello(TOKEN, watch=False)))
        question = {"type": "events-from", "sequence": sequence}
        body = msgspec.msgpack.encode({"type": "look", "id": 1, "question": question})
        writer.write(wire.LENGTH.pack(len(body)) + body)
        await wire.read_frame(reader, wire.MAX_PUSH_BYTES)  # welcome
        told = wire.decode_from_server(await wire.read_frame(reader, wire.MAX_PUSH_BYTES))
        writer.close()
        return told, await look(EventsFrom(1, limit=1))

    told, page = over_the_socket(cluster, ask)
    assert isinstance(told, wire.Refusal) and told.reason.startswith("Closed: not a message of a viewer")
    assert len(page.events) == 1


def test_without_the_token_nobody_is_told_anything(cluster):
    async def ask(look, port):
        with pytest.raises(ConnectionError, match="wrong token"):
            await XrayClient.open("127.0.0.1", port, "guessed", watch=False)

    over_the_socket(cluster, ask)


def test_what_is_forgotten_is_said():
    with SimulatedUniverse(1, recent=10) as universe:
        for _ in range(25):
            universe.heal()
        page = page_of(universe.trace, EventsFrom(3))
    assert (page.oldest_sequence, page.events[0].sequence, page.next_sequence, page.count) == (16, 16, 26, 25)
