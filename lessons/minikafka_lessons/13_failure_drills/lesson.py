# %% [markdown] id="welcome"
# # Lesson 13 · Failure drills
#
# It is three in the morning, and the pager goes off. Something is wrong with the cluster, and nobody says what. This lesson
# has six such nights. In each you find out **what** it was, **who** and **when**, and write down what would have helped, for
# the next time: it will befall another host, at another moment.
#
# Six exercises; 40 minutes, and you need not do all in one night. First one that isn't graded, so that you know the place.

# %% setup=true id="setup"
from minikafka_lessons import begin, check, drills, hint, predict, show, summary

cluster = begin(13)
cluster.mark("begin")
cluster

# %% [markdown] id="healthy"
# ## 1. A failure that is none
#
# A shop writes its orders into a topic: three replicas, `acks=all`, `min.insync.replicas=2`. That is meant for the death of
# a broker. How does it feel for the customers?

# %% id="shop"
cluster.rewind("begin")
cluster.create_topic("orders", 1, 3, {"min.insync.replicas": 2})
shop = cluster.producer({"acks": "all", "linger.ms": 0})
shop.produce("orders", "one coffee")
shop.flush()
leader = cluster.topic("orders").partitions[0].leader
cluster.mark("open")

# %% id="kill"
kill = predict("kill")
kill

# %% id="killed" shows="takes-over, available"
cluster.rewind("open")
cluster.kill(leader)
began = cluster.now
shop.produce("orders", "another coffee")
shop.flush(120)
waited = cluster.now - began
print(f"confirmed after {waited:.1f} s")
for n in range(40):
    shop.produce("orders", f"coffee {n}")
shop.flush()
cluster.mark("without it")

# %% id="kill-came"
kill.reveal(waited < 1, 1 <= waited < 60, waited >= 60)

# %% [markdown] id="missed"
# Nobody tells a controller that a broker has died. It *misses* it: no heartbeat for 9 s (`broker.session.timeout.ms`).
# Then it **fences** the broker, and another one of the ISR leads.

# %% id="restart"
restart = predict("restart")
restart

# %% id="restarted" shows="available"
cluster.rewind("without it")
cluster.restart(leader)
up = cluster.now
seen = cluster.run_until(lambda s: leader in s.partition("orders", 0).isr).partition("orders", 0)
took, has_all = cluster.now - up, seen.replica(leader).end >= seen.high_watermark
print(
    f"in the ISR {took * 1000:.0f} ms after it was up, with {seen.replica(leader).end} of {seen.end} orders"
)
show.isr_strip(cluster, "orders")

# %% id="restart-came"
restart.reveal(took < 20 and not has_all, took < 20 and has_all, took >= 20)

# %% [markdown] id="rules"
# One death, a quarter of a minute, nothing lost: no reason to get up. Now to nights with a reason.
#
# ## 2. How a drill goes
#
# `drills.open("A")` is a run that is over: you look into it, and go back and forth in it.
#
# | look | what it shows |
# |---|---|
# | `a.orders()` | what customers noticed |
# | `a.log()`, `a.log("broker-1", since=20, until=30)` | what brokers and controller wrote into their logs |
# | `a.times(20, 30)` | each kind of request: how long it took *there*, lay *with* who answers it, and *back* |
# | `a.dates()` | what `date` says on each host |
# | `a.rewind(25)`, `a.snapshot()`, `a.messages(…)`, `show.…(a)` | all you know from earlier lessons |
# | `a.tui()` | lets you open it in the inspector, in a terminal |
# | `a.debrief(drill_a)` | what it was, in Kafka itself; once the cause has its name |
#
# What may be behind it (six of these are):
#
# | cause | what it is |
# |---|---|
# | `"dead broker"`, `"dead controller"` | the process is gone |
# | `"failed disk"`, `"full disk"` | it gives errors; it takes nothing more |
# | `"gray disk"` | it works, but takes seconds, and the whole process waits for it |
# | `"lost messages"`, `"network split"` | the network drops some; it drops all between two sides |
# | `"slow follower"` | a follower's link to the other brokers is slow; it stays in the ISR |
# | `"unclean election"` | a broker leads that was not in sync |
# | `"wrong clock"` | a host lives at another time |
#
# The **first bad event** is the first thing of which you would say: it should not have been so. A host and a moment, to
# a second or two. The **fix** is a runbook: lines with `;` between them. Settings hold from the beginning of the next
# accident; commands are given, one a second, when you are called.
#
# | line | what it does |
# |---|---|
# | `topic NAME=VALUE`, `broker NAME=VALUE`, `producer NAME=VALUE` | a setting: of the topic, of all brokers, of the shop |
# | `stop HOST`, `kill HOST`, `restart HOST` | cleanly; at once; (again) on its data |
# | `repair_disk HOST` | somebody makes room, or puts a new disk in; the broker has to be down |
# | `set_clock HOST 0` | the right time |
# | `heal`, `wait 10` | the network people come; nobody does anything for 10 s |
#
# `HOST` is written so: it stands for the host of the first bad event. Your fix is played under other seeds. It must work
# again, and nothing may be lost that was confirmed; in the end all of the ISR but one die, to be sure.
#
# ## 3. Drill A

