"""States that a process remembers between batches, so that a case in motion is not read and decoded at every step.

A lane's states may be remembered while its version is the one last seen. Every transaction that changes one of them
gives the lane a version that no other ever had (counted ones come again on a restored database), and the version is
read under the lane's lock. The commit of another process, or one of ours whose outcome we
never heard, shows as another version; then all of that lane is read anew. Nothing here does I/O.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Final

from linli_contracts.lanes import lane_of
from linli_rulebook.decision import State

from linli_messaging.service_map import Ref

MAX_STATES: Final = 3_000
"""Six batches' worth; by estimate some 6 MB of tickets, which are the largest states."""
UNSEEN: Final = -1


class Remembered:
    """The states of one process, the least lately used of them forgotten first."""

    def __init__(self, most: int = MAX_STATES) -> None:
        """Nothing is known yet."""
        self._most = most
        self._states: OrderedDict[Ref, tuple[int, State]] = OrderedDict()
        """Each with the reading of its lane that it belongs to."""
        self._versions: dict[int, int] = {}
        self._readings: dict[int, int] = {}
        """Counts, for each lane, how often it had to be read anew."""

    def see(self, versions: Mapping[int, int]) -> None:
        """These lanes are held now, at these versions: what was remembered under another one is void."""
        for lane, version in versions.items():
            if self._versions.get(lane, UNSEEN) != version:
                self._versions[lane] = version
                self._readings[lane] = self._readings.get(lane, 0) + 1

    def get(self, ref: Ref) -> State | None:
        """The state as stored, if it is remembered; its lane must be held and seen."""
        found = self._states.get(ref)
        if found is None or found[0] != self._readings[lane_of(ref[1])]:
            return None
        self._states.move_to_end(ref)
        return found[1]

    def committed(self, version: int, moved: Iterable[int], states: Mapping[Ref, State | None]) -> None:
        """A transaction of ours was committed: it gave these lanes this version, and these states are stored."""
        for lane in moved:
            self._versions[lane] = version
        for ref, state in states.items():
            if state is not None and state.remembered:
                self._states[ref] = (self._readings[lane_of(ref[1])], state)
                self._states.move_to_end(ref)
        while len(self._states) > self._most:
            self._states.popitem(last=False)
