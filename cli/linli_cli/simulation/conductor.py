"""The conductor of the stepped clock: people act at their instants, then the clock moves on, and so to the horizon.

It goes in windows. In a window every step up to its end is sent, round by round, each at its own instant, while the
clock still stands before it: what a step stops has not run out yet, and a clock that was due before a step's instant is
fired by the service itself before it decides the step. Only then does the clock move to the window's end, and what is
left runs out. So how long a window is decides how fast the run goes, never how it ends.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

from linli_cli.client.client import Client
from linli_cli.client.rest import Reading
from linli_cli.simulation.agenda import Agenda, Done, Step
from linli_cli.simulation.resting import rested
from linli_cli.simulation.sending import People, send_round

REST_TIMEOUT_S: Final = 300.0
"""A round of some thousand commands takes a few seconds; this is for a machine that does much else besides."""
LONGEST_WINDOW: Final = timedelta(days=3660)
"""Ten years: longer than any file, and far from the end of the calendar."""
MOST_STEPS: Final = 2_500
"""A window with more steps than this ends early: enough to fill the services' batches, few enough to see it go on."""


class Actor(Protocol):
    """Somebody who acts on what happens: sees it over public reads only, and proposes steps.

    A proposed step's instant follows from the facts it answers, never from when they were seen; a step that was
    proposed before (the same id) is not taken twice.
    """

    async def look(self, people: People, done: Sequence[Done], until: datetime) -> Iterable[Step]:
        """What to do next, after these steps were done and the system came to rest, up to `until` or later."""
        ...


@dataclass(slots=True)
class Course:
    """How the run goes."""

    instant: datetime
    """Everything up to here has been played."""
    clock: datetime
    """Where the services' clock stands; it is moved only when something is due."""
    windows: int = 0
    rounds: int = 0
    steps: int = 0
    refused: list[Done] = field(default_factory=list)
    """Steps that a service refused; whoever plays a file reports each."""
    readings: dict[str, Reading] = field(default_factory=dict)
    """The last ones, at rest."""

    def due_by(self, instant: datetime) -> bool:
        """Whether any timer runs out by then."""
        return any(reading.next_due_at and reading.next_due_at <= instant for reading in self.readings.values())


@dataclass(slots=True)
class Conductor:
    """Plays an agenda through running services on the stepped clock."""

    client: Client
    """The operator's."""
    agenda: Agenda
    actors: Sequence[Actor]
    window: timedelta
    horizon: datetime
    """The last instant that is played: timers due at it fire, nothing later happens."""
    tell: Callable[[Course], Awaitable[None]]
    """Hears of every window that is over."""

    async def run(self, start: datetime) -> Course:
        """Play from `start` to the horizon; ends at rest, with the clock at the horizon.

        The steps at `start` itself are done before any other: whoever acts later relies on what they set up.
        """
        people = People(self.client)
        course = Course(start, start)
        await self._move(course, start)
        await self._play(people, course, start)
        while True:
            ends = self._end_of_window(course)
            acted = await self._play(people, course, ends)
            course.instant = ends
            if course.clock < ends and (ends == self.horizon or course.due_by(ends)):
                await self._move(course, ends)
            elif ends == self.horizon and not acted:
                return course
            course.windows += 1
            await self.tell(course)

    async def _play(self, people: People, course: Course, ends: datetime) -> bool:
        """Send all steps up to `ends`, and what people make of them; answers whether there was any."""
        acted = False
        self.agenda.add(await self._look(people, [], ends))
        while steps := self.agenda.take_round(ends):
            done = await send_round(people, steps)
            course.readings = await rested(self.client, REST_TIMEOUT_S)
            course.rounds += 1
            course.steps += len(done)
            course.refused.extend(one for one in done if not one.answer.done)
            self.agenda.add(await self._look(people, done, ends))
            acted = True
        return acted

    async def _look(self, people: People, done: Sequence[Done], until: datetime) -> list[Step]:
        seen = await asyncio.gather(*(actor.look(people, done, until) for actor in self.actors))
        return [step for steps in seen for step in steps]

    async def _move(self, course: Course, instant: datetime) -> None:
        await self.client.set_clock(instant)
        course.clock = instant
        course.readings = await rested(self.client, REST_TIMEOUT_S)

    def _end_of_window(self, course: Course) -> datetime:
        """A window begins with the next instant at which anything arrives or is due, and ends early when it is full."""
        dues = (reading.next_due_at for reading in course.readings.values())
        begins = min(at for at in (self.agenda.next_at, self.horizon, *dues) if at is not None)
        full_at = self.agenda.instant_of(MOST_STEPS) or self.horizon
        return max(course.instant, min(self.horizon, begins + self.window, full_at))
