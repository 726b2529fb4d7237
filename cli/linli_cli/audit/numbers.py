"""Which numbers of a lane have been seen, in whatever order and however often. Pure.

Holds ranges, so that a million numbers in a row take as much room as one.
"""

from bisect import bisect_right
from collections.abc import Iterator


class Numbers:
    """A set of numbers, as ascending ranges that do not touch."""

    def __init__(self) -> None:
        """Nothing was seen."""
        self._firsts: list[int] = []
        self._lasts: list[int] = []

    def add(self, number: int) -> None:
        """One more was seen; a repetition changes nothing."""
        if number in self:
            return
        place = bisect_right(self._firsts, number) - 1
        joins_before = place >= 0 and self._lasts[place] == number - 1
        joins_after = place + 1 < len(self._firsts) and self._firsts[place + 1] == number + 1
        if joins_before and joins_after:
            self._lasts[place] = self._lasts.pop(place + 1)
            self._firsts.pop(place + 1)
        elif joins_before:
            self._lasts[place] = number
        elif joins_after:
            self._firsts[place + 1] = number
        else:
            self._firsts.insert(place + 1, number)
            self._lasts.insert(place + 1, number)

    def __contains__(self, number: int) -> bool:
        """Whether it was seen."""
        place = bisect_right(self._firsts, number) - 1
        return place >= 0 and number <= self._lasts[place]

    def add_range(self, first: int, last: int) -> None:
        """All of these are accounted for. Costs their number: such ranges are rare and as long as a loss was."""
        for number in range(first, last + 1):
            self.add(number)

    @property
    def first(self) -> int | None:
        """The lowest; None: none."""
        return self._firsts[0] if self._firsts else None

    @property
    def last(self) -> int:
        """The highest; 0: none."""
        return self._lasts[-1] if self._lasts else 0

    def holes(self) -> Iterator[tuple[int, int]]:
        """What is missing between the lowest and the highest: first and last of each hole."""
        for before, after in zip(self._lasts, self._firsts[1:], strict=False):
            yield before + 1, after - 1
