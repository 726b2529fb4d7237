"""The books of a small group, for tests: warranty's map run in memory, each input with exactly what it asked for.

An estate `xh01` with two homes (handed over 2020-03-10, and never) and an estate `xh02`; a contract `ht1` over xh01.
"""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from linli_contracts.event import Event
from linli_contracts.events.dispatch import (
    CompensationAgreed,
    ContractorNotified,
    CoverageAsked,
    EstateRegistered,
    HomesRegistered,
    Payer,
    RegisteredHome,
    RepairDone,
    RepairReentrusted,
    TicketClosed,
)
from linli_contracts.events.followup import ClosingCallbacksCompleted
from linli_contracts.events.intake import Trade
from linli_contracts.events.warranty import CoverageAnswered
from linli_messaging.batch.working_set import Wanted
from linli_messaging.service_map import Actor, Context, Facts, Ref
from linli_rulebook import PolicyBook
from linli_rulebook.decision import Append, Because, Decision, More, Outcome, Refusal, State
from linli_testkit.facts import POLICY_DIR, context, shipped_policy
from linli_warranty.commands import (
    ApprovePayment,
    Command,
    CompleteForm,
    OpenDeposit,
    PayCompensation,
    PayRelease,
    RequestRelease,
)
from linli_warranty.domain.claims import Claim
from linli_warranty.domain.deductions import Deduction, deduction_id_of
from linli_warranty.domain.deposit import Deposit
from linli_warranty.handlers import MAP

S = TypeVar("S", bound=State)
SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
CLERK: Final = Actor("clerk", frozenset({"warranty:book", "warranty:confirm", "warranty:release"}))
CASHIER: Final = Actor("cashier", frozenset({"warranty:release"}))
ON_EVENT: Final = {entry.event: entry for entry in MAP.events}
ON_COMMAND: Final = {entry.body: entry for entry in MAP.commands}
ON_TIMER: Final = {entry.clock: entry for entry in MAP.timers}


def local(text: str) -> datetime:
    """An instant from local time, `2022-03-10 09:00`, or the noon of a date."""
    return datetime.fromisoformat(text if " " in text else f"{text} 12:00").replace(tzinfo=SHANGHAI).astimezone(UTC)


def contractor(contractor_id: str) -> Actor:
    """A contractor's token."""
    return Actor(f"person-of-{contractor_id}", frozenset({"warranty:confirm"}), contractor_id=contractor_id)


def answer(outcome: Outcome) -> Mapping[str, object]:
    """The answer to a command that was not refused."""
    assert isinstance(outcome, Decision), outcome
    return outcome.answer or {}


def code(outcome: Outcome) -> str:
    """The code of a refusal."""
    assert isinstance(outcome, Refusal), outcome
    return outcome.code


def opening(**given: object) -> OpenDeposit:
    """A contract of decoration and plumbing over xh01, accepted on 2020-03-10, with 1,000.00 yuan retained."""
    contract: dict[str, object] = {
        "command_id": "test|1",
        "contract_id": "ht1",
        "contractor_id": "sg1",
        "estate_ids": ("xh01",),
        "trades": ("decoration", "plumbing"),
        "retained_fen": 100_000,
        "completion_accepted_on": date(2020, 3, 10),
        "settled_on": date(2020, 6, 1),
        "documents": ("settlement", "contract"),
    }
    return OpenDeposit.model_validate(contract | given)


def policies(directory: Path, **files: str) -> PolicyBook:
    """The shipped policy with further files below its version, by their path with `__` for `/`."""
    shutil.copytree(POLICY_DIR, directory, dirs_exist_ok=True)
    for name, text in files.items():
        (directory / "2000.1" / f"{name.replace('__', '/')}.toml").write_text(text, encoding="utf-8")
    return PolicyBook.load(directory)


def longer_decoration(directory: Path) -> PolicyBook:
    """The shipped policy, and a version from 1 June 2021 on by which the warranty of decoration is three years."""
    policies(directory)
    later = shutil.copytree(directory / "2000.1", directory / "2021.1")
    for file, was, becomes in (
        ("version", '"2000.1"', '"2021.1"'),
        ("version", "2000-01-01T00:00:00+08:00", "2021-06-01T00:00:00+08:00"),
        ("group/warranty", "[warranty.period_decoration]\nvalue = 2", "[warranty.period_decoration]\nvalue = 3"),
    ):
        path = later / f"{file}.toml"
        text = path.read_text(encoding="utf-8")
        assert was in text
        path.write_text(text.replace(was, becomes), encoding="utf-8")
    return PolicyBook.load(directory)


@dataclass(slots=True)
class Asked:
    """The states that one input asked for; any other is asked for as the writer loop does it."""

    states: dict[Ref, State]
    refs: set[Ref]

    def get(self, kind: type[S], identity: str) -> S | None:
        """The state, or None when there is none."""
        if (kind, identity) not in self.refs:
            raise Wanted([(kind, identity)])
        return self.states.get((kind, identity))  # type: ignore[return-value]  # Keyed by its own class.


