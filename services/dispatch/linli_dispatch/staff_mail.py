"""What staff are told by mail (DSP-20): the same facts as at a webhook, where the address is a mail address.

A mail in doubt is sent again, under the same Message-ID: a person told twice is better off than one never told.
"""

import logging
from dataclasses import dataclass
from datetime import datetime

from linli_messaging.outside.intent import Intent, NotNow, Patience, Refused, Repeats, Result
from linli_rulebook import PolicyBook
from linli_runtime.mail import Letter, MailServer
from linli_runtime.reads import Reads

from linli_dispatch.delivering import delivery_patience, group_zone, still_wanted
from linli_dispatch.domain.notices.notice_mail import write_notice
from linli_dispatch.domain.webhook import MAIL, Webhook

LANGUAGE = "zh-CN, en"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StaffMailSender:
    """Carries out the effects of kind ``mail``."""

    reads: Reads
    mail: MailServer | None
    """None: the deployment has no server any more; what waits is given up in its time."""
    policies: PolicyBook
    kind: str = MAIL
    repeats: Repeats = "recognised"
    """By its Message-ID, where its mail server looks at it."""

    def patience(self, now: datetime) -> Patience:
        """As of deliveries to webhooks."""
        return delivery_patience(self.policies, now)

    def may_from(self, intent: Intent, now: datetime) -> datetime:
        """Work has no quiet hours: what may wait is not told outside the work list."""
        return now

    async def send(self, intent: Intent) -> Result:
        """Send it, if the address is still wanted; nothing personal is logged."""
        webhook = await still_wanted(self.reads, intent.recipient)
        if not isinstance(webhook, Webhook):
            return webhook
        if webhook.mail_address is None:
            return Refused("ended")
        if self.mail is None:
            return NotNow("no_mail_server")
        try:
            written = write_notice(intent.payload["data"], group_zone(self.policies, intent.made_at))
        except (KeyError, ValueError):  # our own mistake, which no later try mends
            log.exception("%s %s cannot be written", intent.kind, intent.cause)
            return Refused("cannot_be_written")
        to = webhook.mail_address
        return await self.mail.send(Letter(intent.id, to, written.subject, written.text, LANGUAGE, intent.made_at))

    async def ask(self, intent: Intent) -> None:
        """A mail server can't be asked."""
