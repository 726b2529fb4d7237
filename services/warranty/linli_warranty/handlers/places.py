"""Estates and homes are learnt; questions of coverage are answered (WAR-02)."""

from collections.abc import Iterable

from linli_contracts.events.dispatch import CoverageAsked, EstateRegistered, HomeRegistered, HomesRegistered
from linli_contracts.shelves import shelf_of, shelves_of
from linli_messaging.service_map import Context, Facts, Ref
from linli_rulebook.decision import Decision, Early, Outcome

from linli_warranty.domain.coverage import UNKNOWN_HOME, answer_coverage
from linli_warranty.domain.estate import Estate, Homes, learn_building, learn_estate, learn_homes
from linli_warranty.handlers.asking import policy_on


def handle_estate_registered(facts: Facts, event: EstateRegistered, ctx: Context) -> Outcome:
    """An estate is known from now on."""
    return learn_estate(facts.get(Estate, event.estate_id), event)


def needs_of_homes(event: HomesRegistered | HomeRegistered) -> Iterable[Ref]:
    """The shelves of the homes that it names."""
    return ((Homes, shelf_id) for shelf_id in shelves_of(home.home_id for home in event.homes))


def handle_homes_registered(facts: Facts, event: HomesRegistered | HomeRegistered, ctx: Context) -> Outcome:
    """Homes and their hand-over are known from now on."""
    return learn_homes(lambda shelf_id: facts.get(Homes, shelf_id), event.homes, ctx.number)


def needs_of_question(event: CoverageAsked) -> Iterable[Ref]:
    """The estate, with the contracts that cover it, and the home, if it is about one."""
    yield Estate, event.estate_id
    if event.home_id:
        yield Homes, shelf_of(event.home_id)


def handle_coverage_asked(facts: Facts, event: CoverageAsked, ctx: Context) -> Outcome:
    """One answer to each question, whenever it comes: by the policy of the day that it is about.

    The home's building is learnt from it where it is not known yet.
    """
    estate = facts.get(Estate, event.estate_id)
    if estate is None:
        return Early(Estate.table, event.estate_id)
    policy = policy_on(ctx.policies, estate, event.asked_on)
    if event.home_id is None:
        return answer_coverage(estate, None, event, policy, ctx.now)
    # Homes are told before questions about them, in the same lane: one that is unknown now stays unknown.
    known = facts.get(Homes, shelf_of(event.home_id))
    shelf = learn_building(known, event.home_id, event.building) if known else None
    home = (shelf.homes.get(event.home_id) if shelf else None) or UNKNOWN_HOME
    answer = answer_coverage(estate, home, event, policy, ctx.now)
    return Decision(save=(shelf,)) + answer if shelf is not None and shelf is not known else answer
