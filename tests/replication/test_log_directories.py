"""A broker's log directories on their own: `log.dirs` read, opened, refused, chosen from."""

from uuid import UUID

import pytest

from minikafka.log.checkpoints import HIGH_WATERMARKS, OffsetCheckpoint
from minikafka.log.meta_properties import WrongDirectory, read_meta_properties
from minikafka.log.partition_metadata import write_partition_metadata
from minikafka.metadata.config_types import ConfigError
from minikafka.metadata.configs import BrokerConfigs
from minikafka.metadata.ids import LOST_DIRECTORY, MIGRATING_DIRECTORY, UNASSIGNED_DIRECTORY
from minikafka.protocol.uuid_text import encode_uuid
from minikafka.replication.checkpoints import CheckpointIgnored
from minikafka.replication.log_directories import LogDirectories, NoLogDirectory, log_dirs_of
from minikafka.replication.log_directory import LogDirectoryFailed, key_of
from minikafka.world import DiskLocked, SimulatedUniverse

HOST = "broker-1"


@pytest.fixture
def universe():
    with SimulatedUniverse(1) as universe:
        yield universe


def opened(universe, *paths, broker=1, cluster="a-cluster"):
    return LogDirectories.open(universe.world(HOST), broker, cluster, paths or ("d1", "d2"))


@pytest.mark.parametrize(
    ("configs", "paths"),
    [
        ({}, ("",)),
        ({"log.dirs": ""}, ("",)),
        ({"log.dirs": "."}, ("",)),
        ({"log.dirs": "d1"}, ("d1",)),
        ({"log.dirs": " d1 , ./d2,disks/3/"}, ("d1", "d2", "disks/3")),
        ({"log.dir": "data"}, ("data",)),
        ({"log.dir": "data", "log.dirs": "d1,d2"}, ("d1", "d2")),
    ],
)
def test_log_dirs_are_relative_paths(configs, paths):
    assert log_dirs_of(BrokerConfigs(configs)) == paths


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (",", "no name"),
        ("d1,,d2", "no name"),
        ("d1,d2,", "no name"),
        ("d1,d1", "twice"),
        ("d1,./d1/", "twice"),
        ("../d1", "not within the broker's own directory"),
        ("/var/log", "not within the broker's own directory"),
        ("d1,d2/../..", "not within the broker's own directory"),
        ("C:\\data", "not within the broker's own directory"),
        ("d1,d1/inner", "lie within each other"),
        ("d1/inner,d1", "lie within each other"),
        ("d1,.", "lie within each other"),
        (".,d1", "lie within each other"),
    ],
)
def test_a_wrong_log_dirs_is_one_clear_sentence(text, reason):
    with pytest.raises(ConfigError, match=reason) as refused:
        log_dirs_of(BrokerConfigs({"log.dirs": text}))
    assert "\n" not in str(refused.value) and "log.dirs" in str(refused.value)


def test_each_directory_is_claimed_with_an_id_of_its_own(universe):
    directories = opened(universe)
    disk = universe.world(HOST).disk
    assert disk.listdir("") == ["d1", "d2"]
    found = [read_meta_properties(disk.within(path)) for path in ("d1", "d2")]
    assert {(p.cluster_id, p.node_id) for p in found} == {("a-cluster", 1)}
    assert [p.directory_id for p in found] == [encode_uuid(id) for id in directories.ids]
    assert len(set(directories.ids)) == 2
    with pytest.raises(DiskLocked, match="d1 is locked"):
        opened(universe)
    directories.close()
    assert opened(universe).ids == directories.ids


def test_one_directory_is_the_disk_itself_as_ever(universe):
    directories = opened(universe, "")
    assert universe.world(HOST).disk.listdir("") == [".lock", "meta.properties"]
    assert [d.location for d in directories] == ["/broker-1"]


def test_a_directory_of_another_broker_or_cluster_is_refused_and_all_locks_go(universe):
    opened(universe).close()
    for stranger in ({"broker": 2}, {"cluster": "another"}):
        with pytest.raises(WrongDirectory, match=r"/broker-1/d1 belongs to another (node|cluster)"):
            opened(universe, **stranger)
    opened(universe).close()


