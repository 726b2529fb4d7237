"""Contractors and the books: deductions signed or disputed, deposits and compensation paid (WAR-04, WAR-12, WAR-23)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from linli_cli.client.tokens import Identity
from linli_cli.demo.calls import ZONE, Year
from linli_cli.demo.desk import contractor
from linli_cli.demo.hours import by_day
from linli_cli.demo.registering import BOOKKEEPER
from linli_cli.demo.seen import READER
from linli_cli.demo.world import STORY_ESTATE, Contract, World
from linli_cli.simulation.agenda import Done, Step
from linli_cli.simulation.sending import People

FINANCE: Final = Identity("finance", ("warranty:release", "simulate"))
CASHIER: Final = Identity("cashier", ("warranty:release", "simulate"))
"""Whoever approved a payment does not make it (WAR-23)."""
VISITOR: Final = Identity("closing-visits", ("followup:call", "simulate"))
STORY_CONTRACT: Final = f"{STORY_ESTATE}-p1-anshun"
STORY_CONFIRMED_AT: Final = datetime(2025, 5, 22, 10, 30, tzinfo=ZONE)
"""The contractor of the story signs its deduction only after its first application was blocked."""
_DEDUCTS: Final = frozenset({"dispatch.decide-application", "warranty.pay-compensation"})
_DISPUTES: Final = 0.15
_UPHELD: Final = 0.6


@dataclass(frozen=True, slots=True)
class Deductions:
    """What contractors do about deductions, once a repair was re-entrusted or compensation was paid."""

    world: World

    async def look(self, people: People, done: Sequence[Done], until: datetime) -> Iterable[Step]:
        """Sign or dispute every deduction that waits for it."""
        if not any(one.step.name in _DEDUCTS and one.answer.done for one in done):
            return []
        page = await people.client(READER).get("warranty", "/deductions", status="unconfirmed", limit=500)
        return [step for deduction in page["items"] for step in self._react(deduction)]

    def _react(self, deduction: dict[str, Any]) -> Iterator[Step]:
        identity, chance = deduction["id"], self.world.chance
        who = contractor(deduction["contractor_id"])
        at = by_day(datetime.fromisoformat(deduction["deducted_at"]) + chance.hours(20, 240, "signs", identity))
        if deduction["contract_id"] == STORY_CONTRACT:
            at = STORY_CONFIRMED_AT
        elif chance.happens(_DISPUTES, "disputes", identity):
            yield self._step("warranty.dispute-deduction", at, deduction, who, reason="price_too_high")
            decided_at = by_day(at + timedelta(days=9))
            upheld = chance.happens(_UPHELD, "is upheld", identity)
            yield self._step(
                "warranty.decide-dispute", decided_at, deduction, BOOKKEEPER, upheld=upheld, document="meeting-minutes"
            )
            return
        yield self._step("warranty.confirm-deduction", at, deduction, who)

    def _step(self, name: str, at: datetime, deduction: dict[str, Any], who: Identity, **body: object) -> Step:
        identity = f"{deduction['id']}-{name.partition('.')[2]}"
        about = {"deduction_id": deduction["id"], **body}
        return Step(at, deduction["contract_id"], "warranty", name, identity, about, who)


@dataclass(frozen=True, slots=True)
class Payments:
    """Finance pays what was approved, some days later."""

    world: World

    async def look(self, people: People, done: Sequence[Done], until: datetime) -> Iterable[Step]:
        """Pay each application that was approved."""
        asked = (one for one in done if one.step.name == "warranty.request-release")
        return [self._pay(one) for one in asked if one.answer.answer.get("status") == "approved"]

    def _pay(self, one: Done) -> Step:
        release = str(one.answer.answer["release_id"])
        at = by_day(one.step.at + self.world.chance.hours(72, 300, "pays", release))
        body: dict[str, object] = {"release_id": release, "document": f"payment-{release.rpartition('.')[2]}"}
        return Step(at, one.step.chain, "warranty", "warranty.pay-release", f"{release}-pay", body, FINANCE)


@dataclass(frozen=True, slots=True)
class Compensations:
    """What was agreed with customers is paid: the form is completed, finance approves and pays (WAR-23)."""

    world: World

    async def look(self, people: People, done: Sequence[Done], until: datetime) -> Iterable[Step]:
        """Pay what a customer has just agreed to."""
        agreed = {
            one.step.chain: one.step.at
            for one in done
            if one.answer.done and one.step.name == "dispatch.answer-plan" and one.step.body["accepted"]
        }
        if not agreed:
            return []
        page = await people.client(READER).get("warranty", "/claims", status="agreed", limit=500)
        claims = [one for one in page["items"] if one["case_id"] in agreed]
        return [step for claim in claims for step in self._settle(claim, agreed[claim["case_id"]])]

    def _settle(self, claim: dict[str, Any], agreed_at: datetime) -> Iterator[Step]:
        identity, chance = str(claim["id"]), self.world.chance
        at = by_day(agreed_at + chance.hours(2, 30, "fills in", identity))
        for name, who, body in (
            ("warranty.complete-form", BOOKKEEPER, {"form": f"form-{identity.rpartition('.')[2]}"}),
            ("warranty.approve-payment", FINANCE, {}),
            ("warranty.pay-compensation", CASHIER, {"document": f"payment-{identity.rpartition('.')[2]}"}),
        ):
            about: dict[str, object] = {"claim_id": identity, **body}
            yield Step(at, identity, "warranty", name, f"{identity}-{name.partition('.')[2]}", about, who)
            at = by_day(at + chance.hours(4, 60, name, identity))


def applications(world: World, year: Year) -> Iterator[Step]:
    """What happens around the first instalments that fall due in the year; the story's is asked for too early first."""
    for contract in world.contracts:
        expires_at = datetime.combine(_two_years_after(contract), time(10), tzinfo=ZONE)
        if not year.starts_at + timedelta(days=25) < expires_at < year.ends_at - timedelta(days=30):
            continue
        if contract.id == STORY_CONTRACT:
            yield _apply(contract, expires_at - timedelta(days=10), 1)
            yield from _settle(world, contract, expires_at + timedelta(days=4))
            yield _apply(contract, expires_at + timedelta(days=11), 2)
        else:
            yield from _settle(world, contract, expires_at - timedelta(days=12))
            yield _apply(contract, expires_at + timedelta(days=3), 1)


