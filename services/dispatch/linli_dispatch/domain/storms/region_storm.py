"""A storm declared, or ended, by hand for a whole region (DSP-09): every estate of it, some at a time.

What a storm of an estate is, how it is declared and ends, is `storm.py`'s, and stays so: whoever speaks for the region
says it once, and each of its estates has a storm of its own by that. One that has one of the cause already keeps it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import ClassVar, Final, Literal

from linli_contracts.lanes import id_under
from linli_rulebook.decision import State, Timer
from pydantic import AwareDatetime

REGION_ROUND: Final = "region_storm_round"
"""The clock of the next round through the region's estates."""
MOST_ESTATES: Final = 10
"""A round looks at so many, as ``load_estates_of`` does. Each may bring along a hundred requests that came before
(`earlier.py`), and other cases of ten estates wait while it is decided: a region of a thousand takes 100 seconds.
"""
BETWEEN: Final = timedelta(seconds=1)
"""Rounds are apart, so that the cases of those estates get their turn."""
What = Literal["declare", "end"]


class RegionStorm(State):
    """What was last said of a cause for a region, and how far its estates are gone through. One for each of these."""

    table: ClassVar[str] = "region_storm"

    region_id: str
    cause: str
    what: What = "declare"
    by: str = ""
    reason: str = ""
    due_at: AwareDatetime | None = None
    """When the next round is; None: all is gone through."""
    round: int = 0
    """Counts on for ever, so that no two rounds are the same."""
    next_ids: tuple[str, ...] = ()
    """The estates of the next round: known one round before, so that their lanes are held when it begins."""
    changed: int = 0
    """Estates where a storm was declared, or ended, by this so far."""

    @property
    def estates_id(self) -> str:
        """The id of the :class:`EstatesOf` behind those of the next round. Each round reads anew: no id comes twice."""
        behind = self.next_ids[-1] if self.next_ids else ""
        return id_under(self.region_id, f"{self.cause}|{behind}|{self.round}")

    def timers(self) -> Iterator[Timer]:
        """The next round."""
        if self.due_at is not None:
            yield Timer(self.due_at, REGION_ROUND, step=self.round + 1)

    def said(self, what: What, by: str, reason: str, at: datetime) -> "RegionStorm":
        """Said of all estates from the first one on; what was said before, and is not through yet, goes no further.

        The first round only finds out which estates come first.
        """
        facts = {"what": what, "by": by, "reason": reason}
        begun = {"due_at": at, "round": self.round + 1, "next_ids": (), "changed": 0}
        return self.model_copy(update=facts | begun)

    def gone_on(self, changed: int, next_ids: tuple[str, ...], at: datetime) -> "RegionStorm":
        """After a round: on with the next estates, or done."""
        facts = {"round": self.round + 1, "changed": self.changed + changed, "next_ids": next_ids}
        return self.model_copy(update=facts | {"due_at": at + BETWEEN if next_ids else None})


class EstatesOf(State):
    """Estates of a region behind one of them, in the order of their ids. Read from the estates, never saved."""

    table: ClassVar[str] = "estates_of"

    estate_ids: tuple[str, ...] = ()


def region_storm_id(region_id: str, cause: str) -> str:
    """The id of the one of a region and cause."""
    return id_under(region_id, f"storm-{cause}")