@dataclass(slots=True)
class Books:
    """What warranty holds, and all that it has told and written."""

    now: datetime = field(default_factory=lambda: local("2020-06-01"))
    policies: PolicyBook = field(default_factory=shipped_policy)
    states: dict[Ref, State] = field(default_factory=dict)
    told: list[Event] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    appended: list[Append] = field(default_factory=list)
    because: list[Because] = field(default_factory=list)
    inputs: int = 0
    heard: int = 0
    """The number of the last fact."""

    def __post_init__(self) -> None:
        """Two estates and two homes."""
        for estate_id in ("xh01", "xh02"):
            self.lies(estate_id)
        for home_id, on in (("xh01.1-1-101", date(2020, 3, 10)), ("xh01.2-1-101", None)):
            self.register(home_id, home_id.removeprefix("xh01.")[0], on)

    def lies(self, estate_id: str, region_id: str = "south", zone: str = "Asia/Shanghai") -> Outcome:
        """Where an estate lies is registered."""
        return self.hear(
            EstateRegistered(
                estate_id=estate_id,
                region_id=region_id,
                project_id=f"p-{estate_id}",
                name="星河湾",
                kind="residential",
                zone=zone,
                registered_at=self.now,
            )
        )

    def register(self, home_id: str, phase: str, on: date | None, building: str = "1") -> None:
        """A home of estate xh01, handed over on a day or not."""
        home = RegisteredHome(home_id=home_id, phase=phase, building=building, handed_over_on=on)
        self.hear(HomesRegistered(estate_id="xh01", homes=(home,)))

    def hear(self, event: Event, number: int | None = None) -> Outcome:
        """A fact of another service, applied; its number is the next one, unless it was parked with its own."""
        entry = ON_EVENT[type(event)]
        self.heard += number is None
        numbered = self.heard if number is None else number

        def decide(asked: Facts, ctx: Context) -> Outcome:
            return entry.decide(asked, event, replace(ctx, number=numbered))

        return self._apply(decide, set(entry.needs(event)), None)

    def send(self, body: Command, actor: Actor | None = None) -> Outcome:
        """A command, applied where it is not refused; unless somebody is named, the cashier pays customers."""
        entry = ON_COMMAND[type(body)]
        actor = actor or (CASHIER if isinstance(body, PayCompensation) else CLERK)
        return self._apply(lambda asked, ctx: entry.decide(asked, body, ctx), set(entry.needs(body)), actor)

    def wait_until(self, at: datetime) -> None:
        """Time passes; every clock due by then fires, in due order."""
        while due := sorted(
            (timer, ref) for ref, state in self.states.items() for timer in state.timers() if timer.due_at <= at
        ):
            timer, ref = due[0]
            self.now = timer.due_at
            entry, state = ON_TIMER[timer.clock], self.states[ref]
            self._apply(
                lambda asked, ctx, e=entry, s=state, t=timer: e.decide(asked, s, t, ctx),  # type: ignore[misc]  # Bound early.
                {ref, *entry.needs(state, timer)},
                None,
            )
            assert timer not in self.states[ref].timers()
        self.now = at

    def events(self, kind: type[Event]) -> list[Any]:
        """What was told of this kind."""
        return [event for event in self.told if isinstance(event, kind)]

    def state(self, kind: type[S], identity: str) -> S:
        """A state that is there."""
        found = self.states[kind, identity]
        assert isinstance(found, kind)
        return found

    @property
    def deposit(self) -> Deposit:
        """The account of ht1."""
        return self.state(Deposit, "ht1")

    # What the other services would tell.

    def ask(
        self,
        on: str,
        trade: Trade = "decoration",
        home_id: str | None = "xh01.1-1-101",
        building: str | None = None,
    ) -> CoverageAnswered:
        """Dispatch asks about a defect of case `xh01.c1`; without a building, as it asked before it told one."""
        self.hear(
            CoverageAsked(
                case_id="xh01.c1",
                estate_id="xh01",
                round=1,
                home_id=home_id,
                trade=trade,
                asked_on=date.fromisoformat(on),
                building=building,
            )
        )
        answer: CoverageAnswered = self.events(CoverageAnswered)[-1]
        return answer

    def notify(self, number: int = 1, trade: Trade = "decoration", contract_id: str | None = "ht1") -> Outcome:
        """The contractor is notified of order number `number`, of a case of its own."""
        return self.hear(
            ContractorNotified(
                case_id=f"xh01.c{number}",
                estate_id="xh01",
                round=1,
                order_id=f"xh01.o{number}",
                contractor_id="sg1",
                contract_id=contract_id,
                trade=trade,
                notified_at=self.now,
                arrive_by=self.now + timedelta(hours=24),
                finish_by=self.now + timedelta(days=7),
            )
        )

    def finish(self, number: int = 1, done_by: str = "contractor") -> Outcome:
        """The order is done."""
        return self.hear(
            RepairDone.model_validate(
                {
                    "case_id": f"xh01.c{number}",
                    "estate_id": "xh01",
                    "round": 1,
                    "order_id": f"xh01.o{number}",
                    "done_by": done_by,
                    "customer_ref": "k1",
                    "done_at": self.now,
                    "in_time": True,
                }
            )
        )

    def reentrust(self, number: int = 1, price_fen: int = 30_000, contract_id: str | None = "ht1") -> Outcome:
        """The order is given to another contractor at a price."""
        return self.hear(
            RepairReentrusted(
                case_id=f"xh01.c{number}",
                estate_id="xh01",
                round=1,
                order_id=f"xh01.o{number}",
                contractor_id="sg1",
                contract_id=contract_id,
                replacement_id="sg9",
                price_fen=price_fen,
                ground="late_arrival",
                decided_by="manager-1",
                reentrusted_at=self.now,
            )
        )

    def compensate(
        self,
        number: int = 1,
        amount_fen: int = 30_000,
        contract_id: str | None = "ht1",
        payer: Payer = "developer",
    ) -> Outcome:
        """Compensation was agreed with a customer: the settlement of claim number `number` is signed."""
        return self.hear(
            CompensationAgreed(
                case_id=f"xh01.c{number}",
                estate_id="xh01",
                round=1,
                claim_id=f"xh01.k{number}",
                amount_fen=amount_fen,
                cause="ruined_floor",
                customer_ref="k1",
                payer=payer,
                contract_id=contract_id,
                agreed_at=self.now,
            )
        )

    def settle(self, number: int = 1, document: str = "bank-7") -> Outcome:
        """The form of a claim is completed, its payment approved and made."""
        claim_id = f"xh01.k{number}"
        self.send(CompleteForm(claim_id=claim_id, form=f"form-{number}"))
        self.send(ApprovePayment(claim_id=claim_id))
        return self.send(PayCompensation(claim_id=claim_id, document=document))

    def claim(self, number: int = 1) -> Claim:
        """A claim."""
        return self.state(Claim, f"xh01.k{number}")

    def close(self, number: int = 1) -> Outcome:
        """The case is closed as withdrawn."""
        return self.hear(
            TicketClosed(
                case_id=f"xh01.c{number}",
                estate_id="xh01",
                round=1,
                how="withdrawn",
                level=4,
                customer_ref="k1",
                received_at=self.now,
                closed_at=self.now,
            )
        )

    def count(self, estate_id: str = "xh01", number: int | None = None, **figures: int) -> Outcome:
        """Followup counted the closing callbacks: by default every home of 100 was called back."""
        counted = {"occupied_homes": 100, "called_back_homes": 100, "sheets_signed": 100} | figures
        return self.hear(
            ClosingCallbacksCompleted.model_validate(
                {"contract_id": "ht1", "estate_id": estate_id, "counted_at": self.now, **counted}
            ),
            number,
        )

    def deduction(self, number: int = 1) -> Deduction:
        """The deduction that re-entrusting order number `number` brought."""
        return self.state(Deduction, deduction_id_of("ht1", f"xh01.o{number}"))

    def deduction_of_claim(self, number: int = 1) -> Deduction:
        """The deduction that paying claim number `number` brought."""
        return self.state(Deduction, deduction_id_of("ht1", f"xh01.k{number}"))

    def request(self, instalment: int = 1, actor: Actor | None = None) -> Outcome:
        """The contractor applies for an instalment."""
        body = RequestRelease(command_id="test|2", contract_id="ht1", instalment=instalment)
        return self.send(body, actor or contractor("sg1"))

    def pay(self, release_id: str = "ht1.r1-1", actor: Actor = CLERK) -> Outcome:
        """Finance pays a release."""
        return self.send(PayRelease(release_id=release_id), actor)

    def _apply(self, decide: Callable[[Facts, Context], Outcome], refs: set[Ref], actor: Actor | None) -> Outcome:
        self.inputs += 1
        ctx = replace(context(self.now, cause=f"test-{self.inputs}", actor=actor), policies=self.policies)
        outcome = decide(Asked(self.states, refs), ctx)
        if isinstance(outcome, More):
            outcome = decide(Asked(self.states, refs | set(outcome.refs)), ctx)
        if isinstance(outcome, Decision):
            # Through JSON, as the database keeps them.
            for state in outcome.save:
                self.states[type(state), state.id] = type(state).model_validate_json(state.model_dump_json())
            self.told += [event for event in outcome.events if isinstance(event, Event)]
            self.rows += [dict(row.values) for row in outcome.append]
            self.appended += outcome.append
            self.because += outcome.because
        return outcome
