"""What partners and staff read of their webhooks; never the secret, which is stored nowhere."""

from typing import Literal

from linli_contracts.event import Instant
from linli_messaging.batch.versions import stored_version
from linli_runtime.reads import Reads
from pydantic import BaseModel, Field

from linli_dispatch.domain.webhook import Webhook, Whose


class WebhookSeen(BaseModel):
    """One webhook as its owner sees it."""

    webhook_id: str = Field(validation_alias="id")
    url: str
    types: tuple[str, ...]
    estate_ids: tuple[str, ...]
    since: Instant
    status: Literal["active", "disabled", "ended"]
    reason: str | None


async def show_webhook(reads: Reads, webhook_id: str) -> tuple[WebhookSeen, str] | None:
    """One webhook with its version, if there is one."""
    row = await reads.fetchrow("show_webhook", webhook_id)
    return (WebhookSeen.model_validate_json(row["state"]), stored_version(Webhook, row["state"])) if row else None


async def webhooks_of(reads: Reads, owner_id: str, whose: Whose) -> list[WebhookSeen]:
    """All that one has registered, the first hundred by id."""
    rows = await reads.fetch("webhooks_of", owner_id, whose)
    return [WebhookSeen.model_validate_json(row["state"]) for row in rows]
