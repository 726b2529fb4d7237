"""Facts of others: places and members become known, and requests move on in the customer's eyes."""

from collections.abc import Iterable

from linli_contracts.events.dispatch import (
    ContractorNotified,
    EstateRegistered,
    HomeRegistered,
    HomesRegistered,
    RepairDone,
    TicketAged,
    TicketClosed,
    TicketLevelRaised,
    TicketReopened,
    TicketResolved,
)
from linli_contracts.events.loyalty import MemberJoined
from linli_contracts.shelves import shelves_of
from linli_messaging.service_map import Context, Facts, Ref
from linli_rulebook.decision import NOTHING, Outcome

from linli_intake.domain.person import Contact, Customer, become_member, contact_id
from linli_intake.domain.place import Estate, Homes, learn_estate, learn_homes
from linli_intake.domain.request import Request
from linli_intake.domain.standing import age, follow
from linli_intake.settings import customer_key

Places = HomesRegistered | HomeRegistered
Standing = ContractorNotified | RepairDone | TicketResolved | TicketReopened | TicketClosed


def needs_of_standing(fact: Standing | TicketLevelRaised | TicketAged) -> Iterable[Ref]:
    """The request it is about."""
    return ((Request, fact.case_id),)


def on_standing(facts: Facts, fact: Standing, ctx: Context) -> Outcome:
    """INT-15."""
    return follow(facts.get(Request, fact.case_id), fact)


def on_aged(facts: Facts, fact: TicketLevelRaised | TicketAged, ctx: Context) -> Outcome:
    """INT-06, DSP-06."""
    return age(facts.get(Request, fact.case_id), fact)


def needs_of_member(fact: MemberJoined) -> Iterable[Ref]:
    """Whose contact it is follows from the customer's file."""
    return ((Customer, fact.customer_ref),)


def on_member_joined(facts: Facts, fact: MemberJoined, ctx: Context) -> Outcome:
    """INT-09: what members say is told from others' by whoever answers. Whom nobody knows says nothing here."""
    customer = facts.get(Customer, fact.customer_ref)
    if customer is None:
        return NOTHING
    return become_member(facts.get(Contact, contact_id(customer.contact, customer_key())), customer.id)


def on_estate_registered(facts: Facts, fact: EstateRegistered, ctx: Context) -> Outcome:
    """INT-03: requests can come from there now."""
    return learn_estate(facts.get(Estate, fact.estate_id), fact)


def needs_of_homes(fact: Places) -> Iterable[Ref]:
    """The shelves of the homes that it names."""
    return ((Homes, shelf_id) for shelf_id in shelves_of(home.home_id for home in fact.homes))


def on_homes_registered(facts: Facts, fact: Places, ctx: Context) -> Outcome:
    """INT-03: requests can come from there now."""
    return learn_homes(lambda shelf_id: facts.get(Homes, shelf_id), (home.home_id for home in fact.homes))
