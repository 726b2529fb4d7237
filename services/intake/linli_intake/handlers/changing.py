"""Changing what was received: amending, withdrawing, linking, unlinking."""

from collections.abc import Iterable

from linli_contracts.lanes import key_of
from linli_messaging.batch.working_set import not_loaded
from linli_messaging.service_map import Context, Facts, Ref
from linli_rulebook.decision import Decision, More, Outcome, Refusal

from linli_intake.commands import AmendRequest, LinkRequests, UnlinkRequest, WithdrawRequest
from linli_intake.domain.amending import add_words, amend, changes, withdraw
from linli_intake.domain.group import Group
from linli_intake.domain.linking import LinkOrder, cannot_link, link, unlink
from linli_intake.domain.place import Estate
from linli_intake.domain.regrading import Ruling
from linli_intake.domain.request import Request, RequestText
from linli_intake.handlers.asking import org_of, unknown


def needs_of_case(body: UnlinkRequest | WithdrawRequest) -> Iterable[Ref]:
    """The request and its estate."""
    return ((Request, body.case_id), (Estate, key_of(body.case_id)))


def needs_of_amending(body: AmendRequest) -> Iterable[Ref]:
    """The request, its words and its estate."""
    return ((Request, body.case_id), (RequestText, body.case_id), (Estate, key_of(body.case_id)))


def needs_of_linking(body: LinkRequests) -> Iterable[Ref]:
    """Both requests and the estate."""
    return ((Request, body.case_id), (Request, body.other_case_id), (Estate, key_of(body.case_id)))


def org_of_case(facts: Facts, body: AmendRequest | LinkRequests | UnlinkRequest | WithdrawRequest) -> str | None:
    """The estate's."""
    return org_of(facts, key_of(body.case_id))


def handle_amending(facts: Facts, body: AmendRequest, ctx: Context) -> Outcome:
    """INT-06: changed facts grade again; INT-15: further words are kept."""
    request, estate = facts.get(Request, body.case_id), facts.get(Estate, key_of(body.case_id))
    text = facts.get(RequestText, body.case_id)
    if request is None or estate is None or text is None:
        return unknown("request-not-found", body.case_id)
    ruling = Ruling(ctx.policies, estate)
    words = add_words(request, text, body.adds, ruling.of(request), ctx.now) if body.adds is not None else Decision()
    if not isinstance(words, Decision):
        return words
    changed = changes(request, body)
    group = facts.get(Group, request.group_id) if request.group_id else None
    refs = members_of(group) if group and "people" in changed else ()
    missing = not_loaded(facts, refs)
    if missing:
        return More(missing)
    if body.adds is not None and not changed:
        return words
    amended = amend(request, changed, group, requests_of(facts, refs), ruling, body.reason, ctx.now)
    return words + amended if isinstance(amended, Decision) else amended


def handle_withdrawing(facts: Facts, body: WithdrawRequest, ctx: Context) -> Outcome:
    """INT-15."""
    request = facts.get(Request, body.case_id)
    return withdraw(request, body.by, ctx.now) if request else unknown("request-not-found", body.case_id)


def handle_linking(facts: Facts, body: LinkRequests, ctx: Context) -> Outcome:
    """INT-07: a person links two requests, and with them all that were linked to either."""
    one, other = facts.get(Request, body.case_id), facts.get(Request, body.other_case_id)
    estate = facts.get(Estate, key_of(body.case_id))
    if one is None or other is None or estate is None:
        return unknown("request-not-found", body.other_case_id if one else body.case_id)
    refused = cannot_link(one, other)
    if refused:
        return refused
    group_ids = [request.group_id for request in (one, other) if request.group_id]
    missing = not_loaded(facts, ((Group, identity) for identity in group_ids))
    if missing:
        return More(missing)
    groups = tuple(group for group in (facts.get(Group, identity) for identity in group_ids) if group)
    refs = tuple(ref for group in groups for ref in members_of(group))
    missing = not_loaded(facts, refs)
    if missing:
        return More(missing)
    order = LinkOrder(body.by, ctx.cause, ctx.now)
    return link(one, other, groups, requests_of(facts, refs), Ruling(ctx.policies, estate), order)


def handle_unlinking(facts: Facts, body: UnlinkRequest, ctx: Context) -> Outcome:
    """INT-07: a person takes one request out of its group."""
    request, estate = facts.get(Request, body.case_id), facts.get(Estate, key_of(body.case_id))
    if request is None or estate is None:
        return unknown("request-not-found", body.case_id)
    group = facts.get(Group, request.group_id) if request.group_id else None
    if group is None:
        return Refusal("not-linked", "INT-07", "该请求没有关联。", "The request is not linked.")
    refs = members_of(group)
    missing = not_loaded(facts, refs)
    if missing:
        return More(missing)
    order = LinkOrder(body.by, ctx.cause, ctx.now)
    return unlink(request, group, requests_of(facts, refs), Ruling(ctx.policies, estate), order)


def members_of(group: Group) -> tuple[Ref, ...]:
    """The requests of a group, to be loaded."""
    return tuple((Request, identity) for identity in group.case_ids)


def requests_of(facts: Facts, refs: Iterable[Ref]) -> dict[str, Request]:
    """The loaded requests by id."""
    found = (facts.get(Request, identity) for _, identity in refs)
    return {request.id: request for request in found if request}
