"""Classic groups: finding the coordinator, joining, syncing, staying, leaving, and being looked at."""

import pytest

JOIN = range(10)
SYNC = range(6)
HEARTBEAT = range(5)
LEAVE = range(6)
WITH_IDS = 4  # from JoinGroup version 4 a member first gets an id, then joins with it (KIP-394)


def join_body(group, member="", **more):
    defaults = {
        "group_id": group,
        "session_timeout": 20_000,
        "rebalance_timeout": 20_000,
        "member_id": member,
        "protocol_type": "consumer",
        "protocols": [{"name": "range", "metadata": b"m"}],
    }
    return defaults | more


def join(broker, sentence, group, member="", version=7, **more):
    return broker.ask(sentence, "join_group", version, **join_body(group, member, **more))


def sync(broker, sentence, group, generation, member, version=5, assignments=(), **more):
    asked = [{"member_id": one, "assignment": data} for one, data in assignments]
    defaults = {"protocol_type": "consumer", "protocol_name": "range"}
    return broker.ask(
        sentence, "sync_group", version, group_id=group, generation_id=generation, member_id=member,
        assignments=asked, **(defaults | more)
    )  # fmt: skip


def heartbeat(broker, sentence, group, generation, member, version=4, **more):
    return broker.ask(
        sentence, "heartbeat", version, group_id=group, generation_id=generation, member_id=member, **more
    )


def leave(broker, sentence, group, *members, version=4, **more):
    """Members are ids, or (id, instance id) pairs; versions before 3 say only one."""
    pairs = [member if isinstance(member, tuple) else (member, None) for member in members]
    listed = [{"member_id": one, "group_instance_id": instance} for one, instance in pairs]
    first = {"member_id": pairs[0][0]} if pairs else {}
    return broker.ask(sentence, "leave_group", version, group_id=group, members=listed, **first, **more)


def a_member(broker, group, version=7, **more):
    """Joined and leader, but not synced: (member id, generation)."""
    given = join(broker, "Join without an id", group, version=version, **more)
    if given["error_code"] == "MEMBER_ID_REQUIRED":
        given = join(broker, "Join with it", group, given["member_id"], version=version, **more)
    return given["member_id"], given["generation_id"]


def a_stable_member(broker, group, **more):
    member, generation = a_member(broker, group, **more)
    sync(broker, "Sync", group, generation, member, assignments=[(member, b"all")])
    return member, generation


def describe(broker, sentence, *groups, version=5):
    return broker.ask(sentence, "describe_groups", version, groups=list(groups))


# The coordinator


@pytest.mark.parametrize("version", range(7))
def test_finding_the_coordinator(broker, version):
    group = broker.named("group")
    one = {"key": group, "coordinator_keys": [group]}
    broker.ask("Of a group", "find_coordinator", version, key_type=0, **one)
    if version >= 1:
        broker.ask("Of a kind that is none", "find_coordinator", version, key_type=9, **one)
        broker.ask(
            "Of an empty group id", "find_coordinator", version, key_type=0, key="", coordinator_keys=[""]
        )
    if version >= 4:
        two = [group, broker.named("other")]
        broker.ask("Of two groups", "find_coordinator", version, key_type=0, coordinator_keys=two)
        broker.ask("Of none", "find_coordinator", version, key_type=0, coordinator_keys=[])


# Joining


@pytest.mark.parametrize("version", JOIN)
def test_a_life_in_every_version_of_join(broker, version):
    group = broker.named("group")
    member, generation = a_member(broker, group, version=version)
    sync(broker, "Sync", group, generation, member, version=min(version, 5), assignments=[(member, b"all")])
    heartbeat(broker, "Heartbeat", group, generation, member, version=min(version, 4))
    join(broker, "Join again, the same", group, member, version=version)
    describe(broker, "Describe", group, version=min(version, 6))
    leave(broker, "Leave", group, member, version=min(version, 5))
    describe(broker, "Describe what is left", group, version=min(version, 6))
    describe(broker, "Describe a group that never was", broker.named("never"), version=min(version, 6))


@pytest.mark.parametrize("version", [0, 2, 4, 5, 7, 9])
def test_joining_wrongly(broker, version):
    wrong = {
        "A session timeout below the bounds": {"session_timeout": 100},
        "A session timeout above the bounds": {"session_timeout": 9_000_000},
        "A negative session timeout": {"session_timeout": -1},
        "A member id nobody gave out": {"member_id": "nobody"},
        "No protocols": {"protocols": []},
        "No protocol type": {"protocol_type": ""},
        "An empty group id": {"group_id": ""},
    }
    for sentence, fields in wrong.items():
        broker.ask(sentence, "join_group", version, **(join_body(broker.named(sentence)) | fields))


