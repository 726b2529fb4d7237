"""Who acts when a file is played: the desk has each request when it comes and finishes it when the file says so.

All that is done about one estate is one chain, in the order of the instants: whom a case goes to depends on what others
of the estate have in hand just then (DSP-08). Only what bears on no other case stands out of line: requests come ahead,
for no desk has anything in hand before it is passed on, and calls of satisfied customers behind. A request that may
begin a storm stays in line: the storm gathers what is in hand at that instant (DSP-09).
"""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Final

from linli_contracts.lanes import key_of
from linli_intake.domain.completeness import as_code

from linli_cli.client.tokens import Identity
from linli_cli.importing.estates import EstateOfRow
from linli_cli.importing.mapping import Mapping
from linli_cli.simulation.agenda import Done, Standing, Step
from linli_cli.simulation.callers import Call, Callback
from linli_cli.simulation.played import Case
from linli_cli.simulation.sending import People

REGISTRAR: Final = Identity("registrar", ("dispatch:registry", "simulate"))
INTAKE: Final = Identity("hotline", ("intake:receive", "simulate"))
DESK: Final = Identity("desk", ("dispatch:handle", "simulate"))
_NO_DESK: Final = "unknown"
_STAFF_OF_DESK: Final = 3
_SECOND_ROUND: Final = timedelta(days=1)
"""When a desk is done again with a case whose customer was not satisfied; the file says nothing of it."""


def registrations(cases: Iterable[Case], mapping: Mapping, at: datetime) -> Iterator[Step]:
    """The estates that the cases name, each with the desks that it needs on its roster."""
    desks: dict[EstateOfRow, set[str]] = {}
    for case in cases:
        desks.setdefault(case.estate, set()).add(desk_of(case))
    place = mapping.estate.registration
    for estate, names in sorted(desks.items(), key=lambda item: item[0].estate_id):
        about: dict[str, object] = {
            "estate_id": estate.estate_id,
            "region_id": place.region_id,
            "project_id": place.project_id,
            "name": estate.name[:100],
            "kind": place.kind,
            "zone": place.zone or mapping.zone,
        }
        staff = [
            {"staff_id": f"{desk}-{number}", "role": "department", "desk": desk}
            for desk in sorted(names)
            for number in range(1, _STAFF_OF_DESK + 1)
        ]
        roster: dict[str, object] = {"estate_id": estate.estate_id, "staff": staff}
        identity = f"{mapping.name}-{estate.estate_id}"
        yield Step(
            at, estate.estate_id, "dispatch", "dispatch.register-estate", f"{identity}-1-estate", about, REGISTRAR
        )
        yield Step(at, estate.estate_id, "dispatch", "dispatch.roster-staff", f"{identity}-2-staff", roster, REGISTRAR)


def requests(cases: Iterable[Case], storms: AbstractSet[str] = frozenset()) -> Iterator[Step]:
    """Each case's request, at the instant when it came; ``storms``: the sub-categories that may begin one."""
    for case in cases:
        in_line = as_code(str(case.body.get("subcategory", ""))) in storms
        yield Step(
            case.opened_at, case.estate.estate_id, "intake", "intake.receive", case.row_id, case.body, INTAKE,
            standing=Standing.IN_LINE if in_line else Standing.AHEAD, awaited=in_line,
        )  # fmt: skip


def desk_of(case: Case) -> str:
    """The desk as a key: the file's name for it in small letters and digits."""
    letters = (letter if letter.isascii() and letter.isalnum() else "-" for letter in (case.desk or "").casefold())
    return "-".join(part for part in "".join(letters).split("-") if part)[:60] or _NO_DESK


@dataclass(frozen=True, slots=True)
class Customers:
    """Customers who answer their callback as soon as it may be made, satisfied but for a share in the first round."""

    unsatisfied: float
    seed: int

    def contented(self, case_id: str) -> bool:
        """Whether the customer is satisfied in the first round."""
        dice = Random(f"{self.seed}|{case_id}")  # noqa: S311 - it must repeat; nothing is secret
        return dice.random() >= self.unsatisfied

    def answer(self, callback: Callback) -> Call:
        """What comes of a callback."""
        return Call(callback.call_from, callback.round > 1 or self.contented(callback.case_id))


@dataclass(slots=True)
class Desks:
    """All desks: each has its requests at once, and is done with them when the file says so."""

    cases: dict[str, Case]
    """By row id."""
    customers: Customers
    """Who of them will have a case back: desks go on with others only when it is."""
    row_of: dict[str, str] = field(default_factory=dict)
    """The row of each case id, as intake answered."""

    async def look(self, people: People, done: Sequence[Done], until: datetime) -> Iterable[Step]:
        """Plan the work on what was received, and again on what a customer was not satisfied with."""
        return [step for one in done if one.answer.done for step in self._plan(one)]

    def _plan(self, one: Done) -> Iterator[Step]:
        if one.step.name == "intake.receive":
            case, case_id = self.cases[one.step.id], str(one.answer.answer["case_id"])
            self.row_of[case_id] = case.row_id
            yield self._step(case_id, "pass-on", "1", case.opened_at, desk=desk_of(case))
            if case.done_at is not None:
                back = not self.customers.contented(case_id)
                yield self._step(case_id, "resolve", "2", case.done_at, awaited=back)
        elif one.step.body.get("satisfied") is False:
            yield self._step(one.step.about, "resolve", f"2-{one.step.id}", one.step.at + _SECOND_ROUND)

    @staticmethod
    def _step(case_id: str, what: str, part: str, at: datetime, *, awaited: bool = False, **more: object) -> Step:
        body: dict[str, object] = {"case_id": case_id, **more}
        name, identity = f"dispatch.{what}", f"{case_id}-{part}"
        return Step(at, key_of(case_id), "dispatch", name, identity, body, DESK, awaited=awaited)
