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
from linli_messaging.service_map import Context, Facts, Ref
from linli_rulebook.decision import Outcome

from linli_intake.domain.place import Estate, Home, learn_estate, learn_homes
from linli_intake.domain.request import Request
from linli_intake.domain.standing import age, follow

Homes = HomesRegistered | HomeRegistered
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


def needs_of_homes(fact: Homes) -> Iterable[Ref]:
    """Every home that it names."""
    return ((Home, home.home_id) for home in fact.homes)


def on_homes_registered(facts: Facts, fact: Homes, ctx: Context) -> Outcome:
    """INT-03: requests can come from there now."""
    told = [home.home_id for home in fact.homes]
    return learn_homes({home_id for home_id in told if facts.get(Home, home_id)}, told)
