"""What people read of special services and blueprints: progress, the catalogue, the steps that fail often."""

from typing import Annotated

from fastapi import Query, Request
from linli_contracts.event import Instant
from linli_messaging.batch.versions import version_of
from linli_messaging.service_map import Actor
from linli_rulebook import PolicyBook
from linli_runtime.problems import ProblemError
from linli_runtime.reads import Reads
from pydantic import BaseModel

from linli_dispatch.domain import refusals
from linli_dispatch.domain.blueprints import step_refusals
from linli_dispatch.domain.blueprints.catalogue import Offer, ServiceCatalogue
from linli_dispatch.domain.blueprints.progress import Progress, progress
from linli_dispatch.domain.blueprints.step_record import StepRecord
from linli_dispatch.domain.group.places import Estate
from linli_dispatch.domain.terms import terms_of
from linli_dispatch.domain.ticket import Ticket


class Services(BaseModel):
    """An estate's catalogue: of each service what holds, and what was announced."""

    estate_id: str
    services: dict[str, tuple[Offer, ...]]


class StepCounted(BaseModel):
    """How often a step of a blueprint failed at an estate, in the period that runs or ran last."""

    estate_id: str
    blueprint: str
    step: str
    since: Instant
    until: Instant
    ended: int
    failed: int
    reasons: dict[str, int]
    reported: bool


async def show_progress(reads: Reads, policies: PolicyBook, actor: Actor, case_id: str) -> Progress:
    """The case's progress under the policy version that it keeps (ORG-02). Raises `ProblemError` by name."""
    row = await reads.fetchrow("show_ticket", case_id, actor.org, None)
    if row is None:
        raise ProblemError(refusals.TICKET_NOT_FOUND)
    ticket = Ticket.model_validate_json(row["state"])
    placed = await reads.fetchrow("show_estate", ticket.estate_id, actor.org)
    if placed is None or ticket.policy_version is None:
        raise ProblemError(step_refusals.NO_BLUEPRINT)
    estate = Estate.model_validate_json(placed["state"])
    region_id = ticket.region_id or estate.region_id
    policy = policies.policy(ticket.policy_version, region=region_id, estate=estate.id)
    terms = terms_of(policy, ticket.zone or estate.zone)
    course = ticket.course
    found = terms.blueprints[course.blueprint] if course else terms.blueprint_of(ticket.kind, ticket.subcategory)
    if found is None:
        raise ProblemError(step_refusals.NO_BLUEPRINT)
    return progress(ticket, found)


async def show_services(reads: Reads, org: str, estate_id: str) -> tuple[Services, str] | None:
    """The catalogue of an estate with its version, if there is one and the reader may see it."""
    row = await reads.fetchrow("show_service_catalogue", estate_id, org)
    if row is None:
        return None
    catalogue = ServiceCatalogue.model_validate_json(row["state"])
    return Services(estate_id=estate_id, services=dict(catalogue.services)), version_of(catalogue)


async def steps_counted(reads: Reads, org: str, estate_id: str, *, often: bool) -> list[StepCounted]:
    """The steps of an estate by their counters, those that fail most first; ``often``: only what was reported."""
    row = await reads.fetchrow("show_step_record", estate_id, org)
    if row is None:
        return []
    record = StepRecord.model_validate_json(row["state"])
    found = [
        StepCounted(
            estate_id=estate_id,
            blueprint=name.partition(".")[0],
            step=name.partition(".")[2],
            since=one.since,
            until=one.until,
            ended=one.ended,
            failed=one.failed,
            reasons=dict(one.reasons),
            reported=one.reported,
        )
        for name, one in record.steps.items()
        if one.reported or not often
    ]
    return sorted(found, key=lambda one: (-one.failed, one.blueprint, one.step))


def policies_of(request: Request) -> PolicyBook:
    """The policies that this process runs under."""
    found: PolicyBook = request.app.state.policies
    return found


Often = Annotated[bool, Query(description="only the steps that were reported as failing often")]
