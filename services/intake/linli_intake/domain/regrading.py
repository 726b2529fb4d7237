"""Grading again, whenever a fact changes (INT-06): by each request's own policy version, with its group's people.

Nothing here lowers a level by itself: the caller says whether a person's decision (or an unlinking, INT-07) allows it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from linli_rulebook import Policy, PolicyBook
from linli_rulebook.decision import Decision

from linli_intake.domain.grading import Grade, circumstances, grade
from linli_intake.domain.group import ALONE, Counted, Group, count
from linli_intake.domain.place import Estate
from linli_intake.domain.receiving import reasons_for, told_grade
from linli_intake.domain.request import Request


@dataclass(frozen=True, slots=True)
class Ruling:
    """By which policy the requests of an estate are graded."""

    policies: PolicyBook
    estate: Estate
    _counted: dict[tuple[int, str], tuple[Group, Counted]] = field(default_factory=dict, compare=False)

    def of(self, request: Request) -> Policy:
        """The policy in force when the request was registered (ORG-02), at its estate as it lay then."""
        region_id = request.region_id or self.estate.region_id
        return self.policies.policy(request.policy_version, region=region_id, estate=self.estate.id)

    def count(self, group: Group | None, policy: Policy) -> Counted:
        """What the group means for its members; counted once for a policy, not once for each of up to 1,000 members."""
        if group is None:
            return ALONE
        if (id(group), policy.version) not in self._counted:
            # Kept with its count, so that the identity stays the group's own.
            self._counted[id(group), policy.version] = (group, count(group, policy, self.estate.clock_zone))
        return self._counted[id(group), policy.version][1]


@dataclass(frozen=True, slots=True)
class Regraded:
    """A request as stored and as it is from now on."""

    stored: Request
    request: Request
    grade: Grade
    people: int

    @property
    def fell(self) -> bool:
        """It is less grave than before."""
        return self.request.level > self.stored.level

    @property
    def moved(self) -> bool:
        """Its level, or what that rests on, is another than before."""
        return (self.request.level, self.request.reasons) != (self.stored.level, self.stored.reasons)


def regrade(stored: Request, changed: Request, group: Group | None, ruling: Ruling, *, may_fall: bool) -> Regraded:
    """The changed request with its level and reasons; one that is over keeps the level it ended with."""
    policy = ruling.of(stored)
    counted = ruling.count(group, policy)
    found = circumstances(changed, counted.people, cumulative=counted.cumulative)
    graded = grade(found, policy)
    if changed.is_over or (graded.level, graded.reasons) == (changed.level, changed.reasons):
        return Regraded(stored, changed, graded, found.people)
    level = graded.level if may_fall else min(graded.level, changed.level)
    after = changed.model_copy(update={"level": level, "reasons": graded.reasons})
    return Regraded(stored, after, graded, found.people)


def decided(all_regraded: Iterable[Regraded], now: datetime) -> Decision:
    """Save what changed; tell and explain each level that did, and each whose grounds did: a complaint of level 2 that
    turns out collective is handled otherwise (DSP-01).
    """
    changed = [one for one in all_regraded if one.request != one.stored]
    moved = [one for one in changed if one.moved]
    return Decision(
        save=tuple(one.request for one in changed),
        events=tuple(told_grade(one.request, previous=one.stored.level, people=one.people, now=now) for one in moved),
        because=tuple(because for one in moved for because in reasons_for(one.request, one.grade, one.people)[:1]),
    )
