"""What dispatch and followup tell about repairs under a contract: open orders, deductions, closing callbacks."""

from collections.abc import Iterable

from linli_contracts.events.dispatch import (
    ContractorNotified,
    OrderRecalled,
    RepairDone,
    RepairReentrusted,
    TicketClosed,
)
from linli_contracts.events.followup import ClosingCallbacksCompleted
from linli_messaging.batch.working_set import not_loaded
from linli_messaging.service_map import Context, Facts, Ref
from linli_rulebook.decision import NOTHING, Because, Decision, Early, More, Outcome

from linli_warranty.domain.closing import count_closing
from linli_warranty.domain.deductions import Cost, Deduction, deduct, deduction_id_of
from linli_warranty.domain.deposit import Deposit
from linli_warranty.domain.orders import CaseOrders, close_orders, open_order, recall_order
from linli_warranty.handlers.asking import policy_of, stamp_of


def needs_of_notice(event: ContractorNotified) -> Iterable[Ref]:
    """The case's orders and the contract's account."""
    yield CaseOrders, event.case_id
    if event.contract_id:
        yield Deposit, event.contract_id


def handle_contractor_notified(facts: Facts, event: ContractorNotified, ctx: Context) -> Outcome:
    """A defect under a contract is open; without a contract there is nothing to hold against a deposit."""
    if event.contract_id is None:
        return NOTHING
    deposit = facts.get(Deposit, event.contract_id)
    if deposit is None:
        return Early(Deposit.table, event.contract_id)
    return open_order(facts.get(CaseOrders, event.case_id), deposit, event)


def handle_repair_done(facts: Facts, event: RepairDone, ctx: Context) -> Outcome:
    """The order no longer stands against a release; nothing is deducted for a contractor's own repair (WAR-05)."""
    case = facts.get(CaseOrders, event.case_id)
    if case is None and event.done_by == "own_staff":
        return NOTHING
    return _close(facts, case or CaseOrders(id=event.case_id), frozenset({event.order_id}))


def handle_order_recalled(facts: Facts, event: OrderRecalled, ctx: Context) -> Outcome:
    """The order was another contractor's all along (DSP-10); known before its notice, it never counts."""
    case = facts.get(CaseOrders, event.case_id) or CaseOrders(id=event.case_id)
    order_ids = frozenset({event.order_id})
    if case.is_over(event.order_id):
        return NOTHING
    deposits = _deposits_of(facts, case, order_ids)
    return deposits if isinstance(deposits, More) else recall_order(case, deposits, event)


def handle_ticket_closed(facts: Facts, event: TicketClosed, ctx: Context) -> Outcome:
    """Orders of a closed case (withdrawn, say) are no open defects any more, nor is one that is heard of later."""
    known = facts.get(CaseOrders, event.case_id) or CaseOrders(id=event.case_id)
    case = known.model_copy(update={"withdrawn": known.withdrawn or event.how == "withdrawn"})
    closed = _close(facts, case, case.open_ids())
    return Decision(save=(case,)) if closed is NOTHING and case != known else closed


def needs_of_cost(event: RepairReentrusted) -> Iterable[Ref]:
    """The case's orders, the contract's account, and the deduction that this order may have brought already."""
    yield CaseOrders, event.case_id
    if event.contract_id:
        yield Deposit, event.contract_id
        yield Deduction, deduction_id_of(event.contract_id, event.order_id)


def handle_repair_reentrusted(facts: Facts, event: RepairReentrusted, ctx: Context) -> Outcome:
    """The price is deducted, once for the order, and the contractor's order is over (WAR-04, WAR-06)."""
    if event.contract_id is None:
        cost = {"order_id": event.order_id, "price_fen": event.price_fen}
        return Decision(because=(Because("WAR-06", "no_deposit_to_deduct_from", event.case_id, facts=cost),))
    deposit = facts.get(Deposit, event.contract_id)
    if deposit is None:
        return Early(Deposit.table, event.contract_id)
    if facts.get(Deduction, deduction_id_of(event.contract_id, event.order_id)):
        return NOTHING
    order_ids = frozenset({event.order_id})
    case = facts.get(CaseOrders, event.case_id) or CaseOrders(id=event.case_id)
    case, (deposit,) = close_orders(case, (deposit,), order_ids)
    over = Decision(save=(case, deposit))
    stamp = stamp_of(policy_of(deposit, ctx), ctx, who=event.decided_by)
    return over + deduct(deposit, Cost.of_repair(event), stamp) if event.price_fen else over


def handle_closing_callbacks(facts: Facts, event: ClosingCallbacksCompleted, ctx: Context) -> Outcome:
    """The closing callbacks of a contract in one estate were counted (WAR-09)."""
    deposit = facts.get(Deposit, event.contract_id)
    return count_closing(deposit, event, ctx.number) if deposit else Early(Deposit.table, event.contract_id)


def _close(facts: Facts, case: CaseOrders, order_ids: frozenset[str]) -> Outcome:
    if all(case.is_over(order_id) for order_id in order_ids):
        return NOTHING
    deposits = _deposits_of(facts, case, order_ids)
    if isinstance(deposits, More):
        return deposits
    case, deposits = close_orders(case, deposits, order_ids)
    return Decision(save=(case, *deposits))


def _deposits_of(facts: Facts, case: CaseOrders, order_ids: frozenset[str]) -> tuple[Deposit, ...] | More:
    # Which contracts an order touches stands in the case's state, so they can be asked for only now.
    contracts = case.contracts_of(order_ids)
    missing = not_loaded(facts, ((Deposit, contract) for contract in contracts))
    if missing:
        return More(missing)
    return tuple(deposit for contract in contracts if (deposit := facts.get(Deposit, contract)))
