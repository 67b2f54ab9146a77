"""A live cluster in which each node is a process: killed, stopped and started again as processes are.

Rule: the node's code is the same as in one process, and only its host is another. The parent decides beforehand who
there is, where each listens and whose directory is whose; what it can know of a running node is what that tells it or
any client.
"""
