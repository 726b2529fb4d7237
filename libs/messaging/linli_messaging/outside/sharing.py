"""How the sendings under way are shared, so that who answers late or never holds up nobody else, be it a recipient
or the way to many, as a mail server is. Pure.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Final

from linli_messaging.outside.intent import Intent

MOST_UNDER_WAY: Final = 64
"""Sendings at once: keeps a gateway that answers in 50 ms busy with a thousand a second, and costs 64 sockets."""
MOST_A_RECIPIENT: Final = 4
"""Of these, for one recipient, while there is ample room."""
AMPLE_BELOW: Final = 16
"""Beyond so many one recipient has one at a time, so that all who answer nothing hold twelve more than they are: four
partners, with the five addresses that each may have, half of the room; eleven such to hold it all."""
MOST_A_KIND: Final = 48
"""Of one kind, where the process sends others too: three times what a mail server is given at once. Leaves 16."""


class Sharing:
    """Who has how many of the sendings under way."""

    def __init__(self, under_way: Iterable[Intent], kinds: Collection[str]) -> None:
        """Counts these; ``kinds``: what the process sends."""
        self._kinds = kinds
        self._of_recipient: Counter[str] = Counter()
        self._of_kind: Counter[str] = Counter()
        for intent in under_way:
            self._count(intent)

    @property
    def room(self) -> int:
        """How many more there may be."""
        return MOST_UNDER_WAY - self._of_recipient.total()

    @property
    def full(self) -> list[str]:
        """The recipients who may have no more now."""
        return [recipient for recipient, count in self._of_recipient.items() if count >= self._most]

    @property
    def kinds(self) -> list[str]:
        """The kinds of which there may be more now."""
        most = MOST_A_KIND if len(self._kinds) > 1 else MOST_UNDER_WAY
        return [kind for kind in sorted(self._kinds) if self._of_kind[kind] < most]

    @property
    def _most(self) -> int:
        return MOST_A_RECIPIENT if self._of_recipient.total() < AMPLE_BELOW else 1

    def take(self, intent: Intent) -> bool:
        """Whether it may be sent now; counted at once."""
        fits = self.room > 0 and self._of_recipient[intent.recipient] < self._most and intent.kind in self.kinds
        if fits:
            self._count(intent)
        return fits

    def _count(self, intent: Intent) -> None:
        self._of_recipient[intent.recipient] += 1
        self._of_kind[intent.kind] += 1
