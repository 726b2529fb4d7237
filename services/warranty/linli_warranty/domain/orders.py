"""Repair orders under a contract: which defects are still open, and whether water was among them (WAR-10, WAR-11).

Dispatch tells them by case; an order is open from the contractor's notice until it is done, re-entrusted, taken back
or its case is closed. Over is final, whichever fact comes first; what was taken back never was a defect of this one's.
The account only counts them, so that it stays small in a storm: each order is counted once, because its own case says
whether it was.
"""

from collections import Counter
from typing import ClassVar, Literal

from linli_contracts.events.dispatch import ContractorNotified, OrderRecalled
from linli_rulebook.decision import NOTHING, Decision, State
from pydantic import BaseModel, ConfigDict

from linli_warranty.domain.deposit import Deposit
from linli_warranty.domain.water import WATER, forget_water, remember_water

Status = Literal["open", "done", "recalled"]


class Order(BaseModel):
    """One order; `contract_id` is None while only its end is known."""

    model_config = ConfigDict(frozen=True)

    order_id: str
    contract_id: str | None
    status: Status


class CaseOrders(State):
    """The orders of one case that went to contractors; keyed by the case, in its estate's lane."""

    table: ClassVar[str] = "case_orders"

    orders: tuple[Order, ...] = ()
    withdrawn: bool = False
    """The case was withdrawn: an order whose notice is still waiting for its account is over when it comes."""

    def find(self, order_id: str) -> Order | None:
        """The order, if it is known."""
        return next((order for order in self.orders if order.order_id == order_id), None)

    def is_over(self, order_id: str) -> bool:
        """Whether it is known that the order is finished, or was taken back."""
        known = self.find(order_id)
        return known is not None and known.status != "open"

    def open_ids(self) -> frozenset[str]:
        """The orders that nobody has finished."""
        return frozenset(order.order_id for order in self.orders if order.status == "open")

    def contracts_of(self, order_ids: frozenset[str]) -> tuple[str, ...]:
        """The contracts of these orders, as far as they are known, each once."""
        found = (order.contract_id for order in self.orders if order.order_id in order_ids and order.contract_id)
        return tuple(dict.fromkeys(found))

    def with_order(self, order: Order) -> "CaseOrders":
        """The same with `order` added or replaced."""
        others = tuple(known for known in self.orders if known.order_id != order.order_id)
        return self.model_copy(update={"orders": (*others, order)})


def open_order(case: CaseOrders | None, deposit: Deposit, notice: ContractorNotified) -> Decision:
    """The contractor was notified: a defect under its contract is open, and a water problem is remembered for good."""
    case = case or CaseOrders(id=notice.case_id)
    known = case.find(notice.order_id)
    if known and known.contract_id:
        return NOTHING
    status = known.status if known else "done" if case.withdrawn else "open"
    case = case.with_order(Order(order_id=notice.order_id, contract_id=deposit.id, status=status))
    if status == "open":
        deposit = deposit.model_copy(update={"open_orders": deposit.open_orders + 1})
    seen = notice.trade == WATER and status != "recalled"
    deposit, because = remember_water(deposit, notice.case_id) if seen else (deposit, ())
    return Decision(save=(case, deposit), because=because)


def close_orders(
    case: CaseOrders, deposits: tuple[Deposit, ...], order_ids: frozenset[str], how: Status = "done"
) -> tuple[CaseOrders, tuple[Deposit, ...]]:
    """These orders are over: they no longer stand against a release. Orders already over change nothing."""
    closed: Counter[str | None] = Counter()
    for order_id in sorted(order_ids):
        known = case.find(order_id)
        contract_id = known.contract_id if known else None
        closed[contract_id] += known is not None and known.status == "open"
        case = case.with_order(Order(order_id=order_id, contract_id=contract_id, status=how))
    return case, tuple(
        deposit.model_copy(update={"open_orders": deposit.open_orders - closed[deposit.id]}) for deposit in deposits
    )


def recall_order(case: CaseOrders, deposits: tuple[Deposit, ...], taken: OrderRecalled) -> Decision:
    """The order was never this contractor's: no open defect, and no water problem of its contract (WAR-10, WAR-11)."""
    known = case.find(taken.order_id)
    seen = taken.trade == WATER and known is not None and known.contract_id is not None
    case, deposits = close_orders(case, deposits, frozenset({taken.order_id}), "recalled")
    forgotten = [forget_water(deposit) if seen else (deposit, ()) for deposit in deposits]
    reasons = tuple(why for _, because in forgotten for why in because)
    return Decision(save=(case, *(deposit for deposit, _ in forgotten)), because=reasons)
