"""Every event of every service, and the registry that finds a model by the type and version in the envelope."""

from typing import Final

from linli_contracts.event import Event
from linli_contracts.events import dispatch, followup, intake, loyalty, messages, warranty

EVENTS: Final[tuple[type[Event], ...]] = (
    *intake.EVENTS,
    *dispatch.EVENTS,
    *followup.EVENTS,
    *warranty.EVENTS,
    *loyalty.EVENTS,
    *messages.EVENTS,
)
BY_TYPE: Final[dict[tuple[str, int], type[Event]]] = {(model.type_name(), model.version): model for model in EVENTS}
