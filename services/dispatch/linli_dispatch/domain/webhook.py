"""A webhook: where a partner wants to be told of its own orders, of which facts, and until when (PAR-01, PAR-02); where
somebody of the staff wants to be told what concerns them, there or by mail (DSP-20). One mechanism.

active --a delivery was given up, or the receiver said "gone"--> disabled --resumed--> active
active, disabled --ended--> ended
active --replayed--> active, told once more of everything since an instant
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, ClassVar, Final, Literal

from linli_contracts.event import Instant
from linli_contracts.events.dispatch import (
    ContractorArrived,
    ContractorNotified,
    OrderDelayed,
    OrderRecalled,
    OrderRefused,
    ReentrustingProposed,
    RepairDone,
    RepairReentrusted,
    ReplacementAccepted,
    ReplacementNotified,
    ReplacementPaid,
    StaffNotified,
    StaffWebhookDisabled,
    WebhookDisabled,
)
from linli_contracts.lanes import id_under, key_of
from linli_rulebook import Policy
from linli_rulebook.decision import NOTHING, Because, Decision, Outcome, Refusal, State
from linli_rulebook.effect import Effect

WEBHOOK: Final = "webhook"
"""The kind of effect."""
MAIL: Final = "mail"
"""The kind where the address is a mail address."""
MAILTO: Final = "mailto:"
"""What such an address begins with, as a URL."""
TOLD: Final = frozenset(
    fact.type_name()
    for fact in (
        ContractorNotified, ContractorArrived, RepairDone, OrderRefused, OrderDelayed, OrderRecalled,
        ReentrustingProposed, RepairReentrusted, ReplacementNotified, ReplacementAccepted, ReplacementPaid,
    )
)  # fmt: skip
"""Facts about orders: all that a partner may want; each names its contractor."""
STAFF_TOLD: Final = frozenset({StaffNotified.type_name()})
"""What staff are told: ids and codes; where to look is all that leaves the house (INT-13)."""
Whose = Literal["contractor", "staff"]
_OWNER: Final[Mapping[Whose, str]] = {"contractor": "contractor_id", "staff": "person_id"}
"""The field of a fact that names whom it concerns."""
_PREFIX: Final[Mapping[Whose, str]] = {"contractor": "w", "staff": "s"}
"""What the second part of an id begins with."""
_HOLDER: Final[Mapping[Whose, str]] = {"contractor": "contractor", "staff": "person"}
"""In the names of the policy's entries."""
_RULE: Final[Mapping[Whose, str]] = {"contractor": "PAR-01", "staff": "DSP-20"}


class Webhook(State):
    """One webhook of a contractor or a person of the staff; its id starts with theirs."""

    table: ClassVar[str] = "webhook"

    whose: Whose = "contractor"

    url: str
    types: tuple[str, ...]
    estate_ids: tuple[str, ...] = ()
    """None: all estates."""
    since: Instant
    """Facts from before are not delivered."""
    status: Literal["active", "disabled", "ended"] = "active"
    reason: str | None = None
    """Why it is disabled, as a code."""
    resumed_at: Instant | None = None
    """When it was resumed last, after it had been disabled."""
    replays: int = 0
    """How often its partner wanted to be told again; the latest counts."""
    replay_since: Instant | None = None
    """Of what the latest replay tells: facts from this instant on."""

    @property
    def owner_id(self) -> str:
        """Whose it is."""
        return key_of(self.id)

    @property
    def mail_address(self) -> str | None:
        """Where it is told by mail. None: at a URL."""
        return mail_address_of(self.url)

    def wants(self, kind: str, body: Mapping[str, Any], at: datetime) -> bool:
        """Whether a fact concerns its owner, in its estates, and is of a type it asked for."""
        if kind not in self.types or at < self.since or body.get(_OWNER[self.whose]) != self.owner_id:
            return False
        return not self.estate_ids or body.get("estate_id") in self.estate_ids


def mail_address_of(url: str) -> str | None:
    """The mail address that a URL names, as it stands there; None: the URL is another one."""
    return url.removeprefix(MAILTO) if url.startswith(MAILTO) else None


def webhook_id(owner_id: str, cause: str, whose: Whose = "contractor") -> str:
    """The webhook that a command registers."""
    return id_under(owner_id, f"{_PREFIX[whose]}{sha256(cause.encode()).hexdigest()[:12]}")


