"""The deposit account of a contract (质保金台账, WAR-01): how it is opened, and the one way money is booked on it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

from linli_contracts.event import Instant
from linli_contracts.events.followup import ClosingCallbacksCompleted
from linli_contracts.events.intake import Trade
from linli_contracts.events.warranty import DepositOpened
from linli_rulebook import Policy, plus_months
from linli_rulebook.decision import Append, Because, Decision, Refusal, State, Timer
from linli_rulebook.timeline import FIRST_YEAR, LAST_YEAR
from pydantic import BaseModel, ConfigDict, Field

from linli_warranty.domain import refusals
from linli_warranty.domain.chart import Account
from linli_warranty.domain.estate import Estate, Terms, place_of, promise, shared_org
from linli_warranty.domain.ledger import Balances, Posting, Stamp, number_movements
from linli_warranty.domain.periods import agreed_end, in_months, is_below_minimum, legal_minimum_in_words

EXPIRING: Final = "warranty_expiring"

MOST_DOCUMENTS: Final = 40
"""Kinds of documents of one contract: ten times what a payment needs, and the account stays small."""
_EARLIEST: Final = date(FIRST_YEAR, 1, 1)
_LATEST: Final = date(LAST_YEAR - 1, 12, 31)
"""A year before the calendars end, so that finance's working days after it are known too."""


class ExpiryNotice(BaseModel):
    """A notice still to be given: trades whose warranty ends on a date, two months before it (WAR-08)."""

    model_config = ConfigDict(frozen=True)

    number: int
    ends_on: date
    notice_at: Instant
    estate_ids: tuple[str, ...] = ()
    """Where; empty: in every estate of the contract."""


class Instalment(BaseModel):
    """How an instalment stands: the last release asked for it, and how many were."""

    model_config = ConfigDict(frozen=True)

    number: int
    asked: int
    release_id: str
    status: str


class Deposit(State):
    """A contract's account, in the contract's lane: its terms, its balances, the facts its releases depend on."""

    table: ClassVar[str] = "deposit"

    contractor_id: str
    estate_ids: tuple[str, ...]
    org: str
    """The innermost part of the organisation that holds all its estates."""
    region_ids: tuple[str, ...] = ()
    """Of its estates, in their order; empty: all are in `region_id`, or it was opened before this was kept."""
    phases: tuple[str, ...]
    buildings: tuple[str, ...] = ()
    trades: tuple[Trade, ...]
    periods_months: dict[Trade, int]
    retained_fen: int
    completion_accepted_on: date
    settled_on: date
    warranty_ends_on: date
    documents: tuple[str, ...]
    policy_version: str
    opened_at: Instant

    balances: Balances = Balances()
    movements: int = 0
    released_fen: int = 0
    instalments: tuple[Instalment, ...] = ()
    notices: tuple[ExpiryNotice, ...] = ()
    open_orders: int = 0
    """Orders under this contract that nobody has finished yet; which ones, their cases know (`orders.py`)."""
    water_problem: str | None = None
    """What first showed a waterproofing or leak problem, a case or a count: then no part payment (WAR-11)."""
    water_sightings: int = 0
    """How many orders and counts showed one; 0 beside a problem: it was remembered before they were counted."""
    closing_counts: tuple[ClosingCallbacksCompleted, ...] = ()
    """The latest count of the closing callbacks of each estate (WAR-09)."""
    closing_numbers: dict[str, int] = Field(default_factory=dict)
    """By estate: the number of the fact that told its count, in its lane. Missing: it was told before this was kept."""

    @property
    def region_id(self) -> str | None:
        """The region, when all estates of the contract lie in one."""
        return place_of(self.org)[0]

    @property
    def estate_id(self) -> str | None:
        """The estate, when the contract has only one."""
        return place_of(self.org)[1]

    def timers(self) -> Iterable[Timer]:
        """The notices before the ends of its warranties (WAR-08)."""
        return (Timer(notice.notice_at, EXPIRING, occurrence=notice.number) for notice in self.notices)

    def tally(self) -> Mapping[str, int]:
        """What `GET /figures` tells of it; the migration `0002_figures.sql` counts the same."""
        balances = {f"balance.{account}": fen for account, fen in self.balances.model_dump().items()}
        return {"deposits": 1, "retained_fen": self.retained_fen, "released_fen": self.released_fen, **balances}

    def belongs_to(self, contractor_id: str | None) -> bool:
        """Whether a token of this contractor may see it; None is the group's own token (WAR-07)."""
        return contractor_id is None or contractor_id == self.contractor_id


class Contract(BaseModel):
    """What is agreed and settled when an account is opened (WAR-01)."""

    model_config = ConfigDict(frozen=True)

    contract_id: str
    contractor_id: str
    estate_ids: tuple[str, ...]
    phases: tuple[str, ...]
    buildings: tuple[str, ...]
    trades: tuple[Trade, ...]
    periods_months: dict[Trade, int]
    retained_fen: int
    completion_accepted_on: date
    settled_on: date | None
    documents: tuple[str, ...]


