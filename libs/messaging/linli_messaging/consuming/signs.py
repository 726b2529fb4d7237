"""Signs of life of a consumer: it notes them, and whoever watches over it compares them between two looks. No I/O."""

from dataclasses import dataclass, field, replace
from typing import Self

from aiokafka import TopicPartition


@dataclass(slots=True)
class Signs:
    """What one consumer has done so far."""

    looks: int = 0
    """How often records were looked for."""
    empty_looks: int = 0
    """How often there was nothing to take, as our client says."""
    at_work: bool = False
    """Records are in hand: nobody looks for more."""
    shares: int = 0
    """How often the group gave us a share of the partitions, be it none of them."""
    awaits_share: bool = True
    """Until the group gives us one: at the start, and since it took back the last."""

    def now(self) -> Self:
        """As they are at this moment."""
        return replace(self)

    def given(self) -> None:
        """The group gave us a share."""
        self.awaits_share = False
        self.shares += 1


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look at a consumer found."""

    signs: Signs = field(default_factory=lambda: Signs(looks=-1))
    """Before the first look: no consumer has looked so often."""
    without_share: bool = False
    """The group answers others, and has given us none since it took back the last ones."""
    behind: dict[TopicPartition, int | None] = field(default_factory=dict)
    """Where our client stands, of the partitions that have more; None: it does not know where to begin."""

    def looks_no_more(self, signs: Signs) -> bool:
        """Whether nobody has looked for records since, and none are in hand."""
        return signs.looks == self.signs.looks and not signs.at_work

    def stalled(self, before: Self) -> str:
        """What has not moved since an earlier look, though our client looked for records meanwhile; empty: nothing."""
        if self.signs.empty_looks <= before.signs.empty_looks or self.signs.shares != before.signs.shares:
            return ""
        if self.without_share and before.without_share:
            return "no partitions are given to us by a group that answers others"
        for place, at in self.behind.items():
            if place in before.behind and before.behind[place] == at:
                return f"nothing more is fetched of {place.topic}, partition {place.partition}"
        return ""
