"""Small networks of voters without a cluster around them: many disasters in a second, and some accidents by hand.

Rule: the core and the rules are those of the controllers; only messages, disks and time are simpler.
"""

from minikafka.explore.quorums.disaster import Outcome, disaster, disasters
from minikafka.explore.quorums.network import Broken, Network, Note, Stand
from minikafka.explore.quorums.scenes import APPENDS, VOTES

__all__ = ["APPENDS", "VOTES", "Broken", "Network", "Note", "Outcome", "Stand", "disaster", "disasters"]
