"""Facts about what partners are told (PAR)."""

from linli_contracts.event import Event, Id, Instant, Key
from linli_contracts.topics import DISPATCH


class WebhookDisabled(Event):
    """A partner's webhook took nothing for too long, or said that it is gone: nothing more is delivered (PAR-02)."""

    producer = DISPATCH
    key_field = "contractor_id"
    subject_field = "webhook_id"

    contractor_id: Key
    webhook_id: Id
    reason: str
    disabled_at: Instant


class StaffWebhookDisabled(Event):
    """A webhook of somebody of the staff took nothing for too long, or said that it is gone (DSP-20)."""

    producer = DISPATCH
    key_field = "staff_id"
    subject_field = "webhook_id"

    staff_id: Key
    webhook_id: Id
    reason: str
    disabled_at: Instant
