"""Messages to customers (INT-16): who they are and how they are reached is looked up here, and goes nowhere else.

Mail goes to the deployment's mail server where it has one; everything else, and mail where there is none, through
its HTTP gateway. A way that is not set up fails as ``no_gateway``.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from linli_messaging.outside.intent import InDoubt, Intent, NotNow, Patience, Refused, Repeats, Result, Unknowable
from linli_messaging.outside.way import Way
from linli_rulebook import PolicyBook
from linli_runtime.mail import Letter, MailServer
from linli_runtime.outside import Outside
from linli_runtime.reads import Reads

from linli_intake.domain.channel import Channel, ChannelChoice, channel_for
from linli_intake.domain.message_texts import Written, write
from linli_intake.domain.messages import MESSAGE, may_go_from
from linli_intake.domain.person import Customer
from linli_intake.domain.secret import secret_of
from linli_intake.http_gateway import HttpGateway
from linli_intake.settings import GatewaySettings, customer_key

log = logging.getLogger(__name__)


@dataclass(slots=True)
class MessageSender:
    """Carries out the effects of kind ``message``; what is under way by a way that hangs leaves room for the other."""

    settings: GatewaySettings
    reads: Reads
    outside: Outside
    patience_at: Callable[[datetime], Patience]
    mail: MailServer | None = None
    """None: mail goes through the gateway, too."""
    kind: str = MESSAGE
    _mail_way: Way = field(init=False)
    _gateway_way: Way = field(init=False)

    def __post_init__(self) -> None:
        """Nothing is under way yet."""
        alone = self.mail is None or self.settings.url is None
        self._mail_way, self._gateway_way = Way(alone=alone), Way(alone=alone)

    @property
    def repeats(self) -> Repeats:
        """As the deployment says of its ways; where these differ, which one it was is looked up before a repetition."""
        if self.mail is None:
            return self.settings.repeats
        of_mail = self.mail.settings.repeats
        return of_mail if self.settings.url is None or self.settings.repeats == of_mail else "asked"

    def patience(self, now: datetime) -> Patience:
        """By the policy in force."""
        return self.patience_at(now)

    def may_from(self, intent: Intent, now: datetime) -> datetime:
        """Not within the quiet hours that it was decided with; an emergency at any hour."""
        return now if intent.emergency else may_go_from(intent.payload, now)

    async def send(self, intent: Intent) -> Result:
        """Write the message and hand it over."""
        found = await self._recipient(intent)
        if isinstance(found, Refused):
            return found
        to, channel = found
        by_mail = self.mail if channel == "mail" else None
        if by_mail is None and self.settings.url is None:
            return Refused("no_gateway")
        if await self._reaches_limit(intent):
            return Refused("contact_limit")
        language = str(intent.payload["language"])
        try:
            written = _written(intent, language)
        except (KeyError, ValueError):  # our own mistake, which no later try mends
            log.exception("%s %s cannot be written", intent.kind, intent.cause)
            return Refused("cannot_be_written")
        way = self._gateway_way if by_mail is None else self._mail_way
        if way.full:
            return NotNow("way_hangs")
        with way.sending():
            if by_mail is not None:
                letter = Letter(intent.id, to, written.subject, written.text, language, intent.made_at)
                return await by_mail.send(letter)
            return await HttpGateway(self.settings, self.outside).send(intent, to, channel, language, written)

    async def ask(self, intent: Intent) -> Result | None:
        """What is known of an earlier try, by the way that it went: the one that its recipient is reached by.

        None: it may be sent (again): it never arrived, a repetition is dropped there, or not sending it is worse.
        """
        repeats: Repeats = self.settings.repeats
        if self.mail is not None:
            found = await self._recipient(intent)
            if isinstance(found, Refused):
                return Unknowable(found.error)
            repeats = self.mail.settings.repeats if found[1] == "mail" else repeats
        if repeats == "asked":
            if self._gateway_way.full:
                return InDoubt("way_hangs")
            with self._gateway_way.sending():
                return await HttpGateway(self.settings, self.outside).ask(intent)
        return None if repeats == "recognised" or intent.emergency else Unknowable("no_answer")

    async def _recipient(self, intent: Intent) -> tuple[str, Channel] | Refused:
        """The contact, and the channel it is reached by now."""
        row = await self.reads.fetchrow("load_customer", [intent.recipient])
        if row is None:
            return Refused("no_contact")
        customer = Customer.model_validate_json(row["state"])
        chosen = await self.reads.fetchrow("load_channel_choice", [intent.recipient])
        choice = ChannelChoice.model_validate_json(chosen["state"]) if chosen else None
        channel = channel_for(customer.contact, choice, emergency=intent.emergency)
        return Refused("not_wanted") if channel is None else (customer.contact, channel)

    async def _reaches_limit(self, intent: Intent) -> bool:
        """FUP-03: whether a planned message would be one too many; the earlier of two at once goes."""
        if "at_most" not in intent.payload:
            return False
        since = intent.noted_at - timedelta(seconds=intent.payload["within_s"])
        row = await self.reads.fetchrow("planned_contacts", intent.recipient, intent.cause, since, intent.made_at)
        return row is not None and row["contacts"] >= intent.payload["at_most"]


def message_patience(policies: PolicyBook) -> Callable[[datetime], Patience]:
    """How tries of a message follow each other, as the group's policy has it at an instant."""

    def patience(now: datetime) -> Patience:
        policy = policies.policy(policies.version_in_force(now))
        return Patience(
            first_wait_s=policy.span("intake.message_first_wait").elapsed.total_seconds(),
            longest_wait_s=policy.span("intake.message_longest_wait").elapsed.total_seconds(),
            jitter=float(policy.share("intake.message_wait_jitter")),
        )

    return patience


def _written(intent: Intent, language: str) -> Written:
    payload = intent.payload
    case_id = payload["case_id"]
    told = {
        "case": case_id,
        "secret": secret_of(case_id, customer_key()) if case_id else None,
        "from": _instant(payload["from_at"]),
        "by": _instant(payload["by_at"]),
    }
    return write(payload["about"], payload["template_version"], language, told, ZoneInfo(payload["zone"]))


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
