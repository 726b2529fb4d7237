"""Webhooks of partners and staff: registered, ended, resumed; given up when nothing arrives for too long (PAR-02)."""

from collections.abc import Iterable, Mapping
from typing import Any

from linli_contracts.lanes import key_of
from linli_messaging.outside.intent import Intent
from linli_messaging.service_map import Context, Facts, Ref
from linli_rulebook.decision import NOTHING, Outcome, Refusal
from linli_runtime.mail import is_mail_address, mail_settings

from linli_dispatch.addresses import may_be_told
from linli_dispatch.commands import EndWebhook, RegisterStaffWebhook, RegisterWebhook, ReplayWebhook, ResumeWebhook
from linli_dispatch.delivering import delivery_terms
from linli_dispatch.domain import webhook
from linli_dispatch.domain.webhook import Subscriptions, Webhook, Whose, webhook_id
from linli_dispatch.settings import secret_of, webhook_settings


def needs_of_registering(body: RegisterWebhook | RegisterStaffWebhook) -> Iterable[Ref]:
    """The webhook that it would be, and those that its owner has."""
    owner, whose = _owner(body)
    return (
        (Webhook, webhook_id(owner, body.command_id, whose)),
        (Subscriptions, webhook.subscriptions_id(owner, whose)),
    )


def needs_of_ending(body: EndWebhook) -> Iterable[Ref]:
    """The webhook, and those that its owner has."""
    identity = body.webhook_id
    has = webhook.subscriptions_id(key_of(identity), webhook.whose_is(identity))
    return (Webhook, identity), (Subscriptions, has)


def needs_of_webhook(body: ReplayWebhook | ResumeWebhook) -> Iterable[Ref]:
    """The webhook."""
    return ((Webhook, body.webhook_id),)


def handle_register_webhook(facts: Facts, body: RegisterWebhook | RegisterStaffWebhook, ctx: Context) -> Outcome:
    """PAR-01: a contractor, for its own orders. DSP-20: whoever is no contractor, for somebody of the staff."""
    settings = webhook_settings()
    owner, whose = _owner(body)
    address = webhook.mail_address_of(body.url) if whose == "staff" else None
    if address is not None and mail_settings().host is None:
        return webhook.NO_MAIL_SERVER
    if address is None and not settings.key.get_secret_value():
        return webhook.NOT_SET_UP
    if _is_foreign(ctx, owner, whose):
        return webhook.FOREIGN
    identity = webhook_id(owner, body.command_id, whose)
    types = body.types if isinstance(body, RegisterWebhook) else tuple(webhook.STAFF_TOLD)
    wanted = Webhook(id=identity, whose=whose, url=body.url, types=types, estate_ids=body.estate_ids, since=ctx.now)
    allowed = may_be_told(body.url, private=settings.private) if address is None else is_mail_address(address)
    policy = ctx.policies.policy(ctx.policies.version_in_force(ctx.now))
    has = _subscriptions(facts, owner, whose)
    return webhook.register(facts.get(Webhook, identity), has, wanted, policy, may_be_told=allowed)


def handle_end_webhook(facts: Facts, body: EndWebhook, ctx: Context) -> Outcome:
    """PAR-01."""
    found = _own(facts, body.webhook_id, ctx)
    if not isinstance(found, Webhook):
        return found
    return webhook.end(found, _subscriptions(facts, found.owner_id, found.whose))


def handle_resume_webhook(facts: Facts, body: ResumeWebhook, ctx: Context) -> Outcome:
    """PAR-02."""
    found = _own(facts, body.webhook_id, ctx)
    return webhook.resume(found, ctx.now) if isinstance(found, Webhook) else found


def handle_replay_webhook(facts: Facts, body: ReplayWebhook, ctx: Context) -> Outcome:
    """PAR-02: from any instant; what was told is kept."""
    found = _own(facts, body.webhook_id, ctx)
    return webhook.replay(found, body.since, ctx.now) if isinstance(found, Webhook) else found


def needs_of_delivery(intent: Intent) -> Iterable[Ref]:
    """The webhook it went to."""
    return ((Webhook, intent.recipient),)


def on_delivery_ended(facts: Facts, intent: Intent, ctx: Context) -> Outcome:
    """PAR-02: what arrived is nothing to tell; what did not, in all its time, is."""
    if intent.status == "sent":
        return NOTHING
    # Whose time is over was tried for all of it; any other end is the receiver's word of just now.
    ran_out = intent.noted_at > intent.give_up_at
    tried_from = intent.give_up_at - delivery_terms(ctx.policies, ctx.now).give_up_after if ran_out else ctx.now
    return webhook.given_up(facts.get(Webhook, intent.recipient), intent.error or "unknown", tried_from, ctx.now)


def with_secret(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answer with the secret that signs its deliveries, which is stored nowhere; a mail has none."""
    if answer.get("by") == webhook.MAIL:
        return answer
    return {**answer, "secret": secret_of(str(answer["webhook_id"]))}


def _owner(body: RegisterWebhook | RegisterStaffWebhook) -> tuple[str, Whose]:
    return (body.contractor_id, "contractor") if isinstance(body, RegisterWebhook) else (body.staff_id, "staff")


def _subscriptions(facts: Facts, owner_id: str, whose: Whose) -> Subscriptions:
    identity = webhook.subscriptions_id(owner_id, whose)
    return facts.get(Subscriptions, identity) or Subscriptions(id=identity)


def _own(facts: Facts, identity: str, ctx: Context) -> Webhook | Refusal:
    found = facts.get(Webhook, identity)
    if found is None:
        return webhook.NOT_FOUND
    return webhook.FOREIGN if _is_foreign(ctx, found.owner_id, found.whose) else found


def _is_foreign(ctx: Context, owner_id: str, whose: Whose) -> bool:
    actor = ctx.actor
    return actor is None or not webhook.may_manage(actor.contractor_id, actor.org, owner_id, whose)
