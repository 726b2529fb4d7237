"""A member of the owners' club and its points (LOY-01, LOY-03).

Points are given from the joining on: a member gets nothing for what happened before, and who is no member gets nothing,
also when joining later.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from linli_contracts.events.loyalty import MemberJoined, PointsCause, PointsEarned, PointsExpired, PointsSpent
from linli_rulebook.decision import NOTHING, Because, Decision, Outcome, Refusal, State, Timer
from pydantic import AwareDatetime

from linli_loyalty.domain.ledger import Movement, entry
from linli_loyalty.domain.lots import (
    Lot,
    Lots,
    Taken,
    balance,
    expire,
    expiry_instant,
    local_date,
    spend,
    spendable,
    with_lots,
)
from linli_loyalty.domain.membership_number import membership_number
from linli_loyalty.domain.points_policy import PointsPolicy

EXPIRY: Final = "points_expiry"
"""The clock that runs until the next lots expire."""


class Member(State):
    """A member (its id is the customer's reference), with what is left of each earning."""

    table: ClassVar[str] = "member"

    member_no: str
    joined_at: AwareDatetime
    lots: Lots = ()
    entries: int = 0
    """How many ledger entries there are."""
    reward: int = 0
    upgrade: int = 0

    def timers(self) -> Iterator[Timer]:
        """One for each date on which lots expire."""
        shown = None
        for lot in self.lots:
            if lot.expires_on != shown:
                shown = lot.expires_on
                yield Timer(expiry_instant(lot.expires_on), EXPIRY, lot.number)

    def tally(self) -> Mapping[str, int]:
        """What `GET /figures` tells of it; the ledger's entries count for themselves (`ledger.py`)."""
        return {"members": 1, "held.reward": self.reward, "held.upgrade": self.upgrade}

    @property
    def counted_in(self) -> str:
        """The whole club: nobody asks for the figures of one member."""
        return ""


class Credit(State):
    """The mark that a cause has moved a member's points: never twice for one cause (LOY-03)."""

    table: ClassVar[str] = "credit"

    at: AwareDatetime


@dataclass(frozen=True, slots=True)
class Earning:
    """Something that earns a customer points."""

    customer_ref: str
    cause: PointsCause
    cause_id: str
    """Unique within the cause: the callback that was answered, the case that was late."""
    case_id: str
    happened_at: datetime
    at: datetime
    """When the points are credited."""


def credit_id(customer_ref: str, cause: str, cause_id: str) -> str:
    """The id of the mark of a cause."""
    return f"{customer_ref}.{cause}-{cause_id}"


def join(known: Member | None, customer_ref: str, now: datetime) -> Decision:
    """Makes the customer a member with a number (LOY-01); a member is told the number again, and nothing changes."""
    if known is not None:
        return Decision(answer=_card(known))
    member = Member(id=customer_ref, member_no=membership_number(customer_ref), joined_at=now)
    joined = MemberJoined(customer_ref=customer_ref, member_no=member.member_no, joined_at=now)
    because = Because(rule="LOY-01", what="membership number given", subject=customer_ref)
    return Decision(save=(member,), events=(joined,), because=(because,), answer=_card(member))


def earn(member: Member | None, credit: Credit | None, earning: Earning, policy: PointsPolicy) -> Decision:
    """Credits what the policy gives for a cause, once (LOY-03).

    A non-member, or what happened before the joining, earns nothing: said once here, and never made up for later.
    """
    given = policy.given[earning.cause]
    if credit is not None or not given:
        return NOTHING
    if member is None or earning.happened_at < member.joined_at:
        what = "no points: not a member" if member is None else "no points: not yet a member then"
        return Decision(because=(_because(what, earning, policy),))
    expires_on = policy.expires_on(local_date(earning.at))
    lots = tuple(
        Lot(expires_on, number, kind, points, earning.cause_id)
        for number, (kind, points) in enumerate(given, member.entries + 1)
    )
    events = tuple(
        PointsEarned(
            customer_ref=member.id,
            points=lot.points,
            kind=lot.kind,
            cause=earning.cause,
            cause_id=earning.cause_id,
            case_id=earning.case_id,
            expires_on=expires_on,
            earned_at=earning.at,
        )
        for lot in lots
    )
    movement = Movement(member.id, "earned", earning.cause, earning.at, earning.case_id, policy.version)
    mark = Credit(id=credit_id(member.id, earning.cause, earning.cause_id), at=earning.at)
    because = _because(f"points earned: {earning.cause}", earning, policy, dict(given))
    moved = _move(member, Taken(with_lots(member.lots, lots), lots), movement)
    return moved + Decision(save=(mark,), events=events, because=(because,))


def spend_points(member: Member, spent: Credit | None, points: int, cause_id: str, now: datetime) -> Outcome:
    """Pays with reward points, first-expiring first, once for a cause (LOY-03). Refuses more than there are.

    The answer's ``reward`` is what may be spent still: what expires at this very instant may be held yet.
    """
    if spent is not None:
        zh, en = "这项兑换已经扣过积分", "Points were already spent for this cause"
        return Refusal("already-spent", "LOY-03", zh, en)
    taken = spend(member.lots, points, now)
    if taken is None:
        zh, en = "可用积分不足", "There are not enough points"
        return Refusal(
            "points-insufficient", "LOY-03", zh, en, fields=(("points", f"≤ {spendable(member.lots, now)}"),)
        )
    movement = Movement(member.id, "spent", "redemption", now)
    told = PointsSpent(customer_ref=member.id, points=points, kind="reward", cause_id=cause_id, spent_at=now)
    mark = Credit(id=credit_id(member.id, "spent", cause_id), at=now)
    answer = {"customer_ref": member.id, "spent": points, "reward": spendable(taken.left, now)}
    return _move(member, taken, movement, cause_id) + Decision(save=(mark,), events=(told,), answer=answer)


def expire_points(member: Member, now: datetime) -> Decision:
    """What was not spent in time is gone at ``now``, the instant of its expiry (LOY-03)."""
    taken = expire(member.lots, now)
    if not taken.taken:
        return NOTHING
    told = tuple(
        PointsExpired(customer_ref=member.id, points=lot.points, kind=lot.kind, cause_id=lot.cause_id, expired_at=now)
        for lot in taken.taken
    )
    return _move(member, taken, Movement(member.id, "expired", "expiry", now)) + Decision(events=told)


def _move(member: Member, change: Taken, movement: Movement, cause_id: str | None = None) -> Decision:
    """The member with the lots left, and a ledger entry for each lot that was touched."""
    sign = 1 if movement.what == "earned" else -1
    running = {"reward": member.reward, "upgrade": member.upgrade}
    entries = []
    for number, lot in enumerate(change.taken, member.entries + 1):
        running[lot.kind] += sign * lot.points
        entries.append(entry(movement, number, lot, running[lot.kind], cause_id or lot.cause_id))
    moved = member.model_copy(
        update={
            "lots": change.left,
            "entries": member.entries + len(entries),
            "reward": balance(change.left, "reward"),
            "upgrade": balance(change.left, "upgrade"),
        }
    )
    return Decision(save=(moved,), append=tuple(entries))


def _because(what: str, earning: Earning, policy: PointsPolicy, points: Mapping[str, int] | None = None) -> Because:
    return Because("LOY-03", what, earning.case_id, policy.version, points or {})


def _card(member: Member) -> dict[str, str]:
    return {"customer_ref": member.id, "member_no": member.member_no, "joined_at": member.joined_at.isoformat()}


NOT_FOUND: Final = Refusal("member-not-found", "LOY-01", "没有这个会员", "There is no such member", status=404)