def test_a_copied_directory_is_found_out(universe):
    opened(universe).close()
    disk = universe.world(HOST).disk
    disk.write_atomic("d2/meta.properties", disk.read_bytes("d1/meta.properties"))
    with pytest.raises(WrongDirectory, match=r"d1 and /broker-1/d2 have the same directory.id"):
        opened(universe)


def test_a_partition_in_two_directories_is_refused_unless_one_is_of_a_deleted_topic(universe):
    disk = universe.world(HOST).disk
    for path, topic_id in (("d1", 5), ("d2", 6)):
        disk.makedirs(f"{path}/orders-0")
        write_partition_metadata(disk, f"{path}/orders-0", UUID(int=topic_id))
    opened(universe).close()
    write_partition_metadata(disk, "d2/orders-0", UUID(int=5))
    with pytest.raises(WrongDirectory, match="In both /broker-1/d1 and /broker-1/d2 there is orders-0"):
        opened(universe)


def doubled(disk, count, path="d2"):
    for index in range(count):
        for place in ("d1", path):
            disk.makedirs(f"{place}/orders-{index}")
            write_partition_metadata(disk, f"{place}/orders-{index}", UUID(int=5))


def test_a_person_is_told_what_to_move_and_a_clean_end_is_still_believed_then(universe):
    directories = opened(universe)
    for directory in directories:
        directory.checkpoints.write_clean_shutdown(7)
    directories.close()
    disk = universe.world(HOST).disk
    doubled(disk, 12)
    with pytest.raises(
        WrongDirectory, match=r"orders-0, .* and 2 more: .* Move these folders out of"
    ) as refused:
        opened(universe)
    assert "\n" not in str(refused.value)
    for index in range(12):
        disk.rename(f"d1/orders-{index}", f"moved-{index}")
    directories = opened(universe)
    assert [len(d.logs) for d in directories] == [0, 12]
    assert directories.previous_broker_epoch == 7


def test_a_folder_that_can_not_be_read_takes_only_its_directory_offline(universe):
    opened(universe).close()
    doubled(universe.world(HOST).disk, 2)
    universe.fail_disk(HOST, count=None, path="d2/orders-0", gone=True)
    directories = opened(universe)
    assert [d.is_online for d in directories] == [True, False]
    assert directories.home(("orders", 0)) is next(iter(directories))


def test_a_directory_from_before_directories_had_ids_gets_one(universe):
    disk = universe.world(HOST).disk
    disk.makedirs("d1")
    disk.write_atomic("d1/meta.properties", b"version=1\ncluster.id=a-cluster\nnode.id=1\n")
    directories = opened(universe)
    assert len(set(directories.ids)) == 2
    assert read_meta_properties(disk.within("d1")).directory_id == encode_uuid(directories.ids[0])
    directories.close()
    assert opened(universe).ids == directories.ids


def test_a_directory_id_that_is_none_is_one_sentence(universe):
    disk = universe.world(HOST).disk
    disk.makedirs("d1")
    disk.write_atomic("d1/meta.properties", b"version=1\ncluster.id=a-cluster\nnode.id=1\ndirectory.id=zzz\n")
    with pytest.raises(
        WrongDirectory, match=r"/broker-1/d1/meta.properties has .* 'zzz', which is not an id"
    ):
        opened(universe)


def test_what_is_no_partition_is_not_taken_for_one():
    assert key_of("orders-0") == ("orders", 0) and key_of("a-b-12") == ("a-b", 12)
    for other in ("meta.properties", "orders", "-1", "orders-", "orders-0.tmp", "__cluster_metadata-0"):
        assert key_of(other) is None


def test_one_that_can_not_be_used_is_offline_and_the_others_go_on(universe):
    opened(universe).close()
    universe.fail_disk(HOST, count=None, path="d1", gone=True)
    directories = opened(universe)
    assert [d.is_online for d in directories] == [False, True] and len(directories.ids) == 1
    assert directories.previous_broker_epoch == -1
    failed = [t.event for t in universe.trace.recent if isinstance(t.event, LogDirectoryFailed)]
    assert [(e.directory, e.partitions) for e in failed] == [("/broker-1/d1", 0)]
    directories.close()
    universe.fail_disk(HOST, "EROFS", count=None, path="d2", gone=True)
    with pytest.raises(NoLogDirectory, match=r"d1 can't be used.*d2 can't be used"):
        opened(universe)


