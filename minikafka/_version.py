"""Which minikafka this is: for people, and for servers that ask their clients.

Rule: it is here and nowhere else; what is built reads it from here.
"""

VERSION = "0.1.0"
