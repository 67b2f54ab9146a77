# %% [markdown] id="welcome"
# # Lesson 10 · Consumer groups
#
# One consumer is not enough? Start a second one with the same `group.id`, and the two share the partitions. Nobody
# tells them how: they agree on it. In this lesson you watch them agree, and see what it costs, who is put out, and
# what is done twice, or never.
#
# The world is **simulated**: time moves only while a cell asks, and each run is the same. Three exercises; 40 minutes.

# %% setup=true id="setup"
from minikafka_lessons import (
    begin,
    check,
    data,
    groups,
    hint,
    mine,
    predict,
    show,
    summary,
)

cluster = begin(10)
cluster

# %% [markdown] id="agreeing"
# ## 1. Join, sync, generation
#
# Two topics of six partitions each, filled with real data: airports and weather. A **team** holds the members of one
# group; they take turns to poll. First ada alone, then bob joins.

# %% id="topics"
from minikafka import Cluster, Rules

cluster.create_topic("airports", partitions=6)
cluster.create_topic("weather", partitions=6)
with cluster.producer() as producer:
    for state, airport in data.airports(300):
        producer.produce("airports", airport, key=state)
    for city, reading in data.weather(100):
        producer.produce("weather", reading, key=city)
    producer.flush()

TOPICS = ["airports", "weather"]

# %% id="first"
team = groups.team(cluster, "first", TOPICS)
team.join("ada")
team.settle()
print(team)

cluster.mark("before bob")
team.join("bob")
print(f"\nbob joins; all is at rest again after {team.settle():.1f} s\n")
print(team)

# %% [markdown] id="space-time-meaning"
# What did they say to each other? The client on the left is ada, the next one bob. Only one broker took part, the group's
# **coordinator**. Point at a line to read the message.

# %% id="space-time"
show.space_time(
    cluster,
    api=("JOIN_GROUP", "SYNC_GROUP", "HEARTBEAT"),
    since=cluster.messages(api="JOIN_GROUP", since="before bob")[0].began_s - 0.01,
)

# %% [markdown] id="four-words"
# Four words to take along:
#
# | | |
# |---|---|
# | **join** | “I am here, and want these topics.” The coordinator waits until all members have said so |
# | **heartbeat** | “I am still here.” The answer tells the others that somebody joins: REBALANCE_IN_PROGRESS |
# | **sync** | one member (the leader) has computed who reads what; the coordinator hands everybody its share |
# | **generation** | the number of this agreement. Who comes with an older one is refused |
#
# So it is a *client* that decides, not the broker. Go back to the mark, and let another group be born, state by state:

# %% id="back"
cluster.rewind(to="before bob")
consumer = cluster.consumer({"group.id": "again", "client.id": "cem"})
consumer.subscribe(TOPICS)

breakpoint = cluster.break_when("GroupStateChanged")
while cluster.run(5):  # until the breakpoint stops it, or nothing more happens in 5 s
    group = cluster.group("again")
    print(f"{cluster.now:.3f} s  generation {group.generation}  {group.state}")
breakpoint.remove()
consumer.close()

# %% [markdown] id="strategies"
# ## 2. Four ways to share
#
# Which member gets which partition? `partition.assignment.strategy` says it. The same change four times: ada and bob
# are at work, cem joins.

# %% id="fewest"
fewest = predict("fewest")
fewest

# %% id="change"
changes = {}


def change(strategy):
    """cem joins ada and bob."""
    team = groups.team(cluster, strategy, TOPICS, strategy).join("ada", "bob")
    team.settle()
    before = cluster.snapshot()
    team.join("cem").settle()
    after = cluster.snapshot()
    changes[strategy] = (groups.moved(before, after, strategy), team.unread_s)
    team.close()
    return show.moves(cluster, before, after, strategy)


change("range")

# %% id="round-robin"
change("roundrobin")

# %% id="sticky"
change("sticky")

# %% id="cooperative"
change("cooperative-sticky")

# %% id="fewest-came"
for strategy, (moved, unread) in changes.items():
    print(
        f"{strategy:20} {moved:2} partitions moved, {unread:5.1f} partition-seconds unread"
    )

