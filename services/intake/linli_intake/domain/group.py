"""The same complaint by several people (INT-07): a person links requests of one estate into a group, or takes one out.

Linked distinct customers count as a collective (assumed, as the rulebook says), so every member is graded anew by the
group's people. A group lives in its estate's lane.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from itertools import islice
from typing import ClassVar

from linli_contracts.event import Instant
from linli_rulebook import Policy
from linli_rulebook.decision import State
from linli_rulebook.months import instant_plus_months
from linli_rulebook.units import in_smallest_unit
from pydantic import BaseModel, ConfigDict

from linli_intake.domain.request import Request


class Member(BaseModel):
    """A linked request, with what the group counts by."""

    model_config = ConfigDict(frozen=True)

    case_id: str
    customer_ref: str
    people: int
    received_at: Instant


class Group(State):
    """Requests about the same issue, oldest first; the others follow the oldest one. Empty: dissolved."""

    table: ClassVar[str] = "complaint_group"

    members: tuple[Member, ...]

    def tally(self) -> Mapping[str, int]:
        """What `GET /figures` tells of it: one left alone is no group any more."""
        size = len(self.members)
        return {"linked.groups": 1, "linked.requests": size} if size > 1 else {}

    @property
    def head(self) -> str:
        """The case that the others follow; of a group with members."""
        return self.members[0].case_id

    @property
    def case_ids(self) -> tuple[str, ...]:
        """All its cases, oldest first."""
        return tuple(member.case_id for member in self.members)

    @property
    def people(self) -> int:
        """How many people complain together."""
        return people_in(self.members)


@dataclass(frozen=True, slots=True)
class Counted:
    """What a group means for the grade of its members."""

    people: int = 0
    cumulative: bool = False


ALONE = Counted()


def member_of(request: Request) -> Member:
    """The request as a group counts it."""
    return Member(
        case_id=request.id,
        customer_ref=request.customer_ref,
        people=request.people,
        received_at=request.received_at,
    )


def group_of(identity: str, requests: Sequence[Request]) -> Group:
    """These requests as one group, oldest first."""
    ordered = sorted(requests, key=lambda request: (request.received_at, request.id))
    return Group(id=identity, members=tuple(map(member_of, ordered)))


def people_in(members: Sequence[Member]) -> int:
    """People behind these requests: each customer once, with the largest number they ever named."""
    most: dict[str, int] = {}
    for member in members:
        most[member.customer_ref] = max(most.get(member.customer_ref, 0), member.people)
    return sum(most.values())


def count(group: Group, policy: Policy, zone: tzinfo) -> Counted:
    """The group's people, and whether enough of them complained within one window (INT-06), by the estate's clocks."""
    if not group.members:
        return ALONE
    enough = policy.integer("intake.level_2_same_complaint_people")
    months = in_smallest_unit(policy.span("intake.level_2_same_complaint_window"))
    return Counted(group.people, within_window(group.members, enough, months, zone))


def within_window(members: Sequence[Member], enough: int, months: int, zone: tzinfo) -> bool:
    """Whether `enough` different people complained within some window of so many months, its last instant included."""
    ordered = sorted(members, key=lambda member: member.received_at)
    for place, first in enumerate(ordered):
        last = instant_plus_months(first.received_at, months, zone)
        people, most = 0, dict[str, int]()
        for member in islice(ordered, place, None):
            if member.received_at > last:
                break
            more = max(0, member.people - most.get(member.customer_ref, 0))
            people += more
            most[member.customer_ref] = most.get(member.customer_ref, 0) + more
            if people >= enough:
                return True
    return False
