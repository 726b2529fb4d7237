"""Linking and unlinking by a person (INT-07): both grade all members anew, only unlinking may let a level fall."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from linli_contracts.events.intake import ComplaintsLinked, ComplaintUnlinked
from linli_contracts.lanes import key_of
from linli_rulebook.decision import Because, Decision, Outcome, Refusal

from linli_intake.domain.group import Group, group_of
from linli_intake.domain.ids import group_id
from linli_intake.domain.regrading import Ruling, decided, regrade
from linli_intake.domain.request import Request


@dataclass(frozen=True, slots=True)
class LinkOrder:
    """A person's order to link or unlink."""

    by: str
    cause: str
    now: datetime


def cannot_link(one: Request, other: Request) -> Refusal | None:
    """Why two requests cannot be linked, if they cannot; asked before their groups are loaded."""
    if one.id == other.id:
        return Refusal(
            "linked-to-itself",
            "INT-07",
            "不能与自身关联。",
            "A request cannot be linked to itself.",
            422,
            (("other_case_id", "another case"),),
        )
    if one.estate_id != other.estate_id:
        return Refusal(
            "other-estate",
            "INT-07",
            "只能关联同一小区的请求。",
            "Only requests of the same estate can be linked.",
            422,
            (("other_case_id", "a case of the same estate"),),
        )
    if "withdrawn" in {one.status, other.status}:
        return Refusal("withdrawn", "INT-07", "已撤回的请求不能关联。", "A withdrawn request cannot be linked.")
    if one.group_id is not None and one.group_id == other.group_id:
        return Refusal("already-linked", "INT-07", "两个请求已经关联。", "The two requests are linked already.")
    return None


def link(
    one: Request,
    other: Request,
    groups: tuple[Group, ...],
    requests: Mapping[str, Request],
    ruling: Ruling,
    order: LinkOrder,
) -> Outcome:
    """One group of the two requests and of all that are linked to either: `groups` are theirs, `requests` all members.

    An existing group grows; of two, the one with the older head takes in the other, which is dissolved. Tells
    ComplaintsLinked with all followers of the oldest case, then ComplaintGraded for each member whose level changed or
    what it rests on.
    """
    together = {**requests, one.id: one, other.id: other}
    limit = ruling.of(one).integer("intake.linked_limit")
    if len(together) > limit:
        return Refusal(
            "group-full",
            "INT-07",
            f"一组最多关联{limit}个请求。",
            f"At most {limit} requests can be linked into one group.",
        )
    ordered = sorted(groups, key=lambda group: (group.members[0].received_at, group.id))
    identity = ordered[0].id if ordered else group_id(one.estate_id, order.cause)
    group = group_of(identity, tuple(together.values()))
    dissolved = tuple(absorbed.model_copy(update={"members": ()}) for absorbed in ordered[1:])
    regraded = decided(
        (
            regrade(stored, stored.model_copy(update={"group_id": identity}), group, ruling, may_fall=False)
            for stored in together.values()
        ),
        order.now,
    )
    facts = {"cases": list(group.case_ids), "people": group.people, "by": order.by}
    linked = Decision(
        save=(group, *dissolved),
        events=(_told(group, order),),
        because=tuple(Because("INT-07", "linked", case, facts=facts) for case in (one.id, other.id)),
        answer={"group_id": identity, "case_id": group.head, "people": group.people},
    )
    return linked + regraded


def unlink(
    request: Request, group: Group, requests: Mapping[str, Request], ruling: Ruling, order: LinkOrder
) -> Outcome:
    """Take the request out of its group, which is dissolved when one other is left; `requests` are all its members.

    Tells ComplaintUnlinked, of two requests that the younger one is out, whichever was named: it follows nobody then.
    When the oldest case left several, the next oldest leads, told by ComplaintsLinked; then ComplaintGraded for each
    whose level changed, down as well as up, or what it rests on.
    """
    others = [stored for identity, stored in requests.items() if identity != request.id]
    rest = group_of(group.id, others if len(others) > 1 else ())
    stay = rest.id if rest.members else None
    people = rest.people if rest.members else max((stored.people for stored in others), default=0)
    pairs = [(request, None, None), *((stored, stay, rest if rest.members else None) for stored in others)]
    regraded = decided(
        (
            regrade(stored, stored.model_copy(update={"group_id": where}), counted, ruling, may_fall=True)
            for stored, where, counted in pairs
        ),
        order.now,
    )
    told = ComplaintUnlinked(
        case_id=group.head,
        estate_id=request.estate_id,
        unlinked_case_id=request.id if rest.members else group.case_ids[-1],
        people=request.people if request.id == group.head else people,
        unlinked_at=order.now,
        unlinked_by=order.by,
    )
    new_head = (_told(rest, order),) if rest.members and rest.head != group.head else ()
    facts = {"from": group.head, "people": people, "by": order.by}
    unlinked = Decision(
        save=(rest,),
        events=(told, *new_head),
        because=(Because("INT-07", "unlinked", request.id, facts=facts),),
        answer={"group_id": stay, "case_id": rest.head if rest.members else None, "people": people},
    )
    return unlinked + regraded


def _told(group: Group, order: LinkOrder) -> ComplaintsLinked:
    head, *followers = group.case_ids
    return ComplaintsLinked(
        case_id=head,
        estate_id=key_of(group.id),
        linked_case_ids=tuple(followers),
        people=group.people,
        linked_at=order.now,
        linked_by=order.by,
    )