@pytest.mark.parametrize("version", [2, 5, 9])
def test_protocols_must_have_something_in_common(broker, version):
    group = broker.named("group")
    a_stable_member(broker, group)
    join(broker, "Another protocol", group, version=version, protocols=[{"name": "sticky", "metadata": b""}])
    join(broker, "Another type", group, version=version, protocol_type="connect")
    join(broker, "No protocols", group, version=version, protocols=[])
    join(broker, "A member id nobody gave out", group, "nobody", version=version)


def test_an_id_that_was_given_out_is_known(broker):
    group = broker.named("group")
    given = join(broker, "Join without an id", group)
    # What DescribeGroups says now isn't compared: Kafka reads as of its last committed write, and a busy machine shows.
    heartbeat(broker, "A heartbeat of a member that did not join", group, -1, given["member_id"])
    leave(broker, "It leaves before it joined", group, given["member_id"])
    join(broker, "Its id is forgotten", group, given["member_id"])


@pytest.mark.parametrize("version", [4, 5, 9])
def test_a_second_member_makes_a_new_generation(broker, version):
    group = broker.named("group")
    first, generation = a_stable_member(broker, group, version=version)
    other = broker.another_connection()
    given = join(other, "The second asks for an id", group, version=version)
    waiting = other.send("The second joins", "join_group", version, **join_body(group, given["member_id"]))
    from oracle.script import until

    def rebalancing():
        beat = broker.quietly("heartbeat", 4, group_id=group, generation_id=generation, member_id=first)
        return beat["error_code"] == "REBALANCE_IN_PROGRESS"

    until(rebalancing, "a rebalance begins")
    heartbeat(broker, "The first hears of it", group, generation, first)
    sync(broker, "It can't sync now", group, generation, first)
    describe(broker, "It shows", group)
    joined = join(broker, "The first joins again", group, first, version=version)
    second = waiting.answer()["member_id"]
    now = joined["generation_id"]
    pending = other.send("The second waits for its share", "sync_group", 5, group_id=group, generation_id=now,
                         member_id=second, protocol_type="consumer", protocol_name="range", assignments=[])  # fmt: skip
    shares = [(first, b"one"), (second, b"two")]
    sync(broker, "The leader shares out", group, now, first, assignments=shares)
    pending.answer()
    heartbeat(broker, "The first beats", group, now, first)
    heartbeat(other, "The second beats", group, now, second)
    heartbeat(other, "In the old generation", group, now - 1, second)
    sync(other, "Sync again: the same share", group, now, second)
    describe(broker, "Both are there", group)
    leave(other, "The second leaves", group, second)
    heartbeat(broker, "The first must join again", group, now, first)
    join(broker, "Alone again", group, first, version=version)


@pytest.mark.parametrize("version", SYNC)
def test_syncing_wrongly(broker, version):
    group = broker.named("group")
    member, generation = a_member(broker, group)
    sync(broker, "Of a group that is not there", broker.named("never"), 1, member, version=version)
    sync(broker, "Of a stranger", group, generation, "nobody", version=version)
    sync(broker, "In a generation of the future", group, generation + 1, member, version=version)
    sync(broker, "In no generation", group, -1, member, version=version)
    sync(broker, "With another protocol", group, generation, member, version=version, protocol_name="sticky")
    sync(broker, "With another type", group, generation, member, version=version, protocol_type="connect")
    sync(broker, "In an empty group id", "", generation, member, version=version)
    sync(broker, "Rightly", group, generation, member, version=version, assignments=[(member, b"all")])
    sync(broker, "Again", group, generation, member, version=version)
    sync(
        broker,
        "Again, with another share",
        group,
        generation,
        member,
        version=version,
        assignments=[(member, b"other")],
    )


def test_shares_for_strangers_and_for_nobody(broker):
    group = broker.named("group")
    member, generation = a_member(broker, group)
    sync(broker, "Share out to a stranger only", group, generation, member, assignments=[("nobody", b"all")])
    describe(broker, "What came of it", group)


@pytest.mark.parametrize("version", HEARTBEAT)
def test_beating_wrongly(broker, version):
    group = broker.named("group")
    member, generation = a_member(broker, group)
    heartbeat(broker, "Before the sync", group, generation, member, version=version)
    sync(broker, "Sync", group, generation, member, assignments=[(member, b"all")])
    heartbeat(broker, "Rightly", group, generation, member, version=version)
    heartbeat(broker, "Of a stranger", group, generation, "nobody", version=version)
    heartbeat(broker, "Of nobody", group, generation, "", version=version)
    heartbeat(broker, "In another generation", group, generation + 1, member, version=version)
    heartbeat(
        broker, "In a group that is not there", broker.named("never"), generation, member, version=version
    )
    heartbeat(broker, "In an empty group id", "", generation, member, version=version)
    if version >= 3:
        heartbeat(
            broker,
            "With an unknown instance id",
            group,
            generation,
            member,
            version=version,
            group_instance_id="i",
        )


