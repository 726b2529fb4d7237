"""Crisis cases (DSP-01, DSP-07): every case of level 1 or 2, however it came there, from then until its work is done.

The manager takes command at once, one person commands at any instant, and those who decide are told (see
`crisis_notices.py`). A collective complaint is answered in person by the head of the service centre before anybody else
answers it. What a region cannot settle goes to the group centre, whose measures the region carries out and logs. A case
that is lowered by a person, completed or withdrawn is a crisis no more; one that is reopened at level 1 or 2 is again.
"""

from dataclasses import replace
from typing import Final, Literal

from linli_contracts.events.dispatch import (
    CommanderNamed,
    CrisisAnswered,
    CrisisEnded,
    CrisisEntry,
    CrisisLogged,
    CrisisOpened,
    CrisisTransferred,
    WhyReplaced,
)
from linli_rulebook.decision import Refusal

from linli_dispatch.domain.crises.crisis_file import Crisis
from linli_dispatch.domain.crises.crisis_notices import awaits_heads, notify, people_for
from linli_dispatch.domain.crises.crisis_refusals import PROMISE_NOTHING
from linli_dispatch.domain.deadlines.clocks import wind
from linli_dispatch.domain.group.offices import LAST_RESORT, persons_on, signatories
from linli_dispatch.domain.notices.telling import tell_staff
from linli_dispatch.domain.refusals import (
    ALREADY_ANSWERED_IN_PERSON,
    ANSWER_IN_PERSON_FIRST,
    COMMANDS_ALREADY,
    CRISIS_LOG_FULL,
    NO_CRISIS,
    NO_GROUP_CENTRE,
    NOT_COLLECTIVE,
    NOT_THE_COMMANDER,
    NOT_THE_HEAD,
    UNKNOWN_COMMANDER,
    WITH_THE_GROUP,
)
from linli_dispatch.domain.ticket import HANDLED_AT_ONCE
from linli_dispatch.domain.turn import Turn

HEAD: Final = "service_centre"
"""The office of the policy whose holder answers a collective complaint in person."""
_LEADERS: Final = ("decision", "measure_ordered")
"""Lines that only whoever leads the crisis may write."""
MOST_ENTRIES: Final = 1_000
"""Lines of one crisis's log: some twenty a day for the longest time that a case may take."""


def is_crisis(level: int) -> bool:
    """Whether a case of this level is a crisis: levels 1 and 2 (DSP-01)."""
    return level not in HANDLED_AT_ONCE


def follow_level(turn: Turn) -> None:
    """Opens, widens or ends the crisis as the ticket's level and number of people now say; call it when they changed.

    A rise to level 1 tells those whom level 1 needs besides; a case that turns out collective must be answered in
    person from then on.
    """
    ticket, crisis = turn.ticket, turn.ticket.crisis
    if not is_crisis(ticket.level):
        end_crisis(turn, "level_lowered")
        return
    if not ticket.in_hand:
        return
    if crisis is None or not crisis.running:
        _open(turn)
        return
    widened = notify(turn, replace(crisis, collective=crisis.collective or _collective(turn)))
    if widened != crisis:
        turn.change(crisis=widened)
        wind(turn)


def end_crisis(turn: Turn, how: Literal["completed", "withdrawn", "level_lowered"]) -> None:
    """The crisis is over, if there is one; its clock stops with the caller's `wind`."""
    ticket, crisis = turn.ticket, turn.ticket.crisis
    if crisis is None or not crisis.running:
        return
    turn.change(crisis=replace(crisis, ended_at=turn.at))
    turn.tell(CrisisEnded(case_id=ticket.id, estate_id=ticket.estate_id, round=ticket.round, how=how, ended_at=turn.at))
    turn.because("DSP-01", "crisis ended", {"how": how})


def refuse_other_answers(turn: Turn) -> Refusal | None:
    """Why the customers may not be answered yet: the head of the service centre answers a collective one first, and
    nothing is promised about a major repair before those it goes to have it (DSP-10).
    """
    crisis = turn.ticket.crisis
    if crisis is not None and crisis.awaits_answer_in_person:
        return ANSWER_IN_PERSON_FIRST
    return PROMISE_NOTHING if awaits_heads(turn) else None


def answer_in_person(turn: Turn, by: str) -> Refusal | None:
    """The head of the service centre, or who stands in for them, has answered the customers in person."""
    ticket, crisis = turn.ticket, turn.ticket.crisis
    if crisis is None or not crisis.running:
        return NO_CRISIS
    if not crisis.collective:
        return NOT_COLLECTIVE
    if crisis.answered_at is not None:
        return ALREADY_ANSWERED_IN_PERSON
    offices = turn.terms.offices
    able = signatories(turn.estate, offices[HEAD], (offices[name] for name in turn.terms.crisis_chain[1:]), turn.at)
    if by not in able:
        return NOT_THE_HEAD
    turn.change(
        crisis=replace(crisis, answered_at=turn.at, answered_by=by),
        **ticket.facts_of_report(turn.at),
    )
    wind(turn)
    turn.tell(
        CrisisAnswered(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            answered_by=by,
            acts_for=able[by],
            answered_at=turn.at,
        )
    )
    turn.because("DSP-01", "answered in person", {"by": by, "acts_for": able[by]})
    return None