# %% id="a"
a = drills.open("A")
a

# %% id="a-looks"
a.orders()

# %% id="a-log"
a.log()

# %% exercise="13a" id="13a"
drill_a = {
    ### BEGIN SOLUTION
    "cause": "full disk",
    "host": "broker-3",
    "second": 16.6,
    "fix": "repair_disk HOST; restart HOST",
    ### END SOLUTION
}

# %% id="a-mended"
a.mended(drill_a.get("fix"))

# %% check="13a" id="13a-check"
check("13a")

# %% id="a-debrief"
a.debrief(drill_a)

# %% [markdown] id="a-next"
# ## 4. Drill B

# %% id="b"
b = drills.open("B")
b

# %% id="b-looks"
b.orders()

# %% id="b-before"
b.times(10, 20)

# %% id="b-after"
b.times(30, 40)

# %% exercise="13b" id="13b"
drill_b = {
    ### BEGIN SOLUTION
    "cause": "slow follower",
    "host": "broker-2",
    "second": 23,
    "fix": "broker replica.lag.time.max.ms=3000",
    ### END SOLUTION
}

# %% id="b-mended"
b.mended(drill_b.get("fix"))

# %% check="13b" id="13b-check"
check("13b")

# %% id="b-debrief"
b.debrief(drill_b)

# %% [markdown] id="b-next"
# ## 5. Drill C
#
# A red cross is an order that was confirmed, and that nobody finds in the end.

# %% id="c"
c = drills.open("C")
c

# %% id="c-looks"
c.orders()

# %% id="c-strip" shows="leader"
show.isr_strip(c, "orders")

# %% id="c-messages"
show.space_time(c, api=["FETCH", "PRODUCE"], since=28.5, until=30.2)

# %% exercise="13c" id="13c"
drill_c = {
    ### BEGIN SOLUTION
    "cause": "network split",
    "host": "broker-1",
    "second": 20.2,
    "fix": "producer acks=all",
    ### END SOLUTION
}

# %% id="c-mended"
c.mended(drill_c.get("fix"))

# %% check="13c" id="13c-check"
check("13c")

# %% id="c-debrief"
c.debrief(drill_c)

# %% [markdown] id="c-next"
# ## 6. Drill D

# %% id="d"
d = drills.open("D")
d

# %% id="d-looks"
d.orders()

# %% id="d-strip"
show.isr_strip(d, "orders")

# %% id="d-log"
d.log("controller-1")

# %% exercise="13d" id="13d"
drill_d = {
    ### BEGIN SOLUTION
    "cause": "unclean election",
    "host": "broker-2",
    "second": 39.1,
    "fix": "topic unclean.leader.election.enable=false",
    ### END SOLUTION
}

# %% id="d-mended"
d.mended(drill_d.get("fix"))

# %% check="13d" id="13d-check"
check("13d")

# %% id="d-debrief"
d.debrief(drill_d)

# %% [markdown] id="d-next"
# ## 7. Drill E

# %% id="e"
e = drills.open("E")
e

# %% id="e-looks"
e.orders()

# %% id="e-after"
e.times(20, 40)

# %% exercise="13e" id="13e"
drill_e = {
    ### BEGIN SOLUTION
    "cause": "gray disk",
    "host": "broker-1",
    "second": 18.6,
    "fix": "stop HOST; repair_disk HOST; restart HOST",
    ### END SOLUTION
}

# %% id="e-mended"
e.mended(drill_e.get("fix"))

# %% check="13e" id="13e-check"
check("13e")

# %% id="e-debrief"
e.debrief(drill_e)

# %% [markdown] id="e-next"
# ## 8. Drill F

# %% id="f"
f = drills.open("F")
f

# %% id="f-looks"
f.orders()

# %% id="f-tape" shows="segments"
show.tape(f.snapshot(), "orders")

# %% exercise="13f" id="13f"
drill_f = {
    ### BEGIN SOLUTION
    "cause": "wrong clock",
    "host": "broker-2",
    "second": 34,
    "fix": "set_clock HOST 0",
    ### END SOLUTION
}

# %% id="f-mended"
f.mended(drill_f.get("fix"))

# %% check="13f" id="13f-check"
check("13f")

# %% id="f-debrief"
f.debrief(drill_f)

# %% [markdown] id="f-next"
# ## What you have seen
#
# | | where |
# |---|---|
# | a dead broker is missed, fenced and replaced within seconds; nothing is lost | 1 |
# | what each of the nights was: its debrief, when you have its name | 3 – 8 |
# | “all green” means: nobody has asked the customers | 4 – 8 |
#
# All marks, hidden checks included: `minikafka grade` in a terminal.

# %% id="summary"
drills.close_all()
cluster.close()
summary()
