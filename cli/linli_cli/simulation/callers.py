"""Callers: they read followup's list of callbacks to be made, call, and write down what the customer said (FUP-01)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from linli_contracts.event import Instant
from linli_contracts.lanes import key_of
from pydantic import BaseModel, ConfigDict

from linli_cli.client.tokens import Identity
from linli_cli.simulation.agenda import Done, Standing, Step
from linli_cli.simulation.sending import People

CALLER: Final = Identity("caller", ("followup:read", "followup:call", "simulate"))
_PAGE: Final = 500
"""The largest page that followup gives."""


class Callback(BaseModel):
    """A callback as it stands: whom to call, for which round of which case, from when until when."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    case_id: str
    round: int
    attempt: int
    call_from: Instant
    call_by: Instant


@dataclass(frozen=True, slots=True)
class Call:
    """What comes of a call: when it is made, and the customer's answer; None: nobody answers."""

    at: datetime
    satisfied: bool | None
    score: int | None = None


@dataclass(frozen=True, slots=True)
class Callers:
    """All callers; `of` says what comes of each callback. It must say the same when it is asked again."""

    of: Callable[[Callback], Call | None]
    """None: nobody makes this call."""
    in_line_of_estate: bool = False
    """Whether a call keeps the order of all that its estate's cases live through, or of its own case alone."""

    async def look(self, people: People, done: Sequence[Done], until: datetime) -> Iterable[Step]:
        """Calls for all callbacks that may be made from an instant before `until`."""
        client = people.client(CALLER)
        pages = client.pages("followup", "/callbacks", callable_until=until.isoformat(), limit=_PAGE)
        return [step async for item in pages for step in self._step(Callback.model_validate(item))]

    def _step(self, callback: Callback) -> Iterable[Step]:
        call = self.of(callback)
        if call is None:
            return
        body: dict[str, object] = {"callback_id": callback.id, "by": CALLER.sub}
        name = "followup.no-answer"
        if call.satisfied is not None:
            name = "followup.complete-callback"
            body |= {"satisfied": call.satisfied} | ({} if call.score is None else {"score": call.score})
        identity = f"{callback.id}-{callback.attempt}"
        if not self.in_line_of_estate:
            yield Step(call.at, callback.case_id, "followup", name, identity, body, CALLER)
            return
        # The call of a satisfied customer closes the case, from which no other case takes anything.
        yield Step(
            call.at, key_of(callback.case_id), "followup", name, identity, body, CALLER, about=callback.case_id,
            standing=Standing.BEHIND if call.satisfied else Standing.IN_LINE, awaited=not call.satisfied,
        )  # fmt: skip
