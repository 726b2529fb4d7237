"""How much of what was processed lately is parked: beyond a bounded share a service takes no more (promise 6).

It is counted in the database, for all processes of a service, and for an hour at a time: what operators have dropped or
retried counts no longer, and a service that has processed millions stops as soon as a young one.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from linli_messaging.queries import Queries

PARKED_SHARE: Final = 0.2
PARKED_AT_LEAST: Final = 50
"""Beyond 50 parked and a fifth of everything, something is wrong with us, not with the messages."""
WINDOW: Final = timedelta(hours=1)
"""What is counted together: nobody looks at it for an hour, and 50 more may be parked. Assumed."""


class TooMuchParkedError(RuntimeError):
    """More than a bounded share of everything is parked: the service takes no more rather than park the world."""

    def __init__(self, service: str, example: str) -> None:
        """Say whose, what it is for instance, and where to look."""
        super().__init__(
            f"more than {PARKED_SHARE:.0%} of what {service} takes cannot be handled, such as {example}; "
            "see: linli parked list"
        )


@dataclass(slots=True)
class Clog:
    """A service takes no records and fires no clocks, until somebody has cleared some of what is parked, or for an
    hour. What was too much itself was not parked, and comes again.
    """

    since_s: float
    parked: int | None = None
    """How much was parked when it was first counted."""

    def is_over(self, parked: int, now_s: float) -> bool:
        """True when so much being parked now, taking can be tried again; instants in monotonic seconds."""
        if self.parked is None:
            self.parked = parked
        return parked < self.parked or now_s - self.since_s > WINDOW.total_seconds()


async def count_anew(connection: Any, queries: Queries, just_processed: int) -> None:  # noqa: ANN401 - asyncpg's proxy
    """Begin a new hour where the last one is over; called before anything is parked.

    ``just_processed``: records by which this transaction has moved the inboxes already; they belong to the new hour.
    """
    await connection.execute(queries["count_parked_anew"], just_processed, WINDOW)


async def too_much_parked(connection: Any, queries: Queries) -> bool:  # noqa: ANN401 - asyncpg's proxy
    """True when more than the share of this hour is parked and nobody has looked after it."""
    row = (await connection.fetch(queries["count_parked"], WINDOW))[0]
    return bool(row["parked"] >= PARKED_AT_LEAST and row["parked"] > PARKED_SHARE * int(row["processed"]))


async def parked_lately(connection: Any, queries: Queries) -> int:  # noqa: ANN401 - asyncpg's proxy
    """How much of this hour is parked and nobody has looked after it."""
    return int((await connection.fetch(queries["count_parked"], WINDOW))[0]["parked"])
