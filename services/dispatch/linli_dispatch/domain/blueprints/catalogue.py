"""The catalogue of special services (特约服务) of an estate: price and time standard, and since when (DSP-16)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import pairwise
from typing import ClassVar, Final

from linli_contracts.events.dispatch import ServiceOffered
from linli_rulebook import Span, Unit
from linli_rulebook.decision import Because, Decision, Refusal, State
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from linli_dispatch.domain.blueprints.step_refusals import CATALOGUE_FULL, OFFER_NOT_AHEAD, OFFERED_TWICE, naming

PRICES_KEPT: Final = 20
"""Of one service that held: years of changes; what held before is in the facts that were told."""
MOST_AHEAD: Final = 20
"""Of one service that are announced; nobody plans further."""
MOST_SERVICES: Final = 500
"""Of one estate, also those no longer offered: ten times what the largest has, and a catalogue is read as a whole."""


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

    services: Mapping[str, tuple[Offer, ...]] = Field(default_factory=dict)
    """Of each item, by the instant from which it holds."""

    def offer(self, item: str, at: datetime) -> Offer | None:
        """What is offered at an instant; None: nothing of that name."""
        held = [one for one in self.services.get(item, ()) if one.from_at <= at]
        return held[-1] if held and held[-1].offered else None


def offer_services(known: ServiceCatalogue, wanted: Iterable[tuple[str, Offer]], now: datetime) -> Decision | Refusal:
    """Items as they are to be from their instants on, each as often as it changes; what is known is not told again.

    Refused as a whole where one that did not hold is to hold from before now: what was quoted stays as it was.
    """
    services, told = dict(known.services), list[ServiceOffered]()
    for item, lines in _by_item(wanted).items():
        history = services.get(item, ())
        if any(one.from_at == other.from_at for one, other in pairwise(lines)):
            return OFFERED_TWICE
        offers = [one for one in lines if one.from_at >= now or not _held(history, one)]
        if not offers or (_held(history, offers[0]) and _ahead(history, offers[0]) == offers[1:]):
            continue
        first = offers[0].from_at
        if first < now:
            return OFFER_NOT_AHEAD
        # A change that was announced for this instant or later is replaced.
        ahead = [one for one in history if now < one.from_at < first] + offers
        if len(ahead) > MOST_AHEAD:
            return naming(CATALOGUE_FULL, "services", [f"at most {MOST_AHEAD} changes of one service ahead"])
        held = [one for one in history if one.from_at <= now and one.from_at < first]
        services[item] = (*held[-PRICES_KEPT:], *ahead)
        told += [_told(known.id, item, offer) for offer in offers]
    if len(services) > max(MOST_SERVICES, len(known.services)):
        return naming(CATALOGUE_FULL, "services", [f"at most {MOST_SERVICES} services"])
    answer = {"estate_id": known.id, "changed": len(told)}
    if not told:
        return Decision(answer=answer)
    after = known.model_copy(update={"services": services})
    because = (Because("DSP-16", "services offered", known.id, facts={"changed": len(told)}),)
    return Decision(save=(after,), events=tuple(told), because=because, answer=answer)


def _by_item(wanted: Iterable[tuple[str, Offer]]) -> dict[str, list[Offer]]:
    """Of each item, what is wanted, by the instant from which it is to hold."""
    offers: dict[str, list[Offer]] = defaultdict(list)
    for item, offer in sorted(wanted, key=lambda one: one[1].from_at):
        offers[item].append(offer)
    return offers


def _held(history: Iterable[Offer], wanted: Offer) -> bool:
    """Whether the same is known to be offered at that instant, since then or since earlier."""
    known = [one for one in history if one.from_at <= wanted.from_at]
    return known[-1].model_copy(update={"from_at": wanted.from_at}) == wanted if known else not wanted.offered


def _ahead(history: Iterable[Offer], of: Offer) -> list[Offer]:
    """What is known to be offered after an offer's instant."""
    return [one for one in history if one.from_at > of.from_at]


def _told(estate_id: str, item: str, offer: Offer) -> ServiceOffered:
    return ServiceOffered(estate_id=estate_id, item=item, **offer.model_dump())
