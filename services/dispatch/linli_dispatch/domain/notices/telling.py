"""Staff are told of what concerns them; an urgent notice is repeated until somebody has read it (DSP-20).

Of which kind and level they are told outside their work list, and which is urgent, is the policy's. What nobody has
read in its time goes to the next person: the deputy of one who is away by now, then whoever stands on the next steps of
the ladder. Once all were told and nobody has read it, that is said and nobody is told again, until somebody comes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from linli_contracts.events.dispatch import NoticeConfirmed, NoticeExhausted, NoticeKind, StaffNotified
from linli_rulebook.decision import Refusal

from linli_dispatch.domain.deadlines.standing import person_on
from linli_dispatch.domain.group.offices import stand_in
from linli_dispatch.domain.notices.notice_refusals import NO_NOTICE, NOT_TOLD
from linli_dispatch.domain.notices.staff_notice import StaffNotice, Told
from linli_dispatch.domain.turn import Turn


def tell_staff(turn: Turn, kind: NoticeKind, people: Sequence[str], about: str) -> None:
    """Tells them, if the policy says so at this level; an urgent notice awaits its reading from now on.

    It takes the place of an earlier one about the same. Costs next to nothing where the policy tells nobody.
    """
    ticket, rule = turn.ticket, turn.terms.notices[kind]
    tells = ticket.level in rule.told and bool(people)
    if not tells and not ticket.notices:
        return
    unread = tuple(one for one in ticket.notices if not one.is_past(kind, about))
    if tells:
        present = tuple(dict.fromkeys(stand_in(turn.estate, one, turn.at) or one for one in people))
        urgent, number = ticket.level in rule.urgent, ticket.notices_told + 1
        notice = StaffNotice(number, kind, about, tuple(people), tuple(_told(turn, one) for one in present))
        for times, person_id in enumerate(present, start=1):
            _tell(turn, notice, person_id, times, urgent=urgent)
        turn.because("DSP-20", "staff told", {
            "number": number, "kind": kind, "about": about, "people": list(present), "urgent": urgent,
        })  # fmt: skip
        turn.change(notices_told=ticket.notices_told + len(present))
        unread = (*unread, notice) if urgent else unread
    if unread != ticket.notices:
        turn.change(notices=unread)


def tell_others(turn: Turn, kind: NoticeKind, people: Sequence[str], about: str, told: Sequence[str]) -> None:
    """It concerns these people now: those who were not ``told`` before are. An unread one goes on as theirs."""
    ticket = turn.ticket
    unread = next((one for one in ticket.notices if one.is_past(kind, about)), None)
    if unread is None:
        fresh = tuple(one for one in people if one not in told)
        if fresh:
            tell_staff(turn, kind, fresh, about)
        return
    fresh = tuple(one for one in people if one not in told and not unread.was_told(one))
    for times, person_id in enumerate(fresh, start=len(unread.told) + 1):
        _tell(turn, unread, person_id, times, urgent=True)
    if fresh:
        facts = {"number": unread.number, "kind": kind, "about": about, "people": list(fresh), "urgent": True}
        turn.because("DSP-20", "staff told", facts)
    now = replace(
        unread,
        people=tuple(people),
        told=(*unread.told, *(_told(turn, one) for one in fresh)),
        exhausted=unread.exhausted and not fresh,
    )
    _keep(turn, [now if one is unread else one for one in ticket.notices])


def tell_next_of_staff(turn: Turn) -> None:
    """Nobody has read it in time: the next person is told, of each notice whose time is over (ORG-04)."""
    over = [one.read_by is not None and one.read_by < turn.at for one in turn.ticket.notices]
    _keep(turn, [_repeated(turn, one) if late else one for one, late in zip(turn.ticket.notices, over, strict=True)])


def tell_staff_who_came(turn: Turn) -> None:
    """Somebody has joined or is back: of what nobody was left to tell, they are told, if they are the next."""
    if any(one.exhausted for one in turn.ticket.notices):
        _keep(turn, [
            _repeated(turn, one) if one.exhausted and _next(turn, one) else one for one in turn.ticket.notices
        ])  # fmt: skip


def read(turn: Turn, number: int, by: str) -> Refusal | None:
    """Somebody who was told has read it, in time or late: nobody else is told."""
    ticket = turn.ticket
    notice = next((one for one in ticket.notices if one.number == number), None)
    if notice is None:
        return NO_NOTICE
    if not notice.was_told(by):
        return NOT_TOLD
    turn.change(notices=tuple(one for one in ticket.notices if one is not notice))
    turn.tell(
        NoticeConfirmed(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            number=number,
            person_id=by,
            read_at=turn.at,
        )
    )
    turn.because("DSP-20", "notice read", {"number": number, "by": by})
    return None


# -- inside --------------------------------------------------------------------------------------------------------


def _keep(turn: Turn, notices: Sequence[StaffNotice]) -> None:
    ticket = turn.ticket
    more = sum(len(one.told) for one in notices) - sum(len(one.told) for one in ticket.notices)
    if tuple(notices) != ticket.notices:
        turn.change(notices=tuple(notices), notices_told=ticket.notices_told + more)


def _told(turn: Turn, person_id: str) -> Told:
    return Told(person_id, turn.at, turn.at + turn.terms.unread_repeated_after)


def _next(turn: Turn, notice: StaffNotice) -> str | None:
    return next((one for one in _in_order(turn, notice) if not notice.was_told(one)), None)


def _in_order(turn: Turn, notice: StaffNotice) -> Iterator[str]:
    """Who can be told: whom it concerns, or their deputies by now, then the ladder above them."""
    for one in notice.people:
        present = stand_in(turn.estate, one, turn.at)
        if present is not None:
            yield present
    ladder = turn.terms.ladder
    stands_on = [step for step in ladder if notice.kind == "ladder_step" and step == notice.about]
    for step in ladder[ladder.index(stands_on[0]) + 1 if stands_on else 0 :]:
        standing = person_on(turn, step)
        if standing is not None:
            yield standing


def _repeated(turn: Turn, notice: StaffNotice) -> StaffNotice:
    person_id = _next(turn, notice)
    told = [one.person_id for one in notice.told]
    facts = {"number": notice.number, "kind": notice.kind, "about": notice.about, "unread_by": told}
    if person_id is None:
        ticket = turn.ticket
        turn.tell(
            NoticeExhausted(
                case_id=ticket.id,
                estate_id=ticket.estate_id,
                round=ticket.round,
                number=notice.number,
                kind=notice.kind,
                about=notice.about,
                person_ids=tuple(told),
                exhausted_at=turn.at,
            )
        )
        turn.because("DSP-20", "nobody left to tell: a shortage", facts)
        turn.change(notices_exhausted=ticket.notices_exhausted + 1)
        return replace(notice, exhausted=True)
    _tell(turn, notice, person_id, len(told) + 1, urgent=True)
    turn.because("DSP-20", "staff told again", {**facts, "person_id": person_id})
    return replace(notice, told=(*notice.told, _told(turn, person_id)), exhausted=False)


def _tell(turn: Turn, notice: StaffNotice, person_id: str, times: int, *, urgent: bool) -> None:
    ticket = turn.ticket
    turn.tell(
        StaffNotified(
            case_id=ticket.id,
            estate_id=ticket.estate_id,
            round=ticket.round,
            number=notice.number,
            kind=notice.kind,
            about=notice.about,
            person_id=person_id,
            times=times,
            level=ticket.level,
            urgent=urgent,
            read_by=turn.at + turn.terms.unread_repeated_after if urgent else None,
            notified_at=turn.at,
        )
    )
