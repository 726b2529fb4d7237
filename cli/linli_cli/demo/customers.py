"""How customers are: whether they answer the phone, and whether they are satisfied; seeded. Some join the club."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from linli_cli.client.tokens import Identity
from linli_cli.demo.chance import Chance
from linli_cli.demo.hours import by_day, when_calling
from linli_cli.demo.scripts import Scripts
from linli_cli.simulation.agenda import Done, Step
from linli_cli.simulation.callers import Call, Callback
from linli_cli.simulation.sending import People

_NEVER_REACHED: Final = 0.015
_NO_ANSWER: Final = 0.12
_UNSATISFIED: Final = (0.09, 0.04)
"""After the first round, after the second; later everybody is."""
_CALLED_LATE: Final = 0.02
_ANSWERS_SURVEY: Final = 0.7
_JOINS: Final = 0.4
_CLUB: Final = Identity("club-administrator", ("loyalty:enrol", "simulate"))


@dataclass(frozen=True, slots=True)
class Customers:
    """All customers."""

    chance: Chance
    scripts: Scripts

    def answer(self, callback: Callback) -> Call:
        """What comes of a callback."""
        case, about = callback.case_id, (callback.case_id, callback.round, callback.attempt)
        script = self.scripts.of_case.get(case)
        late = script is None and self.chance.happens(_CALLED_LATE, "is called late", *about)
        at = when_calling(callback.call_from + self.chance.minutes(3, 150, "is called", *about))
        at = min(at, callback.call_by)
        if late:
            at = by_day(callback.call_by + timedelta(days=1))
        reached = script is not None or not (
            self.chance.happens(_NEVER_REACHED, "is never reached", case)
            or self.chance.happens(_NO_ANSWER, "does not answer", *about)
        )
        if not reached:
            return Call(at, None)
        if script is not None:
            satisfied = callback.round >= script.satisfied_from_round
        else:
            share = _UNSATISFIED[callback.round - 1] if callback.round <= len(_UNSATISFIED) else 0.0
            satisfied = not self.chance.happens(share, "is unsatisfied", case, callback.round)
        dice = self.chance.dice("score", *about)
        if dice.random() > _ANSWERS_SURVEY and script is None:
            return Call(at, satisfied)
        return Call(at, satisfied, dice.randint(80, 100) if satisfied else dice.randint(20, 55))


@dataclass(frozen=True, slots=True)
class Club:
    """The owners' club: some who called become members soon after (LOY-01)."""

    chance: Chance

    async def look(self, people: People, done: Sequence[Done], until: datetime) -> Iterable[Step]:
        """Enrol some of those whose request was received."""
        return [self._join(one) for one in done if self._joins(one)]

    def _joins(self, one: Done) -> bool:
        if one.step.name != "intake.receive" or not one.answer.done or one.step.body.get("anonymous"):
            return False
        return one.step.id.startswith("demo-story") or self.chance.happens(_JOINS, "joins", one.step.body["contact"])

    def _join(self, one: Done) -> Step:
        customer = str(one.answer.answer["customer_ref"])
        at = one.step.at + self.chance.hours(1, 30, "joins", one.step.id)
        body: dict[str, object] = {"customer_ref": customer}
        return Step(at, f"club-{customer}", "loyalty", "loyalty.join", f"demo-join-{customer}", body, _CLUB)