moved = {strategy: count for strategy, (count, _) in changes.items()}


def moved_least(strategy):
    """Fewer than each of the other two?"""
    others = {"range", "roundrobin", "sticky"} - {strategy}
    return all(moved.get(strategy, 99) < moved.get(other, 0) for other in others)


fewest.reveal(
    moved_least("range"),
    moved_least("roundrobin"),
    moved_least("sticky"),
    len(set(moved.values())) == 1,
)

# %% [markdown] id="eager"
# <details><summary>Why? Open this when you have seen it.</summary>
#
# **range** cuts each topic into ranges, **round robin** deals the partitions out like cards; neither looks at who had
# what. **sticky** does. It doesn't matter which is more even: all are.
#
# And *unread*: the first three are **eager**. Everybody gives up everything before it joins, and the group stands still
# until the last one has come. **cooperative** members go on reading, and give up only what moves. That takes two
# rebalances (the generation counts them).
#
# </details>
#
# A moved partition costs more than it looks: whoever gets it begins at the commit, with cold caches.
#
# ### Exercise 10a: your rules `assign_range` and `assign_sticky`
#
# Both get the same, and return a dictionary: each member with its list of `(topic, partition)`.
#
# | | for instance |
# |---|---|
# | `subscriptions` | `{"ada": ["airports"], "bob": ["airports", "weather"]}` |
# | `partitions` | `{"airports": 6, "weather": 6}` (a topic that is missing does not exist) |
# | `owned` | `{"ada": [("airports", 0)], "bob": []}`: what they had before |
#
# * **range**: each topic by itself. Its members, sorted by name, get ranges; where it doesn't divide evenly, the first
#   ones get one more.
# * **sticky**: nobody has two more than another; and of all such plans, one with the fewest moves.


# %% exercise="10a" id="10a"
def assign_range(subscriptions, partitions, owned):
    """Topic by topic, in ranges."""
    ### BEGIN SOLUTION
    plan = {member: [] for member in subscriptions}
    for topic in sorted(partitions):
        members = sorted(m for m in subscriptions if topic in subscriptions[m])
        if not members:
            continue
        each, extra = divmod(partitions[topic], len(members))
        start = 0
        for n, member in enumerate(members):
            end = start + each + (n < extra)
            plan[member] += [(topic, p) for p in range(start, end)]
            start = end
    return plan
    ### END SOLUTION


def assign_sticky(subscriptions, partitions, owned):
    """Even, with the fewest moves."""
    ### BEGIN SOLUTION
    plan = {m: list(owned.get(m, [])) for m in sorted(subscriptions)}
    taken = {pair for pairs in plan.values() for pair in pairs}
    for topic in sorted(partitions):
        readers = [m for m in plan if topic in subscriptions[m]]
        for p in range(partitions[topic]):
            if readers and (topic, p) not in taken:
                fewest = min(readers, key=lambda m: len(plan[m]))
                plan[fewest].append((topic, p))
    while True:
        most = max(plan, key=lambda m: len(plan[m]))
        least = min(plan, key=lambda m: len(plan[m]))
        movable = [pair for pair in plan[most] if pair[0] in subscriptions[least]]
        if len(plan[most]) - len(plan[least]) < 2 or not movable:
            return plan
        new = [pair for pair in movable if pair not in owned.get(most, [])]
        pair = (new or movable)[0]
        plan[most].remove(pair)
        plan[least].append(pair)
    ### END SOLUTION


# %% check="10a" id="10a-check"
check("10a")

# %% [markdown] id="your-assignor"
# Stuck? `hint("10a", 1)`, then 2, then 3. The lesson goes on without an answer, too.
#
# Now a group lives by your function. Whatever it says is done: a partition that it forgets is read by nobody.