def whose_is(identity: str) -> Whose:
    """Whose webhook an id is of, before it is loaded."""
    return "staff" if identity.partition(".")[2].startswith(_PREFIX["staff"]) else "contractor"


class Subscriptions(State):
    """Which webhooks a contractor or a person has that have not ended."""

    table: ClassVar[str] = "subscriptions"

    webhook_ids: tuple[str, ...] = ()


def subscriptions_id(owner_id: str, whose: Whose) -> str:
    """A contractor's own id; for a person below it, for a contractor may be called the same."""
    return owner_id if whose == "contractor" else id_under(owner_id, whose)


def register(
    known: Webhook | None, has: Subscriptions, wanted: Webhook, policy: Policy, *, may_be_told: bool
) -> Outcome:
    """A new webhook, unless the contractor has enough; `may_be_told`: whether we may send to its address."""
    if known is not None:
        return ID_TAKEN
    most = policy.integer(f"dispatch.webhooks_a_{_HOLDER[wanted.whose]}")
    if len(has.webhook_ids) >= most:
        return Refusal(
            "too-many-webhooks", "PAR-01", f"最多 {most} 个订阅，请先结束一个。",
            f"There are {most} webhooks, the most that one may have; end one first.",
        )  # fmt: skip
    if not may_be_told:
        return BAD_ADDRESS
    unknown = sorted(set(wanted.types) - (TOLD if wanted.whose == "contractor" else STAFF_TOLD))
    if unknown or not wanted.types:
        return Refusal(
            "unknown-facts", "PAR-01", "只能订阅工单事件。", "Only facts about orders can be subscribed to.", 422,
            (("types", " | ".join(sorted(TOLD))),),
        )  # fmt: skip
    because = Because(
        _RULE[wanted.whose], "webhook registered", wanted.id, policy.version, {"types": list(wanted.types)}
    )
    now_has = has.model_copy(update={"webhook_ids": (*has.webhook_ids, wanted.id)})
    answer = {"webhook_id": wanted.id, "status": "active", **({} if wanted.mail_address is None else {"by": MAIL})}
    return Decision(save=(wanted, now_has), because=(because,), answer=answer)


def end(webhook: Webhook, has: Subscriptions) -> Outcome:
    """Nothing is delivered any more, and another one may be registered; a mail address is forgotten."""
    if webhook.status == "ended":
        return ENDED
    if webhook.mail_address is not None:
        webhook = webhook.model_copy(update={"url": MAILTO})
    ended = _turned(webhook, "ended")
    left = tuple(one for one in has.webhook_ids if one != webhook.id)
    return replace(ended, save=(*ended.save, has.model_copy(update={"webhook_ids": left})))


def resume(webhook: Webhook, now: datetime) -> Outcome:
    """Told again, of what comes from now on; an active one stays as it is, an ended one ended."""
    if webhook.status == "ended":
        return ENDED
    if webhook.status == "disabled":
        webhook = webhook.model_copy(update={"since": now, "resumed_at": now})
    return _turned(webhook, "active")


def replay(webhook: Webhook, since: datetime, now: datetime) -> Outcome:
    """PAR-02: everything since an instant is delivered once more, each with the id that it had.

    What was told while it was disabled comes too; and what is looked at only now, though it was told before it was
    resumed. A later replay takes the place of one that is under way.
    """
    if webhook.status == "ended":
        return ENDED
    if webhook.status == "disabled":
        return DISABLED
    if since > now:
        return IN_FUTURE
    again = webhook.model_copy(
        update={"replays": webhook.replays + 1, "replay_since": since, "since": min(webhook.since, since)}
    )
    because = Because("PAR-02", "webhook replayed", webhook.id, facts={"since": since.isoformat()})
    answer = {"webhook_id": webhook.id, "status": webhook.status, "since": since.isoformat()}
    return Decision(save=(again,), because=(because,), answer=answer)


