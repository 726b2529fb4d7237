"""What customers are told: services ask for it, and what became of it is told back (INT-16)."""

from collections.abc import Iterable
from typing import cast

from linli_contracts.events.messages import MessageRequested
from linli_messaging.outside.intent import Intent
from linli_messaging.service_map import Context, Facts, Ref
from linli_rulebook.decision import Early, Outcome

from linli_intake.commands import ChooseChannel
from linli_intake.domain.channel import choose
from linli_intake.domain.messages import End, Ended, Wanted, tell_customer, told_end
from linli_intake.domain.person import Customer
from linli_intake.domain.place import Estate
from linli_intake.domain.request import Request

OTHERWISE: str = "zh-CN"
"""The language of what is about no case."""


def needs_of_message(fact: MessageRequested) -> Iterable[Ref]:
    """The estate, for its hours, and the case, for the customer's language."""
    yield Estate, fact.estate_id
    if fact.case_id is not None:
        yield Request, fact.case_id


def on_message_requested(facts: Facts, fact: MessageRequested, ctx: Context) -> Outcome:
    """INT-16: once for each message_id, whoever repeats it."""
    estate = facts.get(Estate, fact.estate_id)
    if estate is None:
        return Early(Estate.table, fact.estate_id)
    request = facts.get(Request, fact.case_id) if fact.case_id is not None else None
    if fact.case_id is not None and request is None:
        return Early(Request.table, fact.case_id)
    wanted = Wanted(
        message_id=fact.message_id,
        estate_id=fact.estate_id,
        case_id=fact.case_id,
        customer_ref=fact.customer_ref,
        about=fact.about,
        language=request.language if request else OTHERWISE,
        from_at=fact.from_at,
        by_at=fact.by_at,
        emergency=fact.emergency,
    )
    policy = ctx.policies.policy(ctx.policies.version_in_force(ctx.now), region=estate.region_id, estate=estate.id)
    return tell_customer(wanted, estate, policy, ctx.now)


def needs_of_choice(body: ChooseChannel) -> Iterable[Ref]:
    """The customer."""
    return ((Customer, body.customer_ref),)


def handle_choose_channel(facts: Facts, body: ChooseChannel, ctx: Context) -> Outcome:
    """INT-16."""
    return choose(facts.get(Customer, body.customer_ref), body.channel, body.by)


def on_message_ended(facts: Facts, intent: Intent, ctx: Context) -> Outcome:
    """INT-16: delivery receipts and failures are told."""
    ended = Ended(
        message_id=intent.cause,
        customer_ref=intent.recipient,
        how=cast("End", intent.status),
        reason=intent.error or "",
        payload=intent.payload,
        decided_by=intent.decided_by,
        decided_why=intent.decided_why,
    )
    return told_end(ended, ctx.now)
