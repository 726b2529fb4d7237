"""Repair orders under a contract: which defects are still open, and whether water was among them (WAR-10, WAR-11).

Dispatch tells them by case; an order is open from the contractor's notice until it is done, re-entrusted or its case is
closed. Done is final, whichever fact comes first.
"""

from typing import ClassVar, Final, Literal

from linli_contracts.events.dispatch import ContractorNotified
from linli_contracts.events.intake import Trade
from linli_rulebook.decision import NOTHING, Because, Decision, State
from pydantic import BaseModel, ConfigDict

from linli_warranty.domain.deposit import Deposit

WATER: Final[Trade] = "waterproofing"


class Order(BaseModel):
    """One order; `contract_id` is None while only its end is known."""

    model_config = ConfigDict(frozen=True)

    order_id: str
    contract_id: str | None
    status: Literal["open", "done"]


class CaseOrders(State):
    """The orders of one case that went to contractors; keyed by the case, in its estate's lane."""

    table: ClassVar[str] = "case_orders"

    orders: tuple[Order, ...] = ()

    def find(self, order_id: str) -> Order | None:
        """The order, if it is known."""
        return next((order for order in self.orders if order.order_id == order_id), None)

    def is_done(self, order_id: str) -> bool:
        """Whether it is known that the order is finished."""
        known = self.find(order_id)
        return known is not None and known.status == "done"

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
    status: Literal["open", "done"] = known.status if known else "open"
    case = case.with_order(Order(order_id=notice.order_id, contract_id=deposit.id, status=status))
    because: tuple[Because, ...] = ()
    update: dict[str, object] = {}
    if status == "open":
        update["open_orders"] = (*deposit.open_orders, notice.order_id)
    if notice.trade == WATER and deposit.water_case is None:
        update["water_case"] = notice.case_id
        because = (_no_part_payment(deposit, notice.case_id),)
    return Decision(save=(case, deposit.model_copy(update=update)), because=because)


def close_orders(case: CaseOrders, deposits: tuple[Deposit, ...], order_ids: frozenset[str]) -> Decision:
    """These orders are finished: they no longer stand against a release. Orders already done change nothing."""
    for order_id in sorted(order_ids):
        known = case.find(order_id)
        contract_id = known.contract_id if known else None
        case = case.with_order(Order(order_id=order_id, contract_id=contract_id, status="done"))
    return Decision(save=(case, *(settle(deposit, order_ids) for deposit in deposits)))


def settle(deposit: Deposit, order_ids: frozenset[str]) -> Deposit:
    """The deposit without these open orders."""
    left = tuple(order_id for order_id in deposit.open_orders if order_id not in order_ids)
    return deposit.model_copy(update={"open_orders": left})


def _no_part_payment(deposit: Deposit, case_id: str) -> Because:
    return Because(
        rule="WAR-11",
        what="no_part_payment",
        subject=deposit.id,
        policy_version=deposit.policy_version,
        facts={"case_id": case_id, "trade": WATER},
    )
