"""Offices: who holds one at an estate now, and who may sign for it (DSP-04, DSP-14, DSP-20).

A holder signs, or the deputy (代理人) of one who is away, in their name. Where nobody can, the vacancy stops nothing
and skips nothing: whoever holds a later office of the chain, or the group's service centre at last, signs instead.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from linli_contracts.events.dispatch import Role

from linli_dispatch.domain.group.places import Absence, Estate

LAST_RESORT: Final = "group_service_centre"
"""Signs where a whole chain is vacant: the group settles what a region cannot (DSP-01)."""


@dataclass(frozen=True, slots=True)
class Office:
    """An office of the policy: a role, at one desk where the role has several."""

    name: str
    role: Role
    desk: str | None = None


def holders(estate: Estate, office: Office) -> list[str]:
    """The people of the estate's roster who hold the office, by id."""
    return sorted(
        {
            one.staff_id
            for one in estate.staff
            if one.role == office.role and office.desk in (None, one.desk) and one.weekdays
        }
    )


def signatories(
    estate: Estate, office: Office, above: Iterable[Office], at: datetime, proposer: str = ""
) -> dict[str, str | None]:
    """Who may sign for ``office``, each with the person or office in whose name (None: their own).

    ``above`` are the later offices of the chain. Never the proposer, nor anybody in their name: nobody approves their
    own proposal. Empty: nobody.
    """
    able = dict(_holders_or_deputies(estate, office, at, proposer))
    for higher in above:
        if able:
            break
        able = dict.fromkeys(dict(_holders_or_deputies(estate, higher, at, proposer)), office.name)
    return able


def persons_on(estate: Estate, office: Office, at: datetime) -> list[str]:
    """Who answers for an office now: its holders, or the deputies of those who are away."""
    return sorted(dict(_holders_or_deputies(estate, office, at, "")))


def stand_in(estate: Estate, person_id: str, at: datetime) -> str | None:
    """Who acts for a person now: themselves, the deputy of one who is away; None: nobody who is there."""
    absence = estate.absence_of(person_id, at)
    return person_id if absence is None else deputy_in(estate, absence, at)


def deputy_in(estate: Estate, absence: Absence, at: datetime) -> str | None:
    """The deputy (代理人) of one who is away, while they are on the roster and there themselves."""
    deputy = absence.deputy_id
    if deputy is None or not estate.lines_of(deputy) or estate.absence_of(deputy, at) is not None:
        return None
    return deputy


def _holders_or_deputies(
    estate: Estate, office: Office, at: datetime, proposer: str
) -> Iterator[tuple[str, str | None]]:
    away: list[Absence] = []
    for person in holders(estate, office):
        absence = estate.absence_of(person, at)
        if absence is not None:
            away.append(absence)
        elif person != proposer:
            yield person, None
    for absence in away:
        deputy = deputy_in(estate, absence, at)
        if deputy is not None and proposer not in {absence.staff_id, deputy}:
            yield deputy, absence.staff_id
