"""ApiVersions: what a broker says it speaks. Ours may speak less than Kafka, never more."""

import struct

import pytest
from oracle import wire

# Of the APIs that ours serves, these are the ones every client needs.
NEEDED = (0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 22, 23, 32, 37, 60)


def without_keys(answer):
    return {name: answer[name] for name in ("error_code", "throttle_time") if name in answer}


@pytest.mark.parametrize("version", range(5))
def test_every_version_is_answered(broker, version):
    answer = broker.ask(
        "Ask for the versions",
        "api_versions",
        version,
        client_software_name="oracle",
        client_software_version="1.0",
        view=without_keys,
    )
    served = {key["api_key"]: (key["min_version"], key["max_version"]) for key in answer["api_keys"]}
    broker.same("The needed APIs are there", {str(key): key in served for key in NEEDED})
    broker.same("Ranges are sane", all(low <= high for low, high in served.values()))


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize(
    ("name", "software_version"),
    [("", "1.0"), ("a b", "1.0"), ("ok", ""), ("ok", "1 0"), ("-ok", "1"), ("ok-", "1")],
)
def test_a_bad_software_name_or_version_is_an_invalid_request(broker, version, name, software_version):
    broker.ask(
        "Name the software badly",
        "api_versions",
        version,
        client_software_name=name,
        client_software_version=software_version,
        view=without_keys,
    )


@pytest.mark.parametrize("version", [5, 6, 100, 32767, -1])
def test_a_version_that_is_too_new_is_answered_in_version_0_with_what_there_is(broker, version):
    """KIP-511: the client then knows which version to ask with."""
    header = struct.pack(">hhih", 18, version, 5, 2) + b"me" + b"\0"

    def answers(body):
        tree = wire.parse("api_versions", 0, body, 5)
        return {
            "error": tree["error_code"],
            "itself": [key for key in tree["api_keys"] if key["api_key"] == 18],
        }

    broker.send_bytes("Ask in a version of the future", struct.pack(">i", len(header)) + header, answers)
    broker.ask(
        "The same connection goes on",
        "api_versions",
        3,
        client_software_name="oracle",
        client_software_version="1",
        view=without_keys,
    )


def test_served_ranges_lie_within_those_of_kafka(theirs, ours):
    """Each API of ours is one of Kafka's, within its range of versions."""
    import contextlib

    from oracle.script import Broker

    with contextlib.closing(Broker(*theirs)) as real, contextlib.closing(Broker(*ours)) as mini:
        kafka, own = (
            {
                key["api_key"]: (key["min_version"], key["max_version"])
                for key in side.quietly(
                    "api_versions", 3, client_software_name="oracle", client_software_version="1"
                )["api_keys"]
            }
            for side in (real, mini)
        )
    outside = {
        key: {"ours": versions, "Kafka's": kafka.get(key)}
        for key, versions in own.items()
        if key not in kafka or not kafka[key][0] <= versions[0] <= versions[1] <= kafka[key][1]
    }
    assert not outside
