"""The demonstrated year as one run: the world, its calls and stories, and everybody who acts in it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from linli_cli.console import ERR
from linli_cli.demo.calls import ZONE, Year, calls
from linli_cli.demo.chance import Chance
from linli_cli.demo.customers import Club, Customers
from linli_cli.demo.deposits import Compensations, Deductions, Payments, applications
from linli_cli.demo.desk import Desks
from linli_cli.demo.matters import Matters
from linli_cli.demo.offices import Offices
from linli_cli.demo.plans import Plans
from linli_cli.demo.registering import registrations
from linli_cli.demo.scripts import Scripts
from linli_cli.demo.stories import Stories
from linli_cli.demo.texts import Texts
from linli_cli.demo.world import World
from linli_cli.simulation.agenda import Agenda
from linli_cli.simulation.callers import Callers
from linli_cli.simulation.conductor import Conductor, Course
from linli_cli.simulation.display import Display
from linli_cli.stack import Stack

YEAR: Final = Year(date(2025, 3, 1), date(2026, 3, 1))
"""Both calendar years' holidays are published, and the National Day week of 2025 lies in it."""
_BEFORE: Final = timedelta(days=2)
"""The group is registered so long before the year begins."""


@dataclass(frozen=True, slots=True)
class Life:
    """A year to be lived."""

    world: World
    texts: Texts
    scripts: Scripts
    calls: int
    window: timedelta

    @classmethod
    def of(cls, seed: int, calls: int, window_days: float) -> "Life":
        """The year of this seed."""
        chance = Chance(seed)
        return cls(World(chance), Texts(chance), Scripts(), calls, timedelta(days=window_days))

    async def live(self, stack: Stack) -> Course:
        """Live it, in a stack on the stepped clock that has nothing in it yet."""
        start, stories = YEAR.starts_at - _BEFORE, Stories(self.world, self.texts, self.scripts)
        agenda = Agenda()
        agenda.add(registrations(self.world, start))
        agenda.add(calls(self.world, self.texts, YEAR, self.calls))
        agenda.add(stories.steps())
        agenda.add(applications(self.world, YEAR))
        customers = Customers(self.world.chance, self.scripts)
        display = Display(ERR, stack.client, start, YEAR.ends_at, ZONE)
        conductor = Conductor(
            client=stack.client,
            agenda=agenda,
            actors=(
                # The stories come first: they tell the others which case plays a part in them.
                stories,
                Desks(self.world, self.scripts),
                Matters(self.world, self.scripts),
                Offices(self.world),
                Callers(customers.answer),
                Club(self.world.chance),
                Plans(self.world),
                Compensations(self.world),
                Deductions(self.world),
                Payments(self.world),
            ),
            window=self.window,
            horizon=YEAR.ends_at,
            tell=display.tell,
        )
        with display.live():
            return await conductor.run(start)
