"""What runs in an answer's process, before and beside the answer.

Rule: this folder is all of minikafka that the process can see. It imports Python's standard library and itself,
knows nothing of what is right, and holds nothing worth stealing.
"""
