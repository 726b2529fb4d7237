"""An input that the database refuses, and that stands alone by now, is taken apart until the culprit does (promise 6).

It may be a stored fact that waited for it, or a clock that runs out before it: an estate's next request must not be
parked because a change of its roster, due a second earlier, violates a constraint. Each is tried in a transaction of
its own; only what is refused then is set aside.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol

from linli_contracts.lanes import lane_of

from linli_messaging.batch.firing import MAX_FIRED_PER_INPUT
from linli_messaging.errors_told import kind_of, summary_of
from linli_messaging.inputs import Input, Passing, TimerInput
from linli_messaging.lanes.barrier import LONG_AGO
from linli_messaging.loop.looking import Looking

Tried = Literal["together", "apart", "without clocks", "set aside", "parked"]
"""What was tried: all of a batch; a lone input without the early facts that wait for it; without the clocks before it;
noting that it failed; the same where a clock gives way, and was refused again.
"""
JUST_BEFORE: Final = timedelta(microseconds=1)
"""The grain of instants."""
MOST_AT_ONCE: Final = 1000
"""Due clocks of an input's lanes that are looked through at once."""

log = logging.getLogger(__name__)


class Commit(Protocol):
    """Commits inputs, and takes them apart where they fail."""

    def __call__(
        self, inputs: "list[Input | Passing]", poisoned: Mapping[int, Exception] | None = None, *, tried: Tried
    ) -> Awaitable[None]:
        """Raises what can't be taken apart any more."""
        ...


async def commit_alone(
    item: Input | Passing,
    error: Exception,
    tried: Tried,
    commit: Commit,
    looking: Looking,
    until: Callable[[Input, int], datetime],
) -> None:
    """The next thing to try of an input that failed alone with ``error``; raises it where there is none."""
    if tried == "together":
        await commit([item], tried="apart")
    elif tried == "apart" and isinstance(item, TimerInput):
        # Its first clock; those behind it are due still, and looked for again.
        await commit([replace(item, alone=True)], tried="without clocks")
    elif tried == "apart":
        for _ in range(MAX_FIRED_PER_INPUT):
            clocks = await _clocks_before(item, looking, until)
            for clock in clocks:
                await commit([replace(clock, alone=True)], tried="without clocks")
            if not clocks:
                break
        await commit([item], tried="without clocks")
    elif tried == "without clocks":
        log.warning("an input is set aside: %s", summary_of(error, kind_of))
        await commit([item], {id(item): error}, tried="set aside")
    elif tried == "set aside" and isinstance(item, TimerInput) and item.alone:
        # What its map's line says of a refusal was refused, too.
        held = replace(item, alone=False)
        await commit([held], {id(held): error}, tried="parked")
    else:
        raise error


async def _clocks_before(
    item: Input | Passing, looking: Looking, until: Callable[[Input, int], datetime]
) -> list[TimerInput]:
    """The states of an input whose clocks run out before it, as far as they may fire with it."""
    if isinstance(item, Passing):
        return []
    ends = {lane: until(item, lane) for lane in {lane_of(identity) for _, identity in item.refs}}
    before = {lane: min(end, item.at or end) - JUST_BEFORE for lane, end in ends.items() if end > LONG_AGO}
    return [clock for clock in await looking.due(before, MOST_AT_ONCE) if clock.refs[0] in item.refs]
