"""One run of a file through a stack: register what it names, play it to the horizon, read what came of it."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from linli_cli.console import ERR
from linli_cli.importing.mapping import Mapping
from linli_cli.simulation.agenda import Agenda
from linli_cli.simulation.callers import Callers
from linli_cli.simulation.conductor import Conductor, Course
from linli_cli.simulation.display import Display
from linli_cli.simulation.figures import Result, read_result
from linli_cli.simulation.people import Customers, Desks, registrations, requests
from linli_cli.simulation.played import Played
from linli_cli.stack import Stack

_BEFORE: Final = timedelta(hours=1)
"""Estates are registered so long before the first request."""


@dataclass(frozen=True, slots=True)
class Run:
    """What is played, how."""

    mapping: Mapping
    played: Played
    horizon: datetime
    window: timedelta
    customers: Customers
    storms: AbstractSet[str] = frozenset()
    """The sub-categories of requests that may begin a storm (DSP-09), as codes."""

    async def play(self, stack: Stack) -> tuple[Result, Course, dict[str, str]]:
        """Play it through a stack on the stepped clock that has nothing in it yet; the rows of its cases last."""
        start = self.played.first_at - _BEFORE
        desks = Desks({case.row_id: case for case in self.played.cases}, self.customers)
        agenda = Agenda()
        agenda.add(registrations(self.played.cases, self.mapping, start))
        agenda.add(requests(self.played.cases, self.storms))
        display = Display(ERR, stack.client, start, self.horizon, ZoneInfo(self.mapping.zone))
        conductor = Conductor(
            client=stack.client,
            agenda=agenda,
            actors=(desks, Callers(self.customers.answer, in_line_of_estate=True)),
            window=self.window,
            horizon=self.horizon,
            tell=display.tell,
        )
        with display.live():
            course = await conductor.run(start)
        result = await read_result(stack.client, self.played, desks.row_of, self.horizon, course.readings)
        return result, course, desks.row_of
