"""Where a request stands in the customer's eyes (INT-15): dispatch's facts move it, and each stage has its plain words.

    received --passed on, assessed, reported on, contractor notified--> handling
    handling --RepairDone, TicketResolved--> done --TicketClosed--> closed
    done, closed --TicketReopened--> handling          received, handling, done --withdrawn by the customer--> withdrawn

A fact that does not fit the stage (late, repeated, after a withdrawal) changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from linli_contracts.event import Event
from linli_contracts.events.dispatch import (
    CaseAssessed,
    ContractorNotified,
    CustomerReported,
    RepairDone,
    TicketAged,
    TicketClosed,
    TicketLevelRaised,
    TicketPassedOn,
    TicketReopened,
    TicketResolved,
)
from linli_rulebook.decision import NOTHING, Because, Decision, Early, Outcome

from linli_intake.domain.request import Request, Stage


@dataclass(frozen=True, slots=True)
class Move:
    """To which stage a fact moves a request, from which ones, and which field of the fact says when."""

    to: Stage
    since: frozenset[Stage]
    at: str


_OPEN: Final[frozenset[Stage]] = frozenset({"received", "handling", "done"})
MOVES: Final[dict[type[Event], Move]] = {
    TicketPassedOn: Move("handling", frozenset({"received"}), "passed_on_at"),
    CaseAssessed: Move("handling", frozenset({"received"}), "assessed_at"),
    CustomerReported: Move("handling", frozenset({"received"}), "reported_at"),
    ContractorNotified: Move("handling", frozenset({"received"}), "notified_at"),
    RepairDone: Move("done", frozenset({"received", "handling"}), "done_at"),
    TicketResolved: Move("done", frozenset({"received", "handling"}), "resolved_at"),
    TicketReopened: Move("handling", frozenset({"done", "closed"}), "reopened_at"),
    TicketClosed: Move("closed", _OPEN, "closed_at"),
}

IN_WORDS: Final[dict[Stage, tuple[str, str]]] = {
    "received": ("已受理，正在安排处理。", "Received; it is being arranged who handles it."),
    "handling": ("正在处理。", "It is being handled."),
    "done": ("已处理完毕，我们将回访您。", "It has been handled; we shall call you to ask whether you are satisfied."),
    "closed": ("已办结。", "Closed."),
    "withdrawn": ("已按您的要求撤回。", "Withdrawn, as you asked."),
}

REPAIR_RECEIVED: Final = ("已受理，正在安排工程师现场查看。", "Received; an engineer is being arranged to look at it.")
"""Of a repair, which an engineer inspects first (DSP-10)."""


def in_words(stage: Stage, kind: str) -> tuple[str, str]:
    """Where a request of this kind stands, zh and en."""
    return REPAIR_RECEIVED if (stage, kind) == ("received", "repair") else IN_WORDS[stage]


_BY_AGE: Final = "age_level_"
"""How dispatch's reason begins when time alone raised the level (the clocks `age_level_2` and `age_level_1`)."""


def follow(request: Request | None, fact: Event) -> Outcome:
    """Move the request as the fact says. Early when the request is not known here (its lane was not restored yet)."""
    if request is None:
        return Early(Request.table, fact.subject)
    move = MOVES[type(fact)]
    if request.status not in move.since:
        return NOTHING
    since: datetime = getattr(fact, move.at)
    return Decision(save=(request.model_copy(update={"status": move.to, "standing_since": since}),))


def age(request: Request | None, fact: TicketLevelRaised | TicketAged) -> Outcome:
    """Time raised the level, or would have (DSP-06): a ground that no change of facts takes away. Dispatch has told it
    already.
    """
    if request is None:
        return Early(Request.table, fact.case_id)
    known = request.aged_to is not None and request.aged_to <= fact.level
    if known or not fact.because.startswith(_BY_AGE):
        return NOTHING
    level = min(request.level, fact.level)
    by_age = ("unresolved_too_long",)
    gravest_first = (*by_age, *request.reasons) if level < request.level else (*request.reasons, *by_age)
    reasons = tuple(dict.fromkeys(gravest_first))
    aged = request.model_copy(update={"aged_to": fact.level, "level": level, "reasons": reasons})
    facts: dict[str, Any] = {"reasons": list(reasons), "told_by": "dispatch"}
    return Decision(
        save=(aged,), because=(Because("INT-06", f"level {level}", request.id, fact.policy_version, facts),)
    )