def name_commander(turn: Turn, person_id: str, by: str) -> Refusal | None:
    """Another person of the roster takes command; whoever commands, or decides about a crisis, names them."""
    crisis = turn.ticket.crisis
    if crisis is None or not crisis.running:
        return NO_CRISIS
    if not _may_lead(turn, crisis, by):
        return NOT_THE_COMMANDER
    if person_id == crisis.commander_id:
        return COMMANDS_ALREADY
    if not turn.estate.lines_of(person_id):
        return UNKNOWN_COMMANDER
    command(turn, crisis, person_id, by)
    return None


def hand_to_group(turn: Turn, reason: str, by: str) -> Refusal | None:
    """The region cannot settle it: somebody of the group centre commands from now on. ``reason`` is a code."""
    ticket, crisis = turn.ticket, turn.ticket.crisis
    if crisis is None or not crisis.running:
        return NO_CRISIS
    if crisis.with_group_since is not None:
        return WITH_THE_GROUP
    if not _may_lead(turn, crisis, by):
        return NOT_THE_COMMANDER
    people = persons_on(turn.estate, turn.terms.offices[LAST_RESORT], turn.at)
    if not people:
        return NO_GROUP_CENTRE
    commander_id = people[0]
    turn.change(crisis=replace(crisis, commander_id=commander_id, with_group_since=turn.at))
    turn.tell(
        CrisisTransferred(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            reason=reason,
            commander_id=commander_id,
            handed_by=by,
            handed_at=turn.at,
        )
    )
    turn.because("DSP-01", "handed to the group centre", {"reason": reason, "commander_id": commander_id, "by": by})
    tell_staff(turn, "command", (commander_id,), LAST_RESORT)
    return None


def log(turn: Turn, entry: CrisisEntry, code: str, document: str | None, by: str) -> Refusal | None:
    """A line of the crisis's log: what was noted, decided, ordered or carried out."""
    ticket, crisis = turn.ticket, turn.ticket.crisis
    if crisis is None or not crisis.running:
        return NO_CRISIS
    if crisis.entries >= MOST_ENTRIES:
        return CRISIS_LOG_FULL
    if entry in _LEADERS and not _may_lead(turn, crisis, by):
        return NOT_THE_COMMANDER
    number = crisis.entries + 1
    turn.change(crisis=replace(crisis, entries=number))
    turn.tell(
        CrisisLogged(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            number=number,
            entry=entry,
            code=code,
            document=document,
            by=by,
            logged_at=turn.at,
        )
    )
    facts = {"number": number, "entry": entry, "code": code, "document": document, "by": by}
    turn.because("DSP-01", "crisis logged", facts)
    return None


def command(turn: Turn, crisis: Crisis, person_id: str, by: str, why: WhyReplaced | None = None) -> None:
    """A person commands from now on: named by somebody, or by rule (``why``)."""
    ticket = turn.ticket
    turn.change(crisis=replace(crisis, commander_id=person_id))
    turn.tell(
        CommanderNamed(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            commander_id=person_id,
            previous_id=crisis.commander_id,
            named_by=by,
            named_at=turn.at,
            why=why,
        )
    )
    facts = {"commander_id": person_id, "previous_id": crisis.commander_id, "by": by, "why": why}
    turn.because("DSP-01", "commander named", facts)
    tell_staff(turn, "command", (person_id,), turn.terms.crisis_commander)


# -- inside --------------------------------------------------------------------------------------------------------


def _open(turn: Turn) -> None:
    ticket, terms = turn.ticket, turn.terms
    commander_id = next(people_for(turn, terms.crisis_commander), None)
    crisis = Crisis(
        opened_at=turn.at,
        commander_id=commander_id,
        ended_at=None,
        collective=_collective(turn),
        told_before=ticket.crisis.told if ticket.crisis else 0,
    )
    turn.tell(
        CrisisOpened(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            level=ticket.level,
            commander_id=commander_id,
            collective=crisis.collective,
            policy_version=terms.version,
            opened_at=turn.at,
        )
    )
    facts = {"level": ticket.level, "commander_id": commander_id, "collective": crisis.collective}
    turn.because("DSP-01", "crisis opened" if commander_id else "crisis opened without a commander: a shortage", facts)
    turn.change(crisis=notify(turn, crisis))
    wind(turn)


def _collective(turn: Turn) -> bool:
    return turn.ticket.people >= turn.terms.collective_people


def _may_lead(turn: Turn, crisis: Crisis, by: str) -> bool:
    if by == crisis.commander_id:
        return True
    offices = turn.terms.offices
    return any(by in persons_on(turn.estate, offices[name], turn.at) for name in turn.terms.crisis_chain)