def test_a_new_partition_goes_where_the_fewest_are(universe):
    directories = opened(universe, "d1", "d2", "d3")
    d1, d2, d3 = directories
    for index, home in enumerate((d1, d2, d3, d1)):
        assert directories.place(("t", index), UNASSIGNED_DIRECTORY) is home
        home.make_folder(("t", index))
    assert directories.place(("t", 3), d2.id) is d1, "it lies there already, whatever the controller believes"
    assert directories.place(("t", 4), d3.id) is d3
    assert directories.place(("t", 5), UUID(int=12345)) is d2, "a directory that nobody knows"
    directories.close()
    universe.crash(HOST)
    again = opened(universe, "d1", "d2", "d3")
    assert [d.logs for d in again] == [{("t", 0), ("t", 3)}, {("t", 1)}, {("t", 2)}]


def test_what_may_lie_in_an_offline_directory_is_not_made_anew(universe):
    directories = opened(universe)
    d1, d2 = directories
    d1.fail(OSError("broken"))
    for assigned in (d1.id, LOST_DIRECTORY, MIGRATING_DIRECTORY, UUID(int=12345)):
        assert directories.place(("t", 0), assigned) is None
    assert directories.place(("t", 0), UNASSIGNED_DIRECTORY) is d2
    assert directories.place(("t", 0), d2.id) is d2


@pytest.mark.parametrize(("content", "ignored"), [(b"", 0), (b"0\n0\n", 0), (b"0\n", 1), (b"0\n1\nt 0", 1)])
def test_an_empty_checkpoint_says_nothing_and_a_damaged_one_is_ignored(universe, content, ignored):
    disk = universe.world(HOST).disk
    disk.makedirs("d1")
    disk.write_atomic(f"d1/{HIGH_WATERMARKS}", content)
    if not ignored:
        assert OffsetCheckpoint(disk, f"d1/{HIGH_WATERMARKS}").read() == {}
    directories = opened(universe)
    assert all(d.is_online for d in directories)
    events = [t for t in universe.trace.recent if isinstance(t.event, CheckpointIgnored)]
    assert len(events) == ignored


def folders(universe, path):
    disk = universe.world(HOST).disk.within(path)
    return sorted(name for name in disk.listdir("") if name.startswith("orders"))


def test_a_copy_that_was_whole_takes_the_place_of_what_was_given_up_for_it(universe):
    """The last life ended between the two steps: the old folder has lost its name, the new one has none yet."""
    disk = universe.world(HOST).disk
    disk.makedirs(f"d1/orders-0.{1:032x}-delete")
    disk.makedirs(f"d2/orders-0.{2:032x}-swap")
    first, second = opened(universe)
    assert (first.logs, second.logs) == (set(), {("orders", 0)})
    assert folders(universe, "d2") == ["orders-0"]


def test_a_copy_whose_original_is_still_there_goes_and_so_does_a_part_of_one(universe):
    disk = universe.world(HOST).disk
    disk.makedirs("d1/orders-0")
    disk.makedirs(f"d2/orders-0.{2:032x}-swap")
    disk.makedirs(f"d2/orders-1.{3:032x}-future")
    first, second = opened(universe)
    assert (first.logs, second.logs) == ({("orders", 0)}, set())
    assert sorted(second.doomed) == [f"orders-0.{2:032x}-swap", f"orders-1.{3:032x}-future"]
    while second.remove_doomed():
        pass
    assert folders(universe, "d2") == []


def test_a_copy_waits_while_its_original_may_lie_in_a_directory_that_is_away(universe):
    disk = universe.world(HOST).disk
    disk.makedirs(f"d2/orders-0.{2:032x}-swap")
    universe.fail_disk(HOST, count=None, path="d1", gone=True)
    _, second = opened(universe)
    assert (second.logs, second.doomed) == (set(), [])
    assert folders(universe, "d2") == [f"orders-0.{2:032x}-swap"]