# %% id="yours"
sticky = mine(assign_sticky)
with Cluster(3, world="simulated", seed=10, rules=Rules(assign_sticky=sticky)) as other:
    for topic in TOPICS:
        other.create_topic(topic, 6)
    yours = groups.team(other, "yours", TOPICS, "sticky").join("ada", "bob", "cem")
    yours.settle(20)
    before = other.snapshot()
    yours.leave("bob").settle(20)
    picture = show.moves(other, before, other.snapshot(), "yours")
print("assigned", sticky.by)
picture

# %% [markdown] id="dies"
# ## 3. One dies, one is slow, one comes back
#
# cem is killed: no goodbye, and no heartbeat any more. Here `session.timeout.ms` is 10 s.

# %% id="killed" measures="takes-over"
team = groups.team(cluster, "dies", TOPICS).join("ada", "bob", "cem")
team.settle()
before = cluster.snapshot()
team.kill("cem")
print(f"its partitions have readers again after {team.settle():.1f} s")
show.moves(cluster, before, cluster.snapshot(), "dies")

# %% [markdown] id="slow"
# Until the session ended, nobody knew. A shorter timeout finds a death sooner, and takes a long pause for a death.
#
# Another cem lives, but is stuck in a long piece of work between two calls of `poll`. Its `max.poll.interval.ms` is
# 20 s.

# %% id="busy"
busy = predict("busy")
busy

# %% id="stalled"
config = {"max.poll.interval.ms": 20_000}
team = groups.team(cluster, "slow", TOPICS, config=config).join("ada", "bob", "cem")
team.settle()
began = cluster.now
team.stall("cem").run(30)

lost = [
    (moment.at - began, moment.event.reason)
    for moment in cluster.events()
    if moment.event.kind == "MemberLeft"
    and moment.event.group == "slow"
    and moment.at > began
]
for seconds, reason in lost:
    print(f"after {seconds:.1f} s cem is out: {reason}")

# %% id="busy-came"
after = lost[0][0] if lost else None
busy.reveal(
    after is None, after is not None and after < 15, after is not None and after >= 15
)

# %% [markdown] id="static"
# <details><summary>Why? Open this when you have seen it.</summary>
#
# Heartbeats come from the background, so they say that the *process* lives. That the *application* gets on is known
# only by its polls. Hence two clocks: `session.timeout.ms` for the one, `max.poll.interval.ms` for the other.
#
# </details>
#
# And a restart? Each deploy stops a member and starts it again. With a name of its own, `group.instance.id`, it is a
# **static** member: it says no goodbye, and who comes back with the name within the session gets its partitions back.

# %% id="restarts"
for group, config in (("leaves", {}), ("static", {"group.instance.id": "desk-3"})):
    team = groups.team(cluster, group, TOPICS).join("ada", "bob")
    team.join("cem", config=config).settle()
    generation = team.generation
    team.leave("cem").run(4)
    team.join("cem", config=config).settle()
    print(f"{group}: {team.generation - generation} new generations for one restart")

# %% [markdown] id="storm"
# ## 4. A storm
#
# ### Exercise 10b: what is wrong with the parcel sorters?
#
# Four members, and the group is never at rest. Here is what the coordinator wrote, line by line, and how long each
# member was away from `poll` at most. One batch never takes longer than 20 s; and a member that really hangs should be
# found out within a minute.

# %% id="storm-log"
storm = groups.storm()
print(storm)
print("\nlongest time between two polls, in seconds:", storm.pauses)

# %% [markdown] id="10b-task"
# `cause` is one of `"silent"` (its heartbeats stay away), `"slow"` (it works too long between two polls), `"restarts"`
# (it is started again and again), `"twins"` (two members with one `group.instance.id`). `first` is the number of the
# line with the first event that should not have been. `setting` and `value`: what to change, in milliseconds.

# %% exercise="10b" id="10b"
diagnosis = {
    ### BEGIN SOLUTION
    "cause": "slow",
    "who": "ada",
    "first": 18,
    "setting": "max.poll.interval.ms",
    "value": 30_000,
    ### END SOLUTION
}

# %% check="10b" id="10b-check"
check("10b")

# %% [markdown] id="try-it"
# Try it: the same storm with your setting.

