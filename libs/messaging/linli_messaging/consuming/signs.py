"""Signs of life of a consumer: it notes them, and whoever watches over it compares them between two looks. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Self

from aiokafka import TopicPartition

LOOKS_IN_A_ROW: Final = 3
"""That find a partition where it was, while others flow: a minute between the first and the last. A request that the
broker has not answered by then has failed (aiokafka waits for 40 s), and those after it ask for the partition."""
OTHERS_TAKEN: Final = 10
"""Batches of other partitions meanwhile: who took fewer stood still himself for most of that time. Assumed."""


@dataclass(slots=True)
class Signs:
    """What one consumer has done so far."""

    looks: int = 0
    """How often records were looked for."""
    empty_looks: int = 0
    """How often there was nothing to take, as our client says."""
    full_looks: int = 0
    """How often there was something."""
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
class Stand:
    """A partition that has more, of which our client has nothing in its memory: where it stands since some look on."""

    at: int | None
    """The record that it takes next; None: it does not know where to begin."""
    since: Signs
    """As they were at the first look that found it so."""
    looks: int = 1
    """How many in a row did."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look at a consumer found."""

    signs: Signs = field(default_factory=lambda: Signs(looks=-1))
    """Before the first look: no consumer has looked so often."""
    without_share: bool = False
    """The group answers others, and has given us none since it took back the last ones."""
    behind: dict[TopicPartition, Stand] = field(default_factory=dict)

    def looks_no_more(self, signs: Signs) -> bool:
        """Whether nobody has looked for records since, and none are in hand."""
        return signs.looks == self.signs.looks and not signs.at_work

    def then(self, signs: Signs, behind: Mapping[TopicPartition, int | None], *, without_share: bool = False) -> Self:
        """The next look, with what stands where it stood at this one; a new share is a new beginning."""
        found = {}
        for place, at in behind.items():
            stood = self.behind.get(place) if signs.shares == self.signs.shares else None
            same = stood if stood is not None and stood.at == at else None
            found[place] = replace(same, looks=same.looks + 1) if same else Stand(at, signs)
        return type(self)(signs, without_share, found)

    def stalled(self, before: Self) -> str:
        """What has not moved since earlier looks, though our client looked for records meanwhile; empty: nothing."""
        found_none = self.signs.empty_looks > before.signs.empty_looks and self.signs.shares == before.signs.shares
        if found_none and self.without_share and before.without_share:
            return "no partitions are given to us by a group that answers others"
        for place, stand in self.behind.items():
            if self._stands_still(stand):
                return f"nothing more is fetched of {place.topic}, partition {place.partition}"
        return ""

    def _stands_still(self, stand: Stand) -> bool:
        """Whether nothing at all came meanwhile, or so much of other partitions that its own would have come, too."""
        if stand.looks == 1:
            return False
        others = self.signs.full_looks - stand.since.full_looks
        passed_by = stand.looks >= LOOKS_IN_A_ROW and others >= OTHERS_TAKEN
        return passed_by or self.signs.empty_looks > stand.since.empty_looks
