"""Severity (INT-06): every ground that the facts give, and the level they come to. 1 is the gravest, 4 ordinary."""

from dataclasses import dataclass
from typing import Final

from linli_contracts.event import Level
from linli_rulebook import Policy

from linli_intake.domain.request import Lawsuit, Publication, Request

ORDINARY: Final = 4


@dataclass(frozen=True, slots=True)
class Circumstances:
    """The facts a request is graded by."""

    lawsuit: Lawsuit = "none"
    publication: Publication = "none"
    people: int = 1
    """Who complain together: in this request, or in all requests linked to it, whichever are more."""
    cumulative: bool = False
    """The same complaint by so many different people within the window (`linking.py` counts them)."""
    repeated: bool = False
    needs_consultants: bool = False
    aged_to: Level | None = None


@dataclass(frozen=True, slots=True)
class Grade:
    """The level and every ground for it, gravest first."""

    level: Level
    reasons: tuple[str, ...]


def grade(found: Circumstances, policy: Policy) -> Grade:
    """The level of the gravest ground; without any, ordinary. Limits include their number ("or more", ORG-04)."""
    grounds = sorted(_grounds(found, policy))
    if not grounds:
        return Grade(ORDINARY, ("ordinary",))
    return Grade(grounds[0][0], tuple(reason for _, reason in grounds))


def circumstances(request: Request, group_people: int = 0, *, cumulative: bool = False) -> Circumstances:
    """What a registered request is graded by, alone or with those linked to it."""
    return Circumstances(
        lawsuit=request.lawsuit,
        publication=request.publication,
        people=max(request.people, group_people),
        cumulative=cumulative,
        repeated=request.repeated,
        needs_consultants=request.needs_consultants,
        aged_to=request.aged_to,
    )


def _grounds(found: Circumstances, policy: Policy) -> list[tuple[Level, str]]:
    grounds: list[tuple[Level, str]] = []
    if found.lawsuit != "none":
        grounds.append((1, "lawsuit_begun") if found.lawsuit == "begun" else (2, "lawsuit_threatened"))
    if found.publication != "none":
        grounds.append((1, "published") if found.publication == "published" else (2, "publication_threatened"))
    if found.people > 1:
        if found.people >= policy.integer("intake.level_1_collective_people"):
            grounds.append((1, "collective_major"))
        elif found.people >= policy.integer("intake.level_2_collective_people"):
            grounds.append((2, "collective_hot"))
    if found.cumulative:
        grounds.append((2, "same_complaint_within_window"))
    if found.repeated:
        grounds.append((3, "repeated_after_handling"))
    if found.needs_consultants:
        grounds.append((3, "needs_consultants"))
    if found.aged_to is not None:
        grounds.append((found.aged_to, "unresolved_too_long"))
    return grounds
