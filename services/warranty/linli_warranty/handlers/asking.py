"""What handlers share: the policy of a place, who books on which date, and whose contract it is (WAR-07)."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from linli_messaging.service_map import Context
from linli_rulebook import Policy, PolicyBook, calendar_for

from linli_warranty.domain.deposit import Deposit
from linli_warranty.domain.estate import Estate, place_of, shared_org
from linli_warranty.domain.ledger import Stamp
from linli_warranty.domain.release_policy import ReleasePolicy


def policy_in_force(ctx: Context, *estates: Estate) -> Policy:
    """The policy in force now at the place that holds all these estates."""
    region_id, estate_id = place_of(shared_org(estates))
    return ctx.policies.policy(ctx.policies.version_in_force(ctx.now), region=region_id, estate=estate_id)


def policy_on(policies: PolicyBook, estate: Estate, on: date) -> Policy:
    """The policy in force as a day of an estate begins; before the first version, that one is the best there is."""
    begun = policies.effective_from(policies.versions[0])
    version = policies.version_in_force(max(datetime.combine(on, time(), tzinfo=ZoneInfo(estate.zone)), begun))
    return policies.policy(version, region=estate.region_id, estate=estate.id)


def policy_of(deposit: Deposit, ctx: Context) -> Policy:
    """The policy under which the account was opened (ORG-02), at the place that holds all its estates."""
    return ctx.policies.policy(deposit.policy_version, region=deposit.region_id, estate=deposit.estate_id)


def release_policy_of(deposit: Deposit, ctx: Context) -> ReleasePolicy:
    """The same, with the policy of each of its estates."""
    regions = deposit.region_ids or (deposit.region_id,) * len(deposit.estate_ids)
    estates = {
        estate_id: ctx.policies.policy(deposit.policy_version, region=region_id, estate=estate_id)
        for estate_id, region_id in zip(deposit.estate_ids, regions, strict=True)
    }
    return ReleasePolicy(policy_of(deposit, ctx), estates)


def stamp_of(policy: Policy, ctx: Context, who: str = "system") -> Stamp:
    """Who books now, and on which date of finance's books. A command is booked by its sender, an event by `who`.

    `policy` is that of the place whose ledger it is, an account's or a claim's, so that one calendar dates all of it.
    """
    on = calendar_for(policy, "finance").date_of(ctx.now)
    return Stamp(who=ctx.actor.subject if ctx.actor else who, at=ctx.now, on=on)


def own(deposit: Deposit | None, ctx: Context) -> Deposit | None:
    """The deposit, unless the sender is another contractor: to that one nothing is there (WAR-07)."""
    sender = ctx.actor.contractor_id if ctx.actor else None
    return deposit if deposit and deposit.belongs_to(sender) else None


def is_contractor(ctx: Context) -> bool:
    """Whether the sender is a contractor, who may not do what the group decides."""
    return ctx.actor is not None and ctx.actor.contractor_id is not None
