"""Receiving and resubmitting: what a form names is loaded, then one rule decides (INT-03, INT-06, INT-12)."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from itertools import takewhile
from typing import Any

from linli_contracts.lanes import key_of
from linli_contracts.shelves import shelf_of
from linli_messaging.batch.working_set import not_loaded
from linli_messaging.service_map import ANYWHERE, Context, Facts, Ref
from linli_rulebook import Policy, PolicyBook
from linli_rulebook.decision import More, Outcome
from linli_rulebook.timeline import LAST_YEAR

from linli_intake.commands import ReceiveRequest, ResubmitRequest
from linli_intake.domain.arrival import Arrival, Known, arrival_of
from linli_intake.domain.completeness import Limits
from linli_intake.domain.form import corrected
from linli_intake.domain.person import Contact, Customer, customer_ref
from linli_intake.domain.place import Estate, Homes
from linli_intake.domain.quarantine import Quarantined
from linli_intake.domain.receiving import receive, resubmit
from linli_intake.domain.request import Request, RequestText
from linli_intake.domain.secret import secret_of
from linli_intake.handlers.asking import org_of, unknown
from linli_intake.settings import customer_key


def refs_of(arrival: Arrival) -> Iterable[Ref]:
    """All that deciding about an arrival reads or writes when it is complete, so that its lanes are locked at once."""
    if arrival.case_id is None or arrival.estate_id is None:
        yield Quarantined, arrival.quarantine_id(None)
        return
    yield Request, arrival.case_id
    yield RequestText, arrival.case_id
    yield Estate, arrival.estate_id
    if arrival.home_id:
        yield Homes, shelf_of(arrival.home_id)
    if arrival.contact_id:
        yield Contact, arrival.contact_id
        yield Customer, customer_ref(arrival.random_ref)


def known_about(arrival: Arrival, facts: Facts, ctx: Context) -> Known:
    """The estate, home and person that it names, as far as they are known, and where it comes from."""
    sender_org = ctx.actor.org if ctx.actor else "group"
    if arrival.case_id is None or arrival.estate_id is None:
        return Known(sender_org=sender_org)
    shelf = facts.get(Homes, shelf_of(arrival.home_id)) if arrival.home_id else None
    return Known(
        sender_org=sender_org,
        estate=facts.get(Estate, arrival.estate_id),
        home_is_known=shelf is not None and arrival.home_id in shelf.ids,
        contact=facts.get(Contact, arrival.contact_id) if arrival.contact_id else None,
        taken=facts.get(Request, arrival.case_id),
    )


def needs_of_receiving(body: ReceiveRequest) -> Iterable[Ref]:
    """See `refs_of`."""
    return refs_of(body.arrival)


def handle_receiving(facts: Facts, body: ReceiveRequest, ctx: Context) -> Outcome:
    """INT-03, INT-06, INT-12."""
    known = known_about(body.arrival, facts, ctx)
    if known.estate is None:
        missing = not_loaded(facts, ((Quarantined, body.arrival.quarantine_id(None)),))
        if missing:
            return More(missing)
    policy = _policy(ctx, known.estate)
    return receive(body.arrival, known, policy, _limits(ctx.policies, policy), ctx.now)


def org_of_receiving(facts: Facts, body: ReceiveRequest) -> str | None:
    """The estate's; a form that names no known estate is kept for its sender, wherever that is (INT-03)."""
    return org_of(facts, body.estate_id) or ANYWHERE


def needs_of_resubmitting(body: ResubmitRequest) -> Iterable[Ref]:
    """The form in quarantine, its estate and the right one; what else it names is asked for once it is known."""
    yield Quarantined, body.quarantine_id
    yield Estate, key_of(body.quarantine_id)
    if body.estate_id:
        yield Estate, body.estate_id


def handle_resubmitting(facts: Facts, body: ResubmitRequest, ctx: Context) -> Outcome:
    """INT-03: the id of the case follows from the quarantine's, so that it can become one case only."""
    kept = facts.get(Quarantined, body.quarantine_id)
    if kept is None:
        return unknown("quarantine-not-found", body.quarantine_id)
    arrival = arrival_of(corrected(kept.form, body, body.leave_out), kept.id, body.random_ref, customer_key(), kept.id)
    missing = not_loaded(facts, refs_of(arrival))
    if missing:
        return More(missing)
    known = known_about(arrival, facts, ctx)
    policy = _policy(ctx, known.estate)
    return resubmit(kept, arrival, known, policy, _limits(ctx.policies, policy), ctx.now)


def org_of_resubmitting(facts: Facts, body: ResubmitRequest) -> str | None:
    """What holds both where the form is kept and the estate it is to go to: neither may be somebody else's."""
    kept = facts.get(Quarantined, body.quarantine_id)
    kept_at = org_of(facts, key_of(body.quarantine_id)) or (kept.sent_from if kept else None)
    goes_to = org_of(facts, body.estate_id)
    if kept_at is None or goes_to is None:
        return kept_at
    both = takewhile(lambda pair: pair[0] == pair[1], zip(kept_at.split("/"), goes_to.split("/"), strict=False))
    return "/".join(part for part, _ in both)


def with_secret(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answer with the customer's secret, which is stored nowhere (INT-15); a form in quarantine has none."""
    case_id = answer.get("case_id")
    return {**answer, "secret": secret_of(case_id, customer_key())} if case_id else answer


@lru_cache(maxsize=1024)
def _limits(policies: PolicyBook, policy: Policy) -> Limits:
    """No deadline can be told before the first policy or beyond the calendars, less a year for the longest one."""
    earliest = policies.effective_from(policies.versions[0])
    return Limits(policy.integer("intake.text_limit"), earliest, datetime(LAST_YEAR, 1, 1, tzinfo=UTC))


def _policy(ctx: Context, estate: Estate | None) -> Policy:
    version = ctx.policies.version_in_force(ctx.now)
    if estate is None:
        return ctx.policies.policy(version)
    return ctx.policies.policy(version, region=estate.region_id, estate=estate.id)