# %% id="mended"
if diagnosis.get("setting") and diagnosis.get("value"):
    calm = groups.storm(settings={diagnosis["setting"]: diagnosis["value"]})
    print(
        f"rebalances before: {storm.rebalances}, with your setting: {calm.rebalances}"
    )

# %% [markdown] id="commit"
# ## 5. Commit before or after?
#
# A member dies. The next one begins at the **committed offset**; that is all it knows. So it matters where you commit:


# %% id="ways"
def work_then_commit(consumer, messages, work):
    for message in messages:
        work(message)
    consumer.commit()


def commit_then_work(consumer, messages, work):
    consumer.commit()
    for message in messages:
        work(message)


# %% [markdown] id="10c-task"
# ### Exercise 10c: twice, or never?
#
# Twelve parcels, one partition. A member is killed at the given moment, and a second one (the same code) does the rest.
# How many parcels are worked on **twice**, how many **never**? Fill in `(twice, never)` *before* you run on.
#
# | | code | records at a time | killed right after |
# |---|---|---|---|
# | A | `work_then_commit` | 1 | its 5th work |
# | B | `commit_then_work` | 1 | its 5th commit |
# | C | `work_then_commit` | 4 | its 7th work |
# | D | `commit_then_work` | 4 | its 7th work |
# | E | `work_then_commit` | 4 | its 2nd commit |

# %% exercise="10c" id="10c"
prediction = {
    ### BEGIN SOLUTION
    "A": (1, 0),  # (twice, never)
    "B": (0, 1),
    "C": (3, 0),
    "D": (0, 1),
    "E": (0, 0),
    ### END SOLUTION
}

# %% [markdown] id="run-on"
# Now run on, and see. (The marks come at the end, when you have seen it all.)

# %% id="crashes" measures="committed-offset"
print("A", groups.crash(cluster, work_then_commit, 1, ("work", 5)))
print("B", groups.crash(cluster, commit_then_work, 1, ("commit", 5)))
print("C", groups.crash(cluster, work_then_commit, 4, ("work", 7)))
print("D", groups.crash(cluster, commit_then_work, 4, ("work", 7)))
print("E", groups.crash(cluster, work_then_commit, 4, ("commit", 2)))

# %% [markdown] id="at-least-once"
# <details><summary>Why? Open this when you have seen it.</summary>
#
# What was worked on beyond the last commit is done again: **at least once**. What was committed beyond the last work is
# never done: **at most once**. The batch says how much of it. To do it *exactly* once, work and commit must be one step:
# that is the matter of transactions (lesson 14). Until then: commit after the work, and let work that comes twice do no
# harm.
#
# </details>

# %% check="10c" id="10c-check"
check("10c")

# %% [markdown] id="in-kafka"
# ## In Kafka itself
#
# > The coordinator is `GroupCoordinator`; joining and heartbeats are `AbstractCoordinator` and `ConsumerCoordinator`. The
# > strategies: `RangeAssignor`, `RoundRobinAssignor`, `StickyAssignor` (KIP-54), `CooperativeStickyAssignor` (KIP-429).
# > Two clocks: KIP-62. Static members: KIP-345. Defaults: `session.timeout.ms` 45 s, `heartbeat.interval.ms` 3 s,
# > `max.poll.interval.ms` 5 minutes. With `enable.auto.commit` (the default) the Java client commits in `poll`. In the newer
# > protocol of KIP-848 (`group.protocol=consumer`) the broker assigns, and nobody waits for all.
#
# ## What you have seen
#
# | | where |
# |---|---|
# | join, sync, generation; a client computes who reads what | 1 |
# | a partition has one reader in a group; four strategies, and what each one moves | 2 |
# | eager members stop reading; cooperative ones give up only what moves | 2 |
# | a death is noticed after `session.timeout.ms`, a slow one after `max.poll.interval.ms` | 3 |
# | a static member restarts without a rebalance | 3 |
# | a storm: one slow member keeps the whole group busy | 4 |
# | commit after the work: at least once; before it: at most once | 5 |

# %% id="summary"
cluster.close()
summary()
