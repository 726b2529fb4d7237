"""How the sendings under way are shared, so that a recipient who answers late or never holds up itself alone. Pure."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from linli_messaging.outside.intent import Intent

MOST_UNDER_WAY: Final = 64
"""Sendings at once: keeps a gateway that answers in 50 ms busy with a thousand a second, and costs 64 sockets."""
MOST_A_RECIPIENT: Final = 4
"""Of these, for one recipient, while there is ample room."""
AMPLE_BELOW: Final = 16
"""Beyond so many one recipient has one at a time, so that all who answer nothing hold twelve more than they are: four
partners, with the five addresses that each may have, half of the room; eleven such to hold it all."""


class Sharing:
    """Who has how many of the sendings under way."""

    def __init__(self, under_way: Iterable[Intent]) -> None:
        """Counts these."""
        self._of_recipient = Counter(intent.recipient for intent in under_way)

    @property
    def room(self) -> int:
        """How many more there may be."""
        return MOST_UNDER_WAY - self._of_recipient.total()

    @property
    def full(self) -> list[str]:
        """The recipients who may have no more now."""
        return [recipient for recipient, count in self._of_recipient.items() if count >= self._most]

    @property
    def _most(self) -> int:
        return MOST_A_RECIPIENT if self._of_recipient.total() < AMPLE_BELOW else 1

    def take(self, intent: Intent) -> bool:
        """Whether it may be sent now; counted at once."""
        fits = self.room > 0 and self._of_recipient[intent.recipient] < self._most
        if fits:
            self._of_recipient[intent.recipient] += 1
        return fits
