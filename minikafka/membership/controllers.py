"""Where the controllers are, and which of them decides now, as far as a broker knows.

Rule: whoever can't be reached or says that it doesn't decide isn't asked again before another one was, and who is
named by an answer is asked next. Kafka: `NodeToControllerChannelManagerImpl` (`updateControllerAddress`),
`RaftControllerNodeProvider`.
"""

from __future__ import annotations

from collections.abc import Sequence

from minikafka.membership.membership import Address


class Controllers:
    """As one broker knows them; its connections share it."""

    def __init__(self, bootstrap: Sequence[Address]) -> None:
        assert bootstrap, "a broker has to know one controller at least"
        self._voters = list(dict.fromkeys(bootstrap))
        self._present = self._voters[0]

    @property
    def voters(self) -> tuple[Address, ...]:
        return tuple(self._voters)

    @property
    def present(self) -> Address:
        return self._present

    def lead(self, address: Address) -> None:
        """An answer says that this one decides."""
        if address not in self._voters:
            self._voters.append(address)
        self._present = address

    def fail(self, address: Address) -> None:
        """This one isn't there, or doesn't decide: try the next, unless somebody has done so already."""
        if address == self._present:
            at = self._voters.index(address)
            self._present = self._voters[(at + 1) % len(self._voters)]


__all__ = ["Controllers"]