def _settle(world: World, contract: Contract, at: datetime) -> Iterator[Step]:
    """The closing callbacks are counted, and the papers are complete (WAR-09, WAR-12)."""
    homes = [home for home in world.estates[contract.estate_id].homes if home.phase == contract.phase and home.occupied]
    top = sum(home.top_floor for home in homes)
    counted: dict[str, object] = {
        "contract_id": contract.id,
        "estate_id": contract.estate_id,
        "occupied_homes": len(homes),
        "called_back_homes": len(homes) - 2,
        "sheets_signed": len(homes) - 2,
        "top_floor_homes": top,
        "top_floor_visited": top,
    }
    name = "followup.count-closing-callbacks"
    yield Step(at, contract.id, "followup", name, f"demo-{contract.id}-closing", counted, VISITOR)
    for document in ("callback_sheets", "warranty_report"):
        body: dict[str, object] = {"contract_id": contract.id, "document": document}
        identity = f"demo-{contract.id}-{document}"
        filed_at = at + timedelta(days=1)
        yield Step(filed_at, contract.id, "warranty", "warranty.record-document", identity, body, BOOKKEEPER)


def _apply(contract: Contract, at: datetime, number: int) -> Step:
    body: dict[str, object] = {"contract_id": contract.id, "instalment": 1}
    identity, who = f"demo-{contract.id}-apply-{number}", contractor(contract.contractor_id)
    return Step(at, contract.id, "warranty", "warranty.request-release", identity, body, who)


def _two_years_after(contract: Contract) -> date:
    return contract.accepted_on.replace(year=contract.accepted_on.year + 2)
