"""The gates before a payment (WAR-10, WAR-12): each one that fails is named, with the figures that show it."""

from collections.abc import Iterator
from datetime import date

from linli_contracts.events.warranty import FailedGate

from linli_warranty.domain.chart import Account
from linli_warranty.domain.closing import sum_closing
from linli_warranty.domain.deposit import Deposit
from linli_warranty.domain.release_policy import ReleasePolicy
from linli_warranty.domain.water import WATER


def failed_gates(
    deposit: Deposit, claimable_from: date, amount_fen: int, on: date, policy: ReleasePolicy
) -> tuple[FailedGate, ...]:
    """Every gate that does not hold on `on`, in a fixed order; none means that `amount_fen` may be paid."""
    return (
        *_due(deposit, claimable_from, on),
        *_closing(deposit, policy),
        *(_waterproofing(deposit, policy) if WATER in deposit.trades else ()),
        *_defects(deposit),
        *_documents(deposit, policy),
        *_deductions(deposit),
        *_money(amount_fen),
    )


def _due(deposit: Deposit, claimable_from: date, on: date) -> Iterator[FailedGate]:
    if on >= claimable_from:
        return
    zh, en = f"{claimable_from} 起方可申请，今天是 {on}", f"due from {claimable_from} on, today is {on}"
    if deposit.water_problem:
        zh, en = f"{zh}（曾发生渗漏，不作首期付款）", f"{en} (water damage: no part payment)"
    yield _gate("not_due", zh, en, "WAR-11")


def _closing(deposit: Deposit, policy: ReleasePolicy) -> Iterator[FailedGate]:
    if missing := ", ".join(sum_closing(deposit).missing_estates):
        yield _gate("closing_callbacks", f"尚无到期回访统计：{missing}", f"not counted yet: {missing}", "WAR-10")
        return
    for estate_id, homes in policy.shares("warranty.callback_gate_share"):
        found = sum_closing(deposit, estate_id)
        if found.called_back_homes < homes * found.occupied_homes:
            figures = f"{found.called_back_homes}/{found.occupied_homes}"
            yield _gate(
                "closing_callbacks",
                f"{_of(estate_id)}已回访 {figures} 户，至少须达到 {float(homes):.0%}",
                f"{_of(estate_id)}{figures} occupied homes called back, at least {float(homes):.0%} needed",
                "WAR-10",
            )


def _waterproofing(deposit: Deposit, policy: ReleasePolicy) -> Iterator[FailedGate]:
    if unnamed := ", ".join(sum_closing(deposit).unnamed_top_floors):
        yield _gate(
            "waterproofing_visits",
            f"到期回访统计未注明顶层住户数：{unnamed}",
            f"the count does not say how many top-floor homes there are: {unnamed}",
            "WAR-10",
        )
    for estate_id, visits in policy.shares("warranty.waterproofing_visit_share"):
        found = sum_closing(deposit, estate_id)
        if found.top_floor_visited < visits * found.top_floor_homes:
            figures = f"{found.top_floor_visited}/{found.top_floor_homes}"
            yield _gate(
                "waterproofing_visits",
                f"{_of(estate_id)}顶层住户已回访 {figures} 户，至少须达到 {float(visits):.0%}",
                f"{_of(estate_id)}{figures} top-floor homes visited, at least {float(visits):.0%} needed",
                "WAR-10",
            )
    for estate_id, leaks in policy.shares("warranty.waterproofing_leak_share"):
        found = sum_closing(deposit, estate_id)
        if found.leaks_found > leaks * found.top_floor_visited:
            yield _gate(
                "leaks",
                f"{_of(estate_id)}发现渗漏 {found.leaks_found} 处，渗漏率上限 {float(leaks):.0%}",
                f"{_of(estate_id)}{found.leaks_found} leaks found, a rate of at most {float(leaks):.0%} allowed",
                "WAR-10",
            )


def _of(estate_id: str | None) -> str:
    return f"{estate_id}: " if estate_id else ""


def _defects(deposit: Deposit) -> Iterator[FailedGate]:
    orders, problems = deposit.open_orders, sum_closing(deposit).unreserved_problems
    if orders or problems:
        yield _gate(
            "open_defects",
            f"未完成维修单 {orders} 张，未预留费用的遗留问题 {problems} 项",
            f"{orders} repair orders open, {problems} problems without a reserve",
            "WAR-10",
        )


def _documents(deposit: Deposit, policy: ReleasePolicy) -> Iterator[FailedGate]:
    wanted = policy.place.texts("warranty.release_documents")
    if missing := [document for document in wanted if document not in deposit.documents]:
        names = ", ".join(missing)
        yield _gate("documents", f"缺少资料：{names}", f"missing: {names}", "WAR-12")


def _deductions(deposit: Deposit) -> Iterator[FailedGate]:
    if fen := deposit.balances.fen(Account.DEDUCTED_UNCONFIRMED):
        yield _gate("deductions_unconfirmed", f"未确认扣款 {fen} 分", f"{fen} fen deducted, not confirmed", "WAR-10")
    if fen := deposit.balances.fen(Account.DISPUTED):
        yield _gate("deductions_disputed", f"争议中的扣款 {fen} 分", f"{fen} fen deducted, in dispute", "WAR-10")


def _money(amount_fen: int) -> Iterator[FailedGate]:
    if amount_fen == 0:
        yield _gate("nothing_to_release", "可付余额为 0", "nothing is left to release", "WAR-11")


def _gate(gate: str, zh: str, en: str, rule: str) -> FailedGate:
    return FailedGate.model_validate({"gate": gate, "why": f"{zh} / {en}", "rule": rule})
