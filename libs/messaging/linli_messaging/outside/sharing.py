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
"""Beyond so many one recipient has one at a time, so that all who answer nothing hold twelve more than they are, until
that is known of them."""
SLOW_S: Final = 3.0
"""Who let the last one last so long is slow: sixty times what a common receiver takes. Assumed."""
MOST_TO_SLOW: Final = 16
"""For all who are slow together, one each: a quarter, however many they are, and they take turns."""
MOST_REMEMBERED: Final = 5_000
"""Slow ones that are known: some hundred kilobytes. Who was slow the longest ago is forgotten, and found out anew."""
MOST_A_KIND: Final = 48
"""Of one kind, where the process sends others too: three times what a mail server is given at once. Leaves 16."""


class Slow:
    """Who was slow when he was sent to last, and who of them has had his turn while others wait for theirs."""

    def __init__(self) -> None:
        """Nobody is known."""
        self._had_turn: dict[str, bool] = {}

    def note(self, recipient: str, took_s: float) -> None:
        """One sending has ended, however it did."""
        self._had_turn.pop(recipient, None)
        if took_s >= SLOW_S:
            self._had_turn[recipient] = True
        if len(self._had_turn) > MOST_REMEMBERED:
            del self._had_turn[next(iter(self._had_turn))]

    def begin_round(self) -> bool:
        """None of those whose turn it was has anything due: it is everybody's again. True where somebody waited."""
        waited = any(self._had_turn.values())
        self._had_turn = dict.fromkeys(self._had_turn, False)
        return waited

    def __contains__(self, recipient: str) -> bool:
        """Whether he is slow."""
        return recipient in self._had_turn

    def waiting(self, *, room: bool) -> list[str]:
        """Who of them may have none now: where there is no room for them, all."""
        return [recipient for recipient, had in self._had_turn.items() if had or not room]


class Sharing:
    """Who has how many of the sendings under way."""

    def __init__(self, under_way: Iterable[Intent], kinds: Collection[str], slow: Slow) -> None:
        """Counts these; ``kinds``: what the process sends."""
        self._kinds = kinds
        self._slow = slow
        self._of_recipient: Counter[str] = Counter()
        self._of_kind: Counter[str] = Counter()
        for intent in under_way:
            self._count(intent)

    @property
    def room(self) -> int:
        """How many more there may be."""
        return MOST_UNDER_WAY - self._of_recipient.total()

    @property
    def room_for_slow(self) -> bool:
        """Whether there may be more for those who are slow."""
        return sum(count for recipient, count in self._of_recipient.items() if recipient in self._slow) < MOST_TO_SLOW

    @property
    def full(self) -> list[str]:
        """The recipients who may have no more now."""
        busy = [recipient for recipient, count in self._of_recipient.items() if count >= self._most(recipient)]
        return [*dict.fromkeys([*busy, *self._slow.waiting(room=self.room_for_slow)])]

    @property
    def kinds(self) -> list[str]:
        """The kinds of which there may be more now."""
        most = MOST_A_KIND if len(self._kinds) > 1 else MOST_UNDER_WAY
        return [kind for kind in sorted(self._kinds) if self._of_kind[kind] < most]

    def _most(self, recipient: str) -> int:
        ample = self._of_recipient.total() < AMPLE_BELOW and recipient not in self._slow
        return MOST_A_RECIPIENT if ample else 1

    def take(self, intent: Intent) -> bool:
        """Whether it may be sent now; counted at once."""
        recipient = intent.recipient
        fits = self.room > 0 and self._of_recipient[recipient] < self._most(recipient) and intent.kind in self.kinds
        if fits and (recipient not in self._slow or self.room_for_slow):
            self._count(intent)
            return True
        return False

    def _count(self, intent: Intent) -> None:
        self._of_recipient[intent.recipient] += 1
        self._of_kind[intent.kind] += 1
