"""What people read of warranty over HTTP; the routes of commands are made from MAP."""

from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from linli_contracts.event import ID_PATTERN, KEY_PATTERN
from linli_contracts.events.intake import Trade
from linli_contracts.lanes import key_of
from linli_messaging.service_map import Actor
from linli_rulebook import PolicyBook
from linli_rulebook.timeline import FIRST_YEAR, LAST_YEAR
from linli_runtime.auth import require
from linli_runtime.problems import ProblemError, refusing
from linli_runtime.reads import Reads

from linli_warranty import store
from linli_warranty.domain import refusals
from linli_warranty.domain.claims import Status as ClaimStatus
from linli_warranty.domain.coverage import UNKNOWN_HOME, Coverage, cover
from linli_warranty.domain.deductions import Status as DeductionStatus
from linli_warranty.domain.deposit import Deposit
from linli_warranty.domain.estate import Estate
from linli_warranty.domain.release import Status as ReleaseStatus
from linli_warranty.handlers.asking import policy_on
from linli_warranty.store import View

LARGEST_PAGE: Final = 500
"""Keeps one answer below a megabyte and one read short."""

Reader = Annotated[Actor, Depends(require("warranty:read"))]
Cursor = Annotated[str, Query(pattern=r"^[A-Za-z0-9_\-.]{0,256}$")]
ContractId = Annotated[str, Path(pattern=KEY_PATTERN)]
CoveredOn = Annotated[date, Query(ge=date(FIRST_YEAR, 1, 1), le=date(LAST_YEAR, 12, 31))]
"""A day of the calendars: before and after them no warranty can be told."""
Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE)]
KeyQuery = Annotated[str | None, Query(pattern=KEY_PATTERN)]
NO_DEPOSIT: Final = refusals.deposit_not_found("contract_id")


def policy_book(request: Request) -> PolicyBook:
    """The policies that the process decides by."""
    policies: PolicyBook = request.app.state.policies
    return policies


def router(reads: Reads) -> APIRouter:
    """The GET routes of warranty over a read-only pool."""
    routes = APIRouter()

    @routes.get("/deposits")
    async def list_deposits(actor: Reader, cursor: Cursor = "", limit: Limit = 100) -> store.DepositPage:
        """Accounts with their balances; a contractor sees its own."""
        return await store.deposit_page(reads, View.of(actor), after=cursor, limit=limit)

    @routes.get("/deposits/{contract_id}")
    @refusing(NO_DEPOSIT)
    async def get_deposit(actor: Reader, contract_id: ContractId) -> Deposit:
        """One account with its balances: debits positive, credits negative."""
        return await _seen(reads, actor, contract_id)

    @routes.get("/deposits/{contract_id}/ledger")
    @refusing(NO_DEPOSIT)
    async def list_ledger(
        actor: Reader,
        contract_id: ContractId,
        until: date | None = None,
        cursor: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
        limit: Limit = 100,
    ) -> store.LedgerPage:
        """The movements of an account, up to the end of a date."""
        await _seen(reads, actor, contract_id)
        return await store.ledger_page(reads, contract_id, until=until, after=cursor, limit=limit)

    @routes.get("/deposits/{contract_id}/balances")
    @refusing(NO_DEPOSIT)
    async def get_balances(actor: Reader, contract_id: ContractId, until: date | None = None) -> store.BalancesUntil:
        """What stood on each account at the end of a date, from the ledger."""
        await _seen(reads, actor, contract_id)
        return await store.balances_until(reads, contract_id, until)

    @routes.get("/deductions")
    async def list_deductions(
        actor: Reader,
        status: DeductionStatus | None = None,
        contract_id: KeyQuery = None,
        cursor: Cursor = "",
        limit: Limit = 100,
    ) -> store.DeductionPage:
        """Deductions by status; a contractor sees its own."""
        return await store.deduction_page(
            reads, View.of(actor), status=status, contract_id=contract_id, after=cursor, limit=limit
        )

    @routes.get("/releases")
    async def list_releases(
        actor: Reader,
        status: ReleaseStatus | None = None,
        contract_id: KeyQuery = None,
        cursor: Cursor = "",
        limit: Limit = 100,
    ) -> store.ReleasePage:
        """Releases by status, each blocked one with its failing gates; a contractor sees its own."""
        return await store.release_page(
            reads, View.of(actor), status=status, contract_id=contract_id, after=cursor, limit=limit
        )

    @routes.get("/figures")
    async def get_figures(actor: Reader) -> store.Figures:
        """Sums over the accounts that the reader may see, and whether the ledger agrees."""
        return await store.figures(reads, View.of(actor))

    @routes.get("/coverage")
    @refusing(refusals.estates_unknown(["estate_id"]), refusals.home_elsewhere("home_id", "estate_id"))
    async def get_coverage(
        actor: Reader,
        policies: Annotated[PolicyBook, Depends(policy_book)],
        estate_id: Annotated[str, Query(pattern=KEY_PATTERN)],
        trade: Trade,
        on: CoveredOn,
        home_id: Annotated[str | None, Query(pattern=ID_PATTERN)] = None,
    ) -> Coverage:
        """The one answer of WAR-02 on a local date, by the policy then in force; without a home: the common area."""
        estate = await store.find_estate(reads, estate_id)
        return await _covered(reads, _visible(actor, estate_id, estate), home_id, trade, on, policies)

    _add_claims(routes, reads)
    return routes


def _add_claims(routes: APIRouter, reads: Reads) -> None:
    @routes.get("/claims")
    async def list_claims(
        actor: Reader,
        status: ClaimStatus | None = None,
        case_id: Annotated[str | None, Query(pattern=ID_PATTERN)] = None,
        cursor: Cursor = "",
        limit: Limit = 100,
    ) -> store.ClaimPage:
        """Agreed compensation by status: what is owed to customers, and what was paid; nothing for a contractor."""
        return await store.claim_page(reads, View.of(actor), status=status, case_id=case_id, after=cursor, limit=limit)

    @routes.get("/claims/{claim_id}/ledger")
    @refusing(refusals.claim_not_found("claim_id"))
    async def list_claim_ledger(actor: Reader, claim_id: Annotated[str, Path(pattern=ID_PATTERN)]) -> store.ClaimLedger:
        """The movements of one compensation."""
        ledger = await store.claim_ledger(reads, View.of(actor), claim_id)
        if not ledger.items:
            raise ProblemError(refusals.claim_not_found(claim_id))
        return ledger


async def _seen(reads: Reads, actor: Actor, contract_id: str) -> Deposit:
    deposit = await store.find_deposit(reads, View.of(actor), contract_id)
    if deposit is None:
        raise ProblemError(refusals.deposit_not_found(contract_id))
    return deposit


def _visible(actor: Actor, estate_id: str, estate: Estate | None) -> Estate:
    # The answer names contractors, so it is not for one of them (WAR-07).
    if estate is None or actor.contractor_id or not f"{estate.org}/".startswith(f"{actor.org}/"):
        raise ProblemError(refusals.estates_unknown([estate_id]))
    return estate


async def _covered(
    reads: Reads, estate: Estate, home_id: str | None, trade: Trade, on: date, policies: PolicyBook
) -> Coverage:
    if home_id and key_of(home_id) != estate.id:
        raise ProblemError(refusals.home_elsewhere(home_id, estate.id))
    home = (await store.find_home(reads, home_id) or UNKNOWN_HOME) if home_id else None
    return cover(estate, home, trade, on, policy_on(policies, estate, on))
