"""Who goes with the contractor to a repair, and who went (DSP-11)."""

from linli_contracts.event import Event, Id, Instant, Key
from linli_contracts.events.dispatch.words import AccompanyGround
from linli_contracts.topics import DISPATCH


class AccompanimentAsked(Event):
    """An engineer and the service supervisor are to go with the contractor (DSP-11)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    order_id: Id
    grounds: tuple[AccompanyGround, ...]
    """All there are by now."""
    engineer_id: Key | None = None
    """The engineer who has the case; None: nobody, a shortage."""
    supervisor_ids: tuple[Key, ...] = ()
    """Who answers for the supervisor's office now; empty: nobody, a shortage."""
    arrive_by: Instant
    asked_at: Instant


class VisitAccompanied(Event):
    """An engineer and the service supervisor were there with the contractor (DSP-11)."""

    producer = DISPATCH

    case_id: Id
    estate_id: Key
    round: int
    order_id: Id
    engineer_id: Key
    supervisor_id: Key
    accompanied_at: Instant
