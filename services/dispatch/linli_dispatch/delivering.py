"""What deliveries to webhooks and mails to staff have in common: what the group's policy says (PAR-02, DSP-20)."""

from datetime import datetime
from zoneinfo import ZoneInfo

from linli_messaging.outside.intent import Patience
from linli_rulebook import Policy, PolicyBook

from linli_dispatch.domain.webhook import DeliveryTerms


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


def _policy(policies: PolicyBook, now: datetime) -> Policy:
    return policies.policy(policies.version_in_force(now))
