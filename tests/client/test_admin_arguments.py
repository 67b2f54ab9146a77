"""What an application hands to the admin client is looked at at the call, and refused with librdkafka's kind."""

import pytest

from minikafka import ElectionType, KafkaException, TopicCollection, TopicPartition
from minikafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    OffsetSpec,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialAlteration,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)
from minikafka.client import ConsumerGroupTopicPartitions

RULE = (ResourceType.TOPIC, "t", ResourcePatternType.LITERAL, "User:u", "*")
ALLOW = (AclOperation.WRITE, AclPermissionType.ALLOW)
BINDING = AclBinding(*RULE, *ALLOW)
FILTER = AclBindingFilter(*RULE, *ALLOW)
INFO = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 10_000)


@pytest.fixture(scope="module")
def admin():
    with AdminClient({"bootstrap.servers": "127.0.0.1:1"}) as one:
        yield one


def of_group(*partitions):
    return [ConsumerGroupTopicPartitions("g", list(partitions))]


def entry(name="a", operation=AlterConfigOpType.SET):
    entries = [ConfigEntry(name, "b", incremental_operation=operation)]
    return [ConfigResource("broker", "1", incremental_configs=entries)]


@pytest.mark.parametrize(
    ("kind", "name", "arguments"),
    [
        (ValueError, "delete_topics", ([None],)),
        (ValueError, "describe_configs", ([None],)),
        (ValueError, "describe_topics", (TopicCollection(["t", ""]),)),
        (TypeError, "incremental_alter_configs", (entry(name=None),)),
        (TypeError, "incremental_alter_configs", (entry(name=5),)),
        (TypeError, "incremental_alter_configs", (entry(operation="SET"),)),
        (ValueError, "create_acls", (["t"],)),
        (ValueError, "create_acls", ([BINDING, BINDING],)),
        (ValueError, "delete_acls", ([FILTER, FILTER],)),
        (TypeError, "describe_acls", (BINDING,)),
        (ValueError, "list_offsets", ({TopicPartition("", 0): OffsetSpec.latest()},)),
        (ValueError, "list_offsets", ({TopicPartition("t", -1): OffsetSpec.latest()},)),
        (ValueError, "delete_records", ([TopicPartition("", 0)],)),
        (ValueError, "elect_leaders", (ElectionType.PREFERRED, [TopicPartition("t", -1)])),
        (ValueError, "list_consumer_group_offsets", (of_group(TopicPartition("t", 0)) * 2,)),
        (ValueError, "list_consumer_group_offsets", (of_group(TopicPartition("t", 0, 5)),)),
        (ValueError, "list_consumer_group_offsets", (of_group(None),)),
        (ValueError, "describe_user_scram_credentials", ([""],)),
        (TypeError, "alter_user_scram_credentials", ([UserScramCredentialAlteration(None)],)),
        (ValueError, "alter_user_scram_credentials", ([UserScramCredentialUpsertion("", INFO, b"p")],)),
        (ValueError, "alter_user_scram_credentials", ([UserScramCredentialUpsertion("u", INFO, b"")],)),
        (TypeError, "alter_user_scram_credentials", ([UserScramCredentialUpsertion("u", INFO, "p")],)),
        (TypeError, "alter_user_scram_credentials", ([UserScramCredentialUpsertion("u", None, b"p")],)),
        (TypeError, "alter_user_scram_credentials", ([UserScramCredentialDeletion("u", 123)],)),
    ],
)
def test_refused_at_the_call(admin, kind, name, arguments):
    with pytest.raises(kind):
        getattr(admin, name)(*arguments)


def test_values_are_checked_when_they_are_made():
    for fields in ((None, *RULE[1:]), (*RULE[:1], None, *RULE[2:])):
        with pytest.raises(ValueError, match="cannot be None"):
            AclBinding(*fields, *ALLOW)
    with pytest.raises(ValueError, match="for filters only"):
        AclBinding(*RULE, AclOperation.ANY, AclPermissionType.ALLOW)
    with pytest.raises(TypeError, match="config must be a dict"):
        NewTopic("t", 1, 1, config=["a"])
    assert ConfigResource("broker", "").name == ""  # the defaults of all brokers


def test_one_setting_twice(admin):
    resource = ConfigResource(
        "topic",
        "t",
        incremental_configs=[ConfigEntry("a", "b", incremental_operation=AlterConfigOpType.SET)] * 2,
    )
    [future] = admin.incremental_alter_configs([resource]).values()
    with pytest.raises(KafkaException, match="Duplicate settings of t"):
        future.result(10)


def test_who_has_no_time_left_is_told_so(admin):
    """The code is _TIMED_OUT, whatever the last reason was; request_timeout rules beside operation_timeout."""
    [future] = admin.delete_topics(["t"], request_timeout=0.3, operation_timeout=300).values()
    error = future.exception(10).args[0]
    assert error.name() == "_TIMED_OUT"
    assert "no broker can be reached" in error.str()


def test_groups_that_nobody_can_list_are_none_and_an_error(admin):
    result = admin.list_consumer_groups(request_timeout=0.3).result(10)
    assert result.valid == []
    assert [error.args[0].name() for error in result.errors] == ["_TIMED_OUT"]


def test_poll_waits_and_error_cb_hears_of_nobody():
    told = []
    with AdminClient({"bootstrap.servers": "127.0.0.1:1", "error_cb": told.append}) as one:
        assert one.poll(10) == 1
    assert [error.name() for error in told] == ["_ALL_BROKERS_DOWN"]
