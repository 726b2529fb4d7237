"""Why a service decided what it did about a case: its history, with the policy's entries behind each decision (ORG-02).

A read for operators. Nothing is decided anew: rule, conclusion, facts and policy version are those that were recorded;
the entries are that version's, at the place of the case.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import asyncpg
import orjson
from fastapi import APIRouter, Depends, Path, Request
from linli_messaging.service_map import Actor, ServiceMap
from linli_messaging.tracing import cause_shown
from linli_rulebook import PolicyBook
from linli_rulebook.explaining import Conclusion, Conclusions, explained
from pydantic import AwareDatetime, BaseModel

from linli_runtime.auth import require_whole_group
from linli_runtime.operating import OPERATE
from linli_runtime.reads import Reads

ESTATE: Final = "estate"
"""The table of the estates that a service knows. One that has it says by its query ``place_of_case`` at which estate a
case is, in which region it began, and the same of what else it decides about; elsewhere the policy is the group's."""
TIMER: Final = "timer|"
"""What the cause of a decision begins with when a clock ran out; else it was a fact or a command."""

Operator = Annotated[Actor, Depends(require_whole_group(OPERATE))]
CaseId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.\-]{1,300}$")]


class Place(BaseModel):
    """Where the policy was asked for: the innermost files that refine it there; none of either is the group's."""

    region: str | None
    estate: str | None


class PolicyEntry(BaseModel):
    """An entry of the policy as it holds for the case, and who set it."""

    name: str
    value: str
    unit: str
    rule: str
    level: str
    file: str
    version: str
    assumed: bool
    assumed_why: str | None
    reason: str | None
    zh: str
    en: str
    overridden: list[dict[str, str]]


class Decided(BaseModel):
    """One decision with its reasons."""

    at: AwareDatetime
    recorded_at: AwareDatetime
    service: str
    rule: str
    what: str
    zh: str
    en: str
    by_clock: bool
    """A clock ran out; otherwise a fact or a command was its cause."""
    cause: str
    facts: dict[str, Any]
    policy_version: str | None
    """None: no number of the policy has a part in it."""
    place: Place | None
    entries: list[PolicyEntry]


class Why(BaseModel):
    """A service's decisions about one case, in their order."""

    case_id: str
    items: list[Decided]


def why_routes(service: ServiceMap, reads: Reads, conclusions: Conclusions) -> APIRouter:
    """The route; the policy is found in ``app.state.policies``."""
    router = APIRouter()
    knows_estates = any(state.table == ESTATE for state in service.states)

    @router.get("/why/{case_id}")
    async def why(request: Request, _actor: Operator, case_id: CaseId) -> Why:
        """Each decision about a case: rule, facts, policy version, and the entries with the file and level of each."""
        policies: PolicyBook = request.app.state.policies
        rows = await reads.fetch("timeline_reasons", case_id)
        known = await reads.fetchrow("place_of_case", case_id) if knows_estates and rows else None
        region, estate = (known["region_id"], known["estate_id"]) if known else (None, None)
        items = [
            _decided(service.name, row, conclusions, policies, region, estate)
            for row in sorted(rows, key=lambda row: row["at"])
        ]
        return Why(case_id=case_id, items=items)

    return router


def _decided(
    service: str,
    row: asyncpg.Record,
    conclusions: Conclusions,
    policies: PolicyBook,
    region: str | None,
    estate: str | None,
) -> Decided:
    facts: Mapping[str, Any] = orjson.loads(row["facts"])
    version = row["policy_version"]
    named = conclusions.get(row["what"]) or Conclusion(row["what"], row["what"])  # of an older version of this service
    policy = policies.policy(version, region=region, estate=estate) if version else None
    return Decided(
        at=row["at"],
        recorded_at=row["recorded_at"],
        service=service,
        rule=row["rule"],
        what=row["what"],
        zh=named.zh,
        en=named.en,
        by_clock=row["cause"].startswith(TIMER),
        cause=cause_shown(row["cause"]),
        facts=dict(facts),
        policy_version=version,
        place=Place(region=policy.region, estate=policy.estate) if policy else None,
        entries=[PolicyEntry.model_validate(one) for one in explained(policy, named, facts)] if policy else [],
    )
