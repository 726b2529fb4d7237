"""What partners read of their webhooks; never the secret, which is stored nowhere."""

from typing import Literal

from linli_contracts.event import Instant
from linli_runtime.reads import Reads
from pydantic import BaseModel, Field


class WebhookSeen(BaseModel):
    """One webhook as its contractor sees it."""

    webhook_id: str = Field(validation_alias="id")
    url: str
    types: tuple[str, ...]
    estate_ids: tuple[str, ...]
    since: Instant
    status: Literal["active", "disabled", "ended"]
    reason: str | None


async def webhooks_of(reads: Reads, contractor_id: str) -> list[WebhookSeen]:
    """All that a contractor has registered, the first hundred by id."""
    return [WebhookSeen.model_validate_json(row["state"]) for row in await reads.fetch("webhooks_of", contractor_id)]
