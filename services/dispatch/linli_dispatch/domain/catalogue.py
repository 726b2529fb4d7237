"""The catalogue of special services (特约服务) of an estate: price and time standard, and since when (DSP-16)."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import ClassVar, Final

from linli_contracts.events.dispatch import ServiceOffered
from linli_rulebook import Span, Unit
from linli_rulebook.decision import Because, Decision, Refusal, State
from pydantic import AwareDatetime, BaseModel, ConfigDict

from linli_dispatch.domain.step_refusals import OFFER_NOT_AHEAD

PRICES_KEPT: Final = 20
"""Of one service: years of changes; what held before is in the facts that were told."""


class Offer(BaseModel):
    """What a service costs, and how long it may take, from an instant on."""

    model_config = ConfigDict(frozen=True)

    zh: str
    en: str
    unit: str
    price_fen: int
    """Of one unit."""
    amount: int
    """Of the time standard, in ``span``."""
    span: Unit
    from_at: AwareDatetime
    offered: bool = True
    """False: no longer, from then on."""

    @property
    def standard(self) -> Span:
        """The time for the work."""
        return Span(self.amount, self.span)


class ServiceCatalogue(State):
    """What an estate offers, by item. The id is the estate's."""

    table: ClassVar[str] = "service_catalogue"

    services: Mapping[str, tuple[Offer, ...]] = {}
    """Of each item, by the instant from which it holds."""

    def offer(self, item: str, at: datetime) -> Offer | None:
        """What is offered at an instant; None: nothing of that name."""
        held = [one for one in self.services.get(item, ()) if one.from_at <= at]
        return held[-1] if held and held[-1].offered else None


def offer_services(known: ServiceCatalogue, wanted: Mapping[str, Offer], now: datetime) -> Decision | Refusal:
    """Items as they are to be from their instants on; what is known already is not told again.

    Refused as a whole where one is to hold from before now: what was quoted stays as it was.
    """
    services, told = dict(known.services), list[ServiceOffered]()
    for item, offer in wanted.items():
        history = services.get(item, ())
        if _holds(history, offer):
            continue
        if offer.from_at < now:
            return OFFER_NOT_AHEAD
        # A change that was announced for this instant or later is replaced.
        earlier = [one for one in history if one.from_at < offer.from_at]
        services[item] = (*earlier[-PRICES_KEPT:], offer)
        told.append(_told(known.id, item, offer))
    answer = {"estate_id": known.id, "changed": len(told)}
    if not told:
        return Decision(answer=answer)
    after = known.model_copy(update={"services": services})
    because = (Because("DSP-16", "services offered", known.id, facts={"changed": len(told)}),)
    return Decision(save=(after,), events=tuple(told), because=because, answer=answer)


def _holds(history: Iterable[Offer], wanted: Offer) -> bool:
    """Whether the same is offered at that instant already, and nothing else is announced after it."""
    known = [one for one in history if one.from_at <= wanted.from_at]
    ahead = [one for one in history if one.from_at > wanted.from_at]
    same = known[-1].model_copy(update={"from_at": wanted.from_at}) == wanted if known else not wanted.offered
    return same and not ahead


def _told(estate_id: str, item: str, offer: Offer) -> ServiceOffered:
    return ServiceOffered(estate_id=estate_id, item=item, **offer.model_dump())