@pytest.mark.parametrize("version", LEAVE)
def test_leaving_wrongly(broker, version):
    group = broker.named("group")
    member, generation = a_stable_member(broker, group)
    leave(broker, "A stranger leaves", group, "nobody", version=version)
    leave(broker, "From a group that is not there", broker.named("never"), member, version=version)
    leave(broker, "From an empty group id", "", member, version=version)
    if version >= 3:
        leave(broker, "An unknown instance id", group, ("", "nobody"), version=version)
        leave(broker, "Known id, unknown instance id", group, (member, "nobody"), version=version)
        leave(broker, "Nobody leaves", group, version=version)
        leave(broker, "One of two is known", group, "nobody", member, version=version)
    leave(broker, "The member leaves", group, member, version=version)
    leave(broker, "It leaves again", group, member, version=version)
    heartbeat(broker, "It is unknown now", group, generation, member)


# Static members (KIP-345)


@pytest.mark.parametrize("version", [5, 7, 9])
def test_a_static_member_comes_back(broker, version):
    group = broker.named("group")
    instance = {"group_instance_id": "i"}
    joined = join(broker, "Join with an instance id", group, version=version, **instance)
    old, generation = joined["member_id"], joined["generation_id"]
    sync(broker, "Sync", group, generation, old, assignments=[(old, b"all")], **instance)
    back = join(broker, "Come back without an id", group, version=version, **instance)
    new = back["member_id"]
    broker.same("It has a new id", old != new)
    heartbeat(broker, "The old id is fenced", group, generation, old, **instance)
    heartbeat(broker, "The new id beats", group, back["generation_id"], new, **instance)
    heartbeat(broker, "With another instance id", group, back["generation_id"], new, group_instance_id="j")
    sync(broker, "The old id can't sync", group, generation, old, **instance)
    sync(broker, "The new one gets its share", group, back["generation_id"], new, **instance)
    join(broker, "The old id can't join", group, old, version=version, **instance)
    describe(broker, "Describe", group)
    leave(broker, "The old id can't leave", group, (old, "i"))
    leave(broker, "It leaves by its instance id", group, ("", "i"))
    describe(broker, "It is gone", group)


@pytest.mark.parametrize("version", [5, 9])
def test_a_static_member_comes_back_with_other_protocols(broker, version):
    group = broker.named("group")
    joined = join(broker, "Join with an instance id", group, version=version, group_instance_id="i")
    member, generation = joined["member_id"], joined["generation_id"]
    sync(broker, "Sync", group, generation, member, assignments=[(member, b"all")], group_instance_id="i")
    changed = [{"name": "range", "metadata": b"changed"}]
    join(broker, "With other metadata", group, version=version, group_instance_id="i", protocols=changed)
    join(broker, "With an unknown member id", group, "nobody", version=version, group_instance_id="i")
    join(
        broker,
        "An unknown instance with a member id",
        group,
        "nobody",
        version=version,
        group_instance_id="k",
    )


def test_an_empty_instance_id(broker):
    join(broker, "Join as instance ''", broker.named("group"), group_instance_id="")


# Looking


@pytest.mark.parametrize("version", range(6))
def test_groups_are_listed(broker, version):
    group = broker.named("group")

    def only_ours(answer):
        kept = [one for one in answer["groups"] if one["group_id"] == group]
        return {**answer, "groups": kept}

    def listed(sentence, **filters):
        broker.ask(sentence, "list_groups", version, view=only_ours, **filters)

    listed("Nothing yet")
    member, generation = a_member(broker, group)
    listed("It is there")
    sync(broker, "Sync", group, generation, member, assignments=[(member, b"all")])
    listed("It is stable")
    if version >= 4:
        listed("Stable ones", states_filter=["Stable"])
        listed("Stable ones, in small letters", states_filter=["stable"])
        listed("Empty ones", states_filter=["Empty"])
        listed("In a state that is none", states_filter=["Sleepy"])
    if version >= 5:
        listed("Classic ones", types_filter=["classic"])
        listed("New ones", types_filter=["consumer"])
        listed("Of a kind that is none", types_filter=["odd"])
    leave(broker, "Leave", group, member)
    listed("It is empty")


@pytest.mark.parametrize("version", range(7))
def test_groups_are_described(broker, version):
    group = broker.named("group")
    a_stable_member(broker, group)
    describe(
        broker,
        "One that is there, one that is not, one without a name",
        group,
        broker.named("never"),
        "",
        version=version,
    )
    describe(broker, "None", version=version)
    if version >= 3:
        broker.ask(
            "With operations", "describe_groups", version, groups=[group], include_authorized_operations=True
        )


@pytest.mark.parametrize("version", range(3))
def test_groups_are_deleted(broker, version):
    group = broker.named("group")
    member, _ = a_stable_member(broker, group)
    names = [group, broker.named("never"), ""]
    broker.ask("While it has members", "delete_groups", version, groups_names=names)
    leave(broker, "Leave", group, member)
    broker.ask("When it is empty", "delete_groups", version, groups_names=[group])
    broker.ask("When it is gone", "delete_groups", version, groups_names=[group])
