"""The HTTP gateway of messages to customers (INT-16): text messages, WeChat, and mail where no mail server is set.

    POST <url>            {"to", "channel": "sms" | "wechat" | "mail", "language", "subject", "text"}, Idempotency-Key
    GET  <url>/<key>      only where the gateway can be asked: 200 with {"reference"}, 404 where it never got the key

A 2xx answer takes the message. What a gateway refuses for good (400, 404, 409, 413, 422) fails; what it refuses for now
is tried again; an answer that leaves it open whether it was taken (500, 502, 504, none) is a doubt. Nothing personal is
logged.
"""

import logging
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import orjson
from linli_messaging.outside.intent import InDoubt, Intent, NotNow, Refused, Result, Taken
from linli_runtime.outside import Answered, IllegalRequestError, NoAnswerError, NotReachedError, Outside

from linli_intake.domain.channel import Channel
from linli_intake.domain.message_texts import Written
from linli_intake.settings import GatewaySettings

REFUSED_FOR_GOOD: Final = frozenset({400, 404, 409, 413, 422})
OPEN: Final = frozenset({500, 502, 504})
LONGEST_REFERENCE: Final = 200

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HttpGateway:
    """The gateway that the settings name; whoever uses it has looked that they name one."""

    settings: GatewaySettings
    outside: Outside

    async def send(self, intent: Intent, to: str, channel: Channel, language: str, written: Written) -> Result:
        """Hand a message over, once; the intent's id is its key."""
        message = {"to": to, "channel": channel, "language": language, "subject": written.subject, "text": written.text}
        try:
            answered = await self.outside.post(
                str(self.settings.url), {**self._known_by, "idempotency-key": intent.id}, orjson.dumps(message)
            )
        except NotReachedError:
            return NotNow("not_reached")
        except IllegalRequestError as error:
            log.error("%s %s is no request: %s", intent.kind, intent.cause, error)  # noqa: TRY400 - no stack: it shows the header
            return Refused("illegal_request")
        except NoAnswerError:
            return InDoubt("no_answer")
        return _result(intent, answered)

    async def ask(self, intent: Intent) -> Result | None:
        """Whether the gateway has the key; None: it never got it. Where it does not answer, the doubt stays."""
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
