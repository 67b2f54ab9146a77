"""Lesson 13, as learners answer it."""

from answers.solutions import RIGHT


def _said(name, key, value):
    """The right answer, but for one of its lines."""
    before = next(line for line in RIGHT[name].splitlines() if line.strip().startswith(f'"{key}"'))
    return RIGHT[name].replace(before, f'    "{key}": {value!r},')


def _wrong(name, **cases):
    return {
        called.replace("_", " "): (_said(name, key, value), words)
        for called, (key, value, words) in cases.items()
    }


WRONG_A = _wrong(
    "13a",
    killed=("cause", "dead broker", "nobody killed it"),
    it_fails=("cause", "failed disk", "can the disk still be read?"),
    much_too_late=("second", 40, "It had begun by then"),
    a_restart=("fix", "restart HOST", "It ends again"),
    the_wrong_order=("fix", "restart HOST; repair_disk HOST", "falls over the same stone"),
    one_copy_will_do=("fix", "topic min.insync.replicas=1", "then there is only that one"),
    the_host_by_name=("fix", "repair_disk broker-3; restart broker-3", "write HOST in its place"),
)
WRONG_B = _wrong(
    "13b",
    a_gray_disk=("cause", "gray disk", "heartbeats to the controller would be late"),
    a_split=("cause", "network split", "requests get no answer at all"),
    the_leader=("host", "broker-3", "Which broker's FETCH takes longest"),
    too_early=("second", 12.5, "all was still well"),
    the_leader_alone=("fix", "producer acks=1", "lacks the last orders"),
    fewer_in_sync=("fix", "topic min.insync.replicas=1", "however many these are"),
    a_restart=("fix", "restart HOST", "in a quiet hour"),
    more_patience=("fix", "broker replica.lag.time.max.ms=60000", "Your limit lets it stay"),
)
WRONG_C = _wrong(
    "13c",
    killed=("cause", "dead broker", "did its process end?"),
    unclean=("cause", "unclean election", "unclean=False"),
    the_new_leader=("host", "broker-2", "did the controller not hear"),
    when_it_was_fenced=("second", 29.07, "It had begun by then"),
    they_mend_the_network=("fix", "heal", "until you were called"),
    more_in_sync=("fix", "topic min.insync.replicas=3", "How does this shop write?"),
    nothing_unclean=("fix", "topic unclean.leader.election.enable=false", "The election was clean"),
    stopped=("fix", "stop HOST", "what could the shop do?"),
)
WRONG_D = _wrong(
    "13d",
    killed=("cause", "dead broker", "that is known"),
    the_other_one=("host", "broker-1", "led when it should not have"),
    the_first_death=("second", 10.2, "all was still well"),
    when_it_was_cut_off=("second", 55.17, "It had begun by then"),
    less_is_not_more=("fix", "producer acks=1", "Less doesn't help"),
    too_late=("fix", "restart HOST", "the wrong one leads already"),
    down_again=("fix", "stop HOST", "settled before the accident"),
)
WRONG_E = _wrong(
    "13e",
    a_slow_link=("cause", "slow follower", "in both directions"),
    the_leader=("host", "broker-2", "hears everything late"),
    when_somebody_looked=("second", 45, "It had begun by then"),
    a_restart=("fix", "restart HOST", "on the disk that it had"),
    out_of_the_way=("fix", "stop HOST", "nobody looks after the third"),
    while_it_runs=("fix", "repair_disk HOST", "pull a disk out"),
    nobody_waits=("fix", "producer acks=1", "lacks the last orders"),
)
WRONG_F = _wrong(
    "13f",
    unclean=("cause", "unclean election", "Nobody was elected"),
    a_disk=("cause", "failed disk", "the log says that the broker deleted them"),
    another_host=("host", "broker-3", "Whose log says that segments were deleted"),
    before_it_began=("second", 20, "all was still well"),
    a_word=("second", "60 s", "a number, without quotes"),
    a_restart=("fix", "restart HOST", "what time the host thinks it is"),
    for_ever=("fix", "topic retention.ms=-1", "lives in another week"),
    hesitating=("fix", "wait 30; set_clock HOST 0", "as it does twice a minute"),
)
WRONG = {"13a": WRONG_A, "13b": WRONG_B, "13c": WRONG_C, "13d": WRONG_D, "13e": WRONG_E, "13f": WRONG_F}