def given_up(webhook: Webhook | None, reason: str, tried_from: datetime, now: datetime) -> Decision:
    """A delivery failed for good: nothing more is delivered until somebody resumes it, and that is said so (PAR-02).

    Not where its time began (`tried_from`) before somebody did: that says nothing of the receiver now.
    """
    if webhook is None or webhook.status != "active":
        return NOTHING
    if webhook.resumed_at is not None and tried_from < webhook.resumed_at:
        return NOTHING
    disabled = webhook.model_copy(update={"status": "disabled", "reason": reason})
    owner, about = webhook.owner_id, {"webhook_id": webhook.id, "reason": reason, "disabled_at": now}
    told = (
        WebhookDisabled.model_validate({"contractor_id": owner, **about})
        if webhook.whose == "contractor"
        else StaffWebhookDisabled.model_validate({"staff_id": owner, **about})
    )
    because = Because("PAR-02", "webhook disabled", webhook.id, facts={"reason": reason})
    return Decision(save=(disabled,), events=(told,), because=(because,))


@dataclass(frozen=True, slots=True)
class DeliveryTerms:
    """What the policy says of deliveries."""

    give_up_after: timedelta
    """How long one is tried."""
    mailed: frozenset[str]
    """The kinds of notices that staff are told by mail; the others reach their webhooks and work lists only."""


def deliveries(
    fact_id: str, kind: str, at: datetime, body: Mapping[str, Any], webhooks: Iterable[Webhook], now: datetime,
    terms: DeliveryTerms,
) -> Iterable[Effect]:  # fmt: skip
    """A delivery of the fact to each webhook that wants it; the same fact again makes the same one."""
    for webhook in webhooks:
        by_mail = webhook.mail_address is not None
        if webhook.wants(kind, body, at) and (not by_mail or body.get("kind") in terms.mailed):
            yield Effect(
                kind=MAIL if by_mail else WEBHOOK,
                cause=f"{webhook.id}|{fact_id}",
                subject=webhook.id,
                recipient=webhook.id,
                payload={"type": kind, "timestamp": at.isoformat(), "id": fact_id, "data": dict(body)},
                send_from=now,
                give_up_at=now + terms.give_up_after,
            )


def _turned(webhook: Webhook, status: str) -> Decision:
    turned = webhook.model_copy(update={"status": status, "reason": None})
    return Decision(save=(turned,), answer={"webhook_id": webhook.id, "status": status})


NOT_FOUND: Final = Refusal("webhook-not-found", "PAR-01", "没有这个订阅。", "There is no such webhook.", 404)
_WHOLE_GROUP: Final = "group"
FOREIGN: Final = Refusal(
    "other-contractor",
    "PAR-01",
    "承包单位只能管理本单位的订阅，其他订阅只由全集团的令牌管理。",
    "A contractor manages its own webhooks only; any others are managed with a token of the whole group.",
    403,
)
ENDED: Final = Refusal("webhook-ended", "PAR-01", "订阅已结束。", "The webhook has ended.")
DISABLED: Final = Refusal(
    "webhook-disabled", "PAR-02", "订阅已停用，请先恢复。", "The webhook is disabled; resume it first."
)
IN_FUTURE: Final = Refusal(
    "instant-in-future", "PAR-02", "起始时刻在将来。", "The instant lies in the future.", 422, (("since", "<= now"),)
)  # fmt: skip
ID_TAKEN: Final = Refusal("webhook-id-taken", "PAR-01", "编号重复，请换一个幂等键。", "Use another idempotency key.")
NOT_SET_UP: Final = Refusal(
    "webhooks-not-set-up", "PAR-01", "本部署未启用推送。", "This deployment has no key for webhooks.", 409
)
BAD_ADDRESS: Final = Refusal(
    "address-not-allowed", "PAR-01", "推送地址不被允许。", "The address is not one that webhooks may be sent to.", 422,
    (("url", "https://<a name of the public internet>/… | for staff also mailto:<one address>"),),
)  # fmt: skip
NO_MAIL_SERVER: Final = Refusal(
    "mail-not-set-up", "DSP-20", "本部署未设置邮件服务器。", "This deployment has no mail server.", 409
)


def may_manage(contractor_id: str | None, org: str, owner_id: str, whose: Whose) -> bool:
    """Whether a token may manage or read what an owner is told: a contractor's its own, one of the whole group any.

    What is told goes wherever a webhook points, so a token for a part of the group would read beyond it.
    """
    if contractor_id is not None:
        return whose == "contractor" and contractor_id == owner_id
    return org == _WHOLE_GROUP
