"""What deliveries to webhooks and mails to staff share: the address, and what the policy says (PAR-02, DSP-20)."""

from datetime import datetime
from zoneinfo import ZoneInfo

from linli_messaging.outside.intent import NotNow, Patience, Refused
from linli_rulebook import Policy, PolicyBook
from linli_runtime.reads import Reads

from linli_dispatch.domain.webhook import DeliveryTerms, Webhook


def delivery_patience(policies: PolicyBook, now: datetime) -> Patience:
    """How tries follow each other."""
    policy = _policy(policies, now)
    return Patience(
        first_wait_s=policy.span("dispatch.webhook_first_wait").elapsed.total_seconds(),
        longest_wait_s=policy.span("dispatch.webhook_longest_wait").elapsed.total_seconds(),
        jitter=float(policy.share("dispatch.webhook_wait_jitter")),
    )


def delivery_terms(policies: PolicyBook, now: datetime) -> DeliveryTerms:
    """How long one is tried, and of which notices staff are told by mail."""
    policy = _policy(policies, now)
    give_up_after = policy.span("dispatch.webhook_give_up_after").elapsed
    return DeliveryTerms(give_up_after, frozenset(policy.texts("dispatch.staff_told_by_mail")))


def group_zone(policies: PolicyBook, now: datetime) -> ZoneInfo:
    """The clocks that instants are written by."""
    return ZoneInfo(_policy(policies, now).text("calendar.zone"))


async def still_wanted(reads: Reads, recipient: str) -> Webhook | Refused | NotNow:
    """Where an effect goes; what becomes of one that nobody wants any more, or not now."""
    row = await reads.fetchrow("load_webhook", [recipient])
    webhook = Webhook.model_validate_json(row["state"]) if row else None
    if webhook is None or webhook.status == "ended":
        return Refused("ended")
    return NotNow("disabled") if webhook.status == "disabled" else webhook


def _policy(policies: PolicyBook, now: datetime) -> Policy:
    return policies.policy(policies.version_in_force(now))
