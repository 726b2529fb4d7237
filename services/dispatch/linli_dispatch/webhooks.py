"""Deliveries to partners' webhooks, signed as Standard Webhooks has it (PAR-01, PAR-02).

    POST <url>  {"type", "timestamp", "id", "data"}
    webhook-id: the same for every try of a delivery     webhook-timestamp: seconds since 1970, when it was sent
    webhook-signature: v1,<base64 of HMAC-SHA256 over "<id>.<timestamp>.<body>" by the secret>
    traceparent: the trace of the case that the fact belongs to, and this try (W3C; not signed)

A 2xx answer takes it. 410 ends it for good; anything else, a redirect too, is tried again.
"""

import base64
import hashlib
import hmac
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from linli_messaging.outside.fact_feed import FactTold
from linli_messaging.outside.intent import InDoubt, Intent, NotNow, Patience, Refused, Repeats, Result, Taken
from linli_messaging.tracing import Tracing, try_of
from linli_rulebook import PolicyBook
from linli_rulebook.effect import Effect
from linli_runtime.clock import SystemClock
from linli_runtime.outside import IllegalRequestError, NoAnswerError, NotReachedError, Outside, PrivateAddressError
from linli_runtime.reads import Reads

from linli_dispatch.delivering import delivery_patience, delivery_terms, still_wanted
from linli_dispatch.domain.webhook import WEBHOOK, Webhook, deliveries
from linli_dispatch.settings import secret_of

GONE: Final = 410

log = logging.getLogger(__name__)
_WALL: Final = SystemClock()
"""A receiver compares the signed instant with its own clock, also where the business's clock is stepped."""


@dataclass(frozen=True, slots=True)
class WebhookSender:
    """Carries out the effects of kind ``webhook``."""

    tracing: Tracing
    reads: Reads
    outside: Outside
    policies: PolicyBook
    kind: str = WEBHOOK
    repeats: Repeats = "recognised"
    """By its webhook-id, which receivers are told to look at."""

    def patience(self, now: datetime) -> Patience:
        """By the policy in force."""
        return delivery_patience(self.policies, now)

    def may_from(self, intent: Intent, now: datetime) -> datetime:
        """A machine has no quiet hours."""
        return now

    async def send(self, intent: Intent) -> Result:
        """Deliver it, if its webhook is still wanted."""
        webhook = await still_wanted(self.reads, intent.recipient)
        if not isinstance(webhook, Webhook):
            return webhook
        body = orjson.dumps(intent.payload)
        headers = signed(intent.id, int(_WALL.now().timestamp()), body, secret_of(webhook.id))
        headers["traceparent"] = self.tracing.traceparent(
            intent.case or intent.subject, try_of(intent.cause, intent.again, intent.tries)
        )
        try:
            answered = await self.outside.post(webhook.url, headers, body)
        except PrivateAddressError:
            return NotNow("private_address")
        except NotReachedError:
            return NotNow("not_reached")
        except IllegalRequestError as error:
            log.error("%s %s is no request: %s", intent.kind, intent.cause, error)  # noqa: TRY400 - no stack: it shows the signature
            return Refused("illegal_request")
        except NoAnswerError:
            return InDoubt("no_answer")
        if 200 <= answered.status < 300:  # noqa: PLR2004 - HTTP's success
            return Taken(f"receiver_{answered.status}")
        code = f"receiver_{answered.status}"
        return Refused(code) if answered.status == GONE else NotNow(code, answered.retry_after_s)

    async def ask(self, intent: Intent) -> None:
        """Nobody asks who recognises keys."""


def signed(identity: str, at_s: int, body: bytes, secret: str) -> dict[str, str]:
    """The headers of a delivery."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = hmac.new(key, f"{identity}.{at_s}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": identity,
        "webhook-timestamp": str(at_s),
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
    }


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Which deliveries a fact has."""

    policies: PolicyBook

    def __call__(self, fact: FactTold, subscriber: Mapping[str, Any], now: datetime) -> Iterable[Effect]:
        """To a webhook or a mail address, if it wants it."""
        webhook = Webhook.model_validate_json(subscriber["state"])
        return deliveries(fact.id, fact.type, fact.at, fact.body, (webhook,), now, delivery_terms(self.policies, now))
