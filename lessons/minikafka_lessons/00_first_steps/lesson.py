# %% [markdown] id="welcome"
# # Lesson 0 · First steps: a cluster that you can stop
#
# **Kafka** keeps records (an order, a reading, a click) for those who want to read them later, in order, on several machines
# at once. In this course you see how, from inside: these machines speak Kafka's protocol, write Kafka's files, and stop
# when you say so.
#
# Ten minutes. A notebook is text and **cells** of code. Click into the next cell and press **Shift+Enter**: it runs, and
# you are in the one after it. Any cell may be run again, and interrupted (■ above).

# %% setup=true id="setup" shows="broker"
from minikafka_lessons import begin, check, hint, predict, show, summary

cluster = begin(0)
cluster.mark("begin")  # a bookmark, to come back to
cluster

# %% [markdown] id="brokers-meaning"
# Three **brokers**: the servers of a Kafka cluster, and a **controller**, which looks after them. They are *simulated*: they
# run in this notebook, their time is virtual, and nothing moves but while a cell runs. (In lesson 1 you meet a cluster that
# runs by itself.)
#
# ## 1. Write and read
#
# Records are kept by subject, in a **topic**. Ours has one *partition* (lesson 2 has more of them), and each of the three
# brokers keeps a copy of it; one of them leads.

# %% id="write" shows="producer"
cluster.rewind("begin")  # back to the beginning, so that this cell may be run again
cluster.create_topic("postcards", partitions=1, replication_factor=3)

producer = cluster.producer()
for city in ("Seoul", "Lagos", "Lima"):
    producer.produce("postcards", f"Greetings from {city}!")
producer.flush()  # wait until the cluster has them
cluster.run(1)
cluster.mark("written")

show.tape(cluster.snapshot(), "postcards")

# %% [markdown] id="write-meaning"
# A **producer** has written, and the records lie in a row, the same ones on each broker; ★ leads. Each has a number, its
# **offset**: 0, 1, 2. What lies before **HW**, the *high watermark*, is safe on all of them. (The other words in the picture
# are for later lessons.) A **consumer** reads the records:

# %% id="read" shows="consumer"
cluster.rewind("written")
# Whoever has never read here begins at the earliest record.
consumer = cluster.consumer({"group.id": "letterbox", "auto.offset.reset": "earliest"})
consumer.subscribe(["postcards"])

for _ in range(3):
    record = consumer.poll(10)  # wait 10 seconds at most
    print(record.offset(), record.value().decode())  # a value is bytes

# %% [markdown] id="stop"
# ## 2. Stop, step, go back
#
# Write another one, but don't wait for it: it hasn't left yet. Then let one message after another be delivered, until all
# three brokers have it: the leader gets it from the producer, the two others fetch it from the leader.

# %% id="step"
cluster.rewind("written")
producer.produce("postcards", "Greetings from Oslo!")

# Until the high watermark moves: then all three have it.
while cluster.topic("postcards").partitions[0].high_watermark == 3:
    cluster.step("message")

show.space_time(cluster, since=cluster.now - 0.008, api=["PRODUCE", "FETCH"])

# %% [markdown] id="rewind-meaning"
# The client is our producer. Each line is a message on its way, a dashed one an answer; time goes down. *LEO* is where a
# broker's log ends now. Touch a line to read it.
#
# Changed your mind? Go back. The cluster is where it was, to the byte, and the fourth postcard was never written:

# %% id="rewind"
cluster.rewind("written")
count = cluster.topic("postcards").partitions[0].end
print(f"records now: {count} at {cluster.now:.3f} s")

# %% [markdown] id="kill-meaning"
# ## 3. Predict, then look
#
# Before something breaks you are asked what will happen. Your choice is sealed. A wrong one costs nothing, and what comes
# out is easier to remember.

# %% id="kill"
kill = predict("kill")
kill

# %% id="kill-came"
cluster.rewind("written")
leader = cluster.topic("postcards").partitions[0].leader
cluster.kill(leader)
cluster.run(30)  # half a minute of virtual time

heir = cluster.topic("postcards").partitions[0].leader
late = cluster.consumer({"group.id": "late", "auto.offset.reset": "earliest"})
late.subscribe(["postcards"])
read = [late.poll(10).value().decode() for _ in range(3)]
print(leader, "is dead;", heir, "leads;", read)

# Which of the three sentences came true?
kill.reveal(len(read) < 3, heir is None, heir != leader and len(read) == 3)

# %% id="after"
show.tape(cluster.snapshot(), "postcards")

# %% [markdown] id="how-many"
# ## 4. An exercise
#
# The picture says where the log begins (`start`, the first offset that is there) and where it ends (`end`, the offset that
# the *next* record will get). How many records lie between?
#
# Replace the line `raise NotImplementedError(…)`, run the cell, then `check` after it. Stuck? Run `hint("0a", 1)` in a cell
# of your own (**+** above makes one), then 2, then 3. A few checks stay hidden: the same with other numbers, for
# `minikafka grade` in a terminal.


# %% exercise="0a" id="0a"
def records_in(start, end):
    """How many records a log has that begins at `start` and ends at `end`."""
    ### BEGIN SOLUTION
    return end - start
    ### END SOLUTION


# %% check="0a" id="0a-check"
check("0a")

# %% [markdown] id="window"
# ## 5. A second window: the inspector
#
# The lessons with a live cluster can be watched from a terminal, while your cells run. Open one (File → New → Terminal) and
# type
#
# > `minikafka tui`
#
# It shows every broker, partition, segment and group as it is now; **?** shows the keys, **q** leaves. `make lab` has
# started a live cluster for you already.

# %% id="seen"
summary()

# %% [markdown] id="what-you-have-seen"
# ## What you have seen
#
# | word | meaning | section |
# |---|---|---|
# | broker, cluster | the servers of Kafka | 1 |
# | topic, record, offset | a subject, what lies in it, its number | 1 |
# | producer, consumer | who writes, who reads | 1 |
# | `step`, `mark`, `rewind` | one message more; remember this moment; go back to it | 2 |
# | `predict`, `check`, `hint` | say it first; was it right?; help, in three steps | 3, 4 |
#
# Next: **lesson 1**, what all this is good for.
