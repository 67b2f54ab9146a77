"""What both clients are asked for docs/CLIENTS.md: calls of ordinary, odd and repeated use, a name each."""

from client_cases.admin import ADMIN
from client_cases.consumer import CONSUMER
from client_cases.producer import PRODUCER

SECTIONS = {"Producer": PRODUCER, "Consumer": CONSUMER, "AdminClient": ADMIN}
