"""Judging an answer: it runs in a process of its own, and what it did is judged here.

Rule: nothing that an answer returns is trusted before it was turned into a plain value of a known type, and
nothing that tells what is right is ever in the answer's process.
"""
