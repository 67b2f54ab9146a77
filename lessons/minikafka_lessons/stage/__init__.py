"""What lessons put clusters through: loads, groups, deaths, power cuts, bytes made by hand.

Rule: a notebook and its exercises play the same pieces, so that what is judged is what was shown. They drive a cluster
from outside, as its clients and its owner do, and tell what came of it.
"""
