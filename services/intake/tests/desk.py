"""A desk that takes intake's commands and facts by its map, one after the other, and keeps what they decide."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from linli_contracts.event import Event
from linli_intake.domain.request import Request
from linli_intake.handlers import MAP
from linli_messaging.service_map import Actor, Ref
from linli_rulebook.decision import Decision, More, Outcome, Refusal, State
from linli_testkit.facts import OPERATOR, GivenFacts, context

NOW = datetime(2026, 3, 10, 1, 30, tzinfo=UTC)
"""A Tuesday, 09:30 in Shanghai."""

COMPLETE: Mapping[str, Any] = {
    "estate_id": "xh01",
    "home_id": "xh01.1-3-502",
    "kind": "repair",
    "category": "engineering_quality",
    "subcategory": "leak",
    "channel": "hotline",
    "customer_kind": "owner",
    "name": "王小明",
    "contact": "138 0013 8000",
    "what_happened": "厨房天花板漏水，已经三天了。",
    "expects": "尽快来人维修。",
    "received_by": "s17",
}


@dataclass
class Desk:
    """Intake in memory: states go through their stored form, so that what is loaded is what was saved."""

    now: datetime = NOW
    states: dict[Ref, State] = field(default_factory=dict)
    told: list[Event] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    taken: int = 0
    sender: Actor = OPERATOR

    def send(self, name: str, /, **body: object) -> Outcome:
        """A command, decided and kept, with the states it turned out to need."""
        entry = next(entry for entry in MAP.commands if entry.name == name)
        self.taken += 1
        filled = {"command_id": f"desk:{self.taken}", "random_ref": f"{self.taken:024x}"}
        known = {key: value for key, value in filled.items() if key in entry.body.model_fields}
        command = entry.body.model_validate(known | body)
        assert tuple(entry.needs(command))
        cause = str(getattr(command, "command_id", f"desk:{self.taken}"))
        outcome = entry.decide(GivenFacts(self.states), command, context(self.now, cause=cause, actor=self.sender))
        assert not isinstance(outcome, More)
        return self._keep(outcome)

    def hear(self, fact: Event) -> Outcome:
        """A fact of another service."""
        entry = next(entry for entry in MAP.events if entry.event is type(fact))
        assert tuple(entry.needs(fact))
        return self._keep(entry.decide(GivenFacts(self.states), fact, context(self.now, cause=f"heard:{fact!r}")))

    def receive(self, **fields: object) -> dict[str, Any]:
        """The answer to a complete request in which these fields are different."""
        return self.accepted("intake.receive", **{**COMPLETE, **fields})

    def accepted(self, name: str, /, **body: object) -> dict[str, Any]:
        """The answer of a command that is not refused."""
        outcome = self.send(name, **body)
        assert isinstance(outcome, Decision), outcome
        entry = next(entry for entry in MAP.commands if entry.name == name)
        return dict(entry.tell(outcome.answer or {}))

    def refused(self, name: str, /, **body: object) -> Refusal:
        """The refusal of a command that changes nothing."""
        before = dict(self.states)
        outcome = self.send(name, **body)
        assert isinstance(outcome, Refusal), outcome
        assert self.states == before
        return outcome

    def request(self, case_id: str) -> Request:
        """The request as it stands."""
        found = self.states[Request, case_id]
        assert isinstance(found, Request)
        return found

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)

    def _keep(self, outcome: Outcome) -> Outcome:
        if isinstance(outcome, Decision):
            for state in outcome.save:
                self.states[type(state), state.id] = type(state).model_validate_json(state.model_dump_json())
            self.told.extend(event for event in outcome.events if isinstance(event, Event))
            self.decisions.append(outcome)
        return outcome