def open_deposit(
    existing: Deposit | None,
    estates: tuple[Estate, ...],
    contract: Contract,
    policies: tuple[Policy, ...],
    stamp: Stamp,
) -> Decision | Refusal:
    """Opens the account with the retained amount and tells every estate the contract's terms (WAR-01, WAR-02).

    `policies` are those of `estates`, in their order: a period below any of their minimums is refused, and each estate
    is told of the ends of its warranties by its own, as their days begin there (WAR-08).
    """
    if existing:
        return refusals.deposit_exists(contract.contract_id)
    if contract.completion_accepted_on > stamp.on:
        return refusals.accepted_in_future(contract.completion_accepted_on.isoformat(), stamp.on.isoformat())
    if refused := _refuse_dates(contract) or _refuse_periods(contract, policies) or _refuse_full(estates, policies):
        return refused
    regions = {estate.region_id for estate in estates}
    terms = contract.model_dump(include=set(Terms.model_fields))
    ends = [_ends(contract, policy) for policy in policies]
    promised = (promise(estate, Terms(**terms, ends_on=each)) for estate, each in zip(estates, ends, strict=True))
    deposit = Deposit(
        id=contract.contract_id,
        **contract.model_dump(exclude={"contract_id", "settled_on"}),
        org=shared_org(estates),
        region_ids=() if len(regions) == 1 else tuple(estate.region_id for estate in estates),
        settled_on=contract.settled_on or stamp.on,
        warranty_ends_on=max(end for each in ends for end in each.values()),
        notices=_notices(estates, policies, ends, stamp),
        policy_version=policies[0].version,
        opened_at=stamp.at,
    )
    opening = Posting(
        debit=Account.CASH_RETAINED,
        credit=Account.DEPOSIT_LIABILITY,
        amount_fen=contract.retained_fen,
        reason="opened",
        document="settlement",
        cause=f"{contract.contract_id}.opened",
    )
    deposit, rows = book(deposit, (opening,), stamp)
    opened = DepositOpened(
        contract_id=deposit.id,
        opened_at=stamp.at,
        **deposit.model_dump(
            include={
                "contractor_id",
                "estate_ids",
                "trades",
                "retained_fen",
                "completion_accepted_on",
                "warranty_ends_on",
            }
        ),
    )
    why = Because(
        rule="WAR-01",
        what="opened",
        subject=deposit.id,
        policy_version=deposit.policy_version,
        facts={"retained_fen": deposit.retained_fen, "warranty_ends_on": deposit.warranty_ends_on.isoformat()},
    )
    return Decision(
        save=(deposit, *promised),
        events=(opened,),
        append=rows,
        because=(why,),
        answer={"contract_id": deposit.id, "warranty_ends_on": deposit.warranty_ends_on.isoformat()},
    )


def book(deposit: Deposit, postings: Iterable[Posting], stamp: Stamp) -> tuple[Deposit, tuple[Append, ...]]:
    """The deposit with `postings` booked, and the rows for the ledger: the only way a balance changes (WAR-03)."""
    movements = number_movements(deposit.id, deposit.movements, postings, stamp)
    booked = deposit.model_copy(
        update={"balances": deposit.balances.after(movements), "movements": deposit.movements + len(movements)}
    )
    return booked, tuple(movement.row() for movement in movements)


def record_document(deposit: Deposit, document: str) -> Decision | Refusal:
    """A document is there now (WAR-12). The same one again changes nothing but is answered alike."""
    documents = tuple(sorted({*deposit.documents, document}))
    answer = {"contract_id": deposit.id, "documents": list(documents)}
    if document in deposit.documents:
        return Decision(answer=answer)
    if len(documents) > MOST_DOCUMENTS:
        return refusals.too_many_documents(MOST_DOCUMENTS)
    return Decision(save=(deposit.model_copy(update={"documents": documents}),), answer=answer)


def _refuse_dates(contract: Contract) -> Refusal | None:
    for field in ("completion_accepted_on", "settled_on"):
        on: date | None = getattr(contract, field)
        if on and not _EARLIEST <= on <= _LATEST:
            return refusals.date_outside_calendars(field, f"{on}", f"{_EARLIEST}", f"{_LATEST}")
    return None


def _refuse_full(estates: tuple[Estate, ...], policies: tuple[Policy, ...]) -> Refusal | None:
    for estate, policy in zip(estates, policies, strict=True):
        limit = policy.integer("warranty.estate_contracts_limit")
        if len(estate.terms) >= limit:
            return refusals.estate_full(estate.id, limit)
    return None


def _refuse_periods(contract: Contract, policies: tuple[Policy, ...]) -> Refusal | None:
    for trade, months in contract.periods_months.items():
        if trade not in contract.trades:
            return refusals.period_without_trade(trade)
        for policy in policies:
            if is_below_minimum(trade, contract.completion_accepted_on, months, policy):
                return refusals.below_minimum(trade, months, legal_minimum_in_words(trade, policy))
    return None


def _ends(contract: Contract, policy: Policy) -> dict[Trade, date]:
    return {
        trade: agreed_end(trade, contract.completion_accepted_on, contract.periods_months.get(trade), policy)
        for trade in contract.trades
    }


def _notices(
    estates: tuple[Estate, ...], policies: tuple[Policy, ...], ends: list[dict[Trade, date]], stamp: Stamp
) -> tuple[ExpiryNotice, ...]:
    # An account opened later than its notice gives it at once; a warranty that is over by then needs none.
    told = defaultdict[tuple[date, datetime], list[str]](list)
    for estate, policy, its_ends in zip(estates, policies, ends, strict=True):
        before = in_months(policy.span("warranty.notice_before_expiry"))
        zone = ZoneInfo(estate.zone)
        for end in set(its_ends.values()):
            if end >= stamp.at.astimezone(zone).date():
                told[end, max(_midnight(plus_months(end, -before), zone), stamp.at)].append(estate.id)
    return tuple(
        ExpiryNotice(
            number=number,
            ends_on=end,
            notice_at=at,
            estate_ids=() if len(where) == len(estates) else tuple(where),
        )
        for number, ((end, at), where) in enumerate(sorted(told.items()), start=1)
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)
