"""Facts of dispatch: places become known, and requests move on in the customer's eyes."""

from collections.abc import Iterable

from linli_contracts.events.dispatch import (
    ContractorNotified,
    EstateRegistered,
    HomeRegistered,
    HomesRegistered,
    RepairDone,
    TicketClosed,
    TicketLevelRaised,
    TicketReopened,
    TicketResolved,
)
from linli_contracts.shelves import shelves_of
from linli_messaging.service_map import Context, Facts, Ref
from linli_rulebook.decision import Outcome

from linli_intake.domain.place import Estate, Homes, learn_estate, learn_homes
from linli_intake.domain.request import Request
from linli_intake.domain.standing import age, follow

Places = HomesRegistered | HomeRegistered
Standing = ContractorNotified | RepairDone | TicketResolved | TicketReopened | TicketClosed


def needs_of_standing(fact: Standing | TicketLevelRaised) -> Iterable[Ref]:
    """The request it is about."""
    return ((Request, fact.case_id),)


def on_standing(facts: Facts, fact: Standing, ctx: Context) -> Outcome:
    """INT-15."""
    return follow(facts.get(Request, fact.case_id), fact)


def on_level_raised(facts: Facts, fact: TicketLevelRaised, ctx: Context) -> Outcome:
    """INT-06, DSP-06."""
    return age(facts.get(Request, fact.case_id), fact)


def on_estate_registered(facts: Facts, fact: EstateRegistered, ctx: Context) -> Outcome:
    """INT-03: requests can come from there now."""
    return learn_estate(facts.get(Estate, fact.estate_id), fact)


def needs_of_homes(fact: Places) -> Iterable[Ref]:
    """The shelves of the homes that it names."""
    return ((Homes, shelf_id) for shelf_id in shelves_of(home.home_id for home in fact.homes))


def on_homes_registered(facts: Facts, fact: Places, ctx: Context) -> Outcome:
    """INT-03: requests can come from there now."""
    return learn_homes(lambda shelf_id: facts.get(Homes, shelf_id), (home.home_id for home in fact.homes))
