"""Which inputs are live: a service that joins late takes in years of facts and must not act on them (promise 7).

Its states, clocks and own facts follow from old facts as from new ones; only what would reach people or machines
outside (messages, webhooks) is asked for by live inputs alone.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

ALWAYS: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class LiveFrom:
    """The mark that a service's schema has recorded at its first start."""

    at: datetime = ALWAYS

    @classmethod
    def stored(cls, at: datetime) -> "LiveFrom":
        """As the database has it: its ``-infinity``, which has no zone, means always."""
        return cls(at if at.tzinfo else ALWAYS)

    def is_live(self, at: datetime) -> bool:
        """Whether what happened at this instant may ask for outside effects: a fact's own instant, a clock's due one.

        A command is live whenever it is decided: somebody asks for it now.
        """
        return at >= self.at


ALWAYS_LIVE: Final = LiveFrom()
"""Of a service that was there before the first fact."""
