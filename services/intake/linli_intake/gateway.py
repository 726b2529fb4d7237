"""Messages to customers through an HTTP gateway (INT-16): who they are is looked up here, and goes nowhere else.

    POST <url>            {"to", "channel": "sms" | "wechat" | "mail", "language", "subject", "text"}, Idempotency-Key
    GET  <url>/<key>      only where the gateway can be asked: 200 with {"reference"}, 404 where it never got the key

A 2xx answer takes the message. What a gateway refuses for good (400, 404, 409, 413, 422) fails; what it refuses for now
is tried again; an answer that leaves it open whether it was taken (500, 502, 504, none) is a doubt. Nothing personal is
logged.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import orjson
from linli_messaging.outside.intent import InDoubt, Intent, NotNow, Patience, Refused, Repeats, Result, Taken
from linli_rulebook import PolicyBook
from linli_runtime.outside import Answered, IllegalRequestError, NoAnswerError, NotReachedError, Outside
from linli_runtime.reads import Reads

from linli_intake.domain.channel import Channel, ChannelChoice, channel_for
from linli_intake.domain.message_texts import write
from linli_intake.domain.messages import MESSAGE, may_go_from
from linli_intake.domain.person import Customer
from linli_intake.domain.secret import secret_of
from linli_intake.settings import GatewaySettings, customer_key

REFUSED_FOR_GOOD: Final = frozenset({400, 404, 409, 413, 422})
OPEN: Final = frozenset({500, 502, 504})
LONGEST_REFERENCE: Final = 200

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MessageSender:
    """Carries out the effects of kind ``message``."""

    settings: GatewaySettings
    reads: Reads
    outside: Outside
    patience_at: Callable[[datetime], Patience]
    kind: str = MESSAGE

    @property
    def repeats(self) -> Repeats:
        """As the deployment says of its gateway."""
        return self.settings.repeats

    def patience(self, now: datetime) -> Patience:
        """By the policy in force."""
        return self.patience_at(now)

    def may_from(self, intent: Intent, now: datetime) -> datetime:
        """Not within the quiet hours that it was decided with; an emergency at any hour."""
        return now if intent.emergency else may_go_from(intent.payload, now)

    async def send(self, intent: Intent) -> Result:
        """Write the message and hand it over."""
        if self.settings.url is None:
            return Refused("no_gateway")
        row = await self.reads.fetchrow("load_customer", [intent.recipient])
        if row is None:
            return Refused("no_contact")
        customer = Customer.model_validate_json(row["state"])
        chosen = await self.reads.fetchrow("load_channel_choice", [intent.recipient])
        choice = ChannelChoice.model_validate_json(chosen["state"]) if chosen else None
        channel = channel_for(customer.contact, choice, emergency=intent.emergency)
        if channel is None:
            return Refused("not_wanted")
        if await self._reaches_limit(intent):
            return Refused("contact_limit")
        try:
            body = orjson.dumps(_message(intent, customer.contact, channel))
        except (KeyError, ValueError):  # our own mistake, which no later try mends
            log.exception("%s %s cannot be written", intent.kind, intent.cause)
            return Refused("cannot_be_written")
        try:
            answered = await self.outside.post(
                str(self.settings.url), {**self._known_by, "idempotency-key": intent.id}, body
            )
        except NotReachedError:
            return NotNow("not_reached")
        except IllegalRequestError as error:
            log.error("%s %s is no request: %s", intent.kind, intent.cause, error)  # noqa: TRY400 - no stack: it shows the header
            return Refused("illegal_request")
        except NoAnswerError:
            return InDoubt("no_answer")
        return _result(intent, answered)

    async def _reaches_limit(self, intent: Intent) -> bool:
        """FUP-03: whether a planned message would be one too many; the earlier of two at once goes."""
        if "at_most" not in intent.payload:
            return False
        since = intent.noted_at - timedelta(seconds=intent.payload["within_s"])
        row = await self.reads.fetchrow("planned_contacts", intent.recipient, intent.cause, since, intent.made_at)
        return row is not None and row["contacts"] >= intent.payload["at_most"]

    async def ask(self, intent: Intent) -> Result | None:
        """Whether the gateway has the key; where it does not answer, the doubt stays."""
        posted_to = urlsplit(str(self.settings.url))
        asked = posted_to._replace(path=f"{posted_to.path.rstrip('/')}/{intent.id}")
        try:
            answered = await self.outside.get(asked.geturl(), self._known_by)
        except (NotReachedError, NoAnswerError):
            return InDoubt("not_reached")
        except IllegalRequestError as error:
            log.error("asking for %s %s is no request: %s", intent.kind, intent.cause, error)  # noqa: TRY400 - as above
            return InDoubt("illegal_request")
        if answered.status == 404:  # noqa: PLR2004 - HTTP's not found: it never got the key
            return None
        return _result(intent, answered) if answered.status < 300 else InDoubt(f"gateway_{answered.status}")  # noqa: PLR2004 - HTTP's success

    @property
    def _known_by(self) -> dict[str, str]:
        """How the gateway knows us: by nothing, where no secret is set, for a header may not end with a blank."""
        secret = self.settings.secret.get_secret_value()
        return {"authorization": f"Bearer {secret}"} if secret else {}


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


def _message(intent: Intent, contact: str, channel: Channel) -> dict[str, Any]:
    payload = intent.payload
    case_id = payload["case_id"]
    told = {
        "case": case_id,
        "secret": secret_of(case_id, customer_key()) if case_id else None,
        "from": _instant(payload["from_at"]),
        "by": _instant(payload["by_at"]),
    }
    language = str(payload["language"])
    written = write(payload["about"], payload["template_version"], language, told, ZoneInfo(payload["zone"]))
    return {"to": contact, "channel": channel, "language": language, "subject": written.subject, "text": written.text}


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _result(intent: Intent, answered: Answered) -> Result:
    status = answered.status
    if 200 <= status < 300:  # noqa: PLR2004 - HTTP's success
        return Taken(_reference(answered.body) or intent.id)
    code = f"gateway_{status}"
    if status in REFUSED_FOR_GOOD:
        return Refused(code)
    return InDoubt(code) if status in OPEN else NotNow(code, answered.retry_after_s)


def _reference(body: bytes) -> str | None:
    """The gateway's own name for the message, where it gives one."""
    try:
        document = orjson.loads(body)
    except ValueError:
        return None
    found = document.get("reference") if isinstance(document, dict) else None
    return found[:LONGEST_REFERENCE] if isinstance(found, str) and found else None
