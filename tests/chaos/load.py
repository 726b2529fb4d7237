"""Generated load: whole lives of cases through the real HTTP API, the same for the same seed.

A round is a handful of estates that nobody else uses. Each goes through the stages below, one a wave; half of the
estates are a stage behind, so that in every wave some receive new cases while others finish, call back and pay. An
estate's commands go one request after the other, in the order of their instants, and a wave begins at rest: so
what is decided does not depend on who is faster, and two runs of a round must end with the same books.

By the system clock the stages are the same, and an instant is whenever it is: a wave begins once all clocks that run
out soon have run out (`quick_policy.py`).
"""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from linli_cli.client.answers import Answer, Command
from linli_cli.client.client import Client
from linli_cli.complaint import Complaint
from linli_contracts.topics import DISPATCH, FOLLOWUP, INTAKE, LOYALTY, WARRANTY
from linli_dispatch.domain.webhook import TOLD
from linli_followup.domain.callback import callback_id

from tests.chaos.partner import Partner
from tests.system.life import request
from tests.system.repairs import REPAIR

START: Final = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)
"""A Monday, 10:00 in Shanghai."""
ROUND: Final = timedelta(days=20)
WAVE: Final = timedelta(hours=26)
"""So that a callback, which is made a day after the work, is due in the next wave."""
HANDED_OVER: Final = timedelta(days=-275)
ACCEPTED: Final = timedelta(days=-287)
"""When the homes were handed over, and the contract's work accepted: before all rounds."""
LONG: Final = timedelta(days=18)
"""By then every deadline of a round that nobody kept has been missed, and escalated."""
CHUNK: Final = 4
"""Lines a request: small, so that a fault meets many of them half done."""
PATIENCE_S: Final = 150.0
"""How long a client goes on asking: longer than any fault here lasts, and its recovery."""
_AGAIN_S: Final = 0.2
_UNSURE: Final = (502, 503, 504)
_ALL_TOLD: Final = sorted(TOLD)
DONE: Final = "done"
"""Told of a command that was not refused."""


@dataclass(slots=True)
class Estate:
    """One estate of a round, and what the load knows of its cases."""

    name: str
    dice: random.Random
    behind: int
    """How many waves later than the first ones it begins."""
    cases: list[dict[str, Any]] = field(default_factory=list)
    calls: int = 0
    """How often its customers were called back."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything."""

    estates: int = 4
    cases: int = 8
    """Of each estate."""
    stages: int = 6
    """How far a life goes: 3 is received, handled, called back."""
    pace_s: float = 0.1
    """What a client waits between its requests: the load is steady, not as fast as can be."""


@dataclass(slots=True)
class Round:
    """One round of load; `answers` is what its clients were told, which is part of the books."""

    number: int
    seed: int
    size: Size
    client: Client
    partner: Partner
    """Where its contractors are told of their orders."""
    long: timedelta = LONG
    """How long nothing happens at its end."""
    now: Callable[[], datetime] | None = None
    """The system clock, where that is the world's."""
    answers: dict[str, str] = field(default_factory=dict)
    asked_again: set[str] = field(default_factory=set)
    """Commands sent more than once, because nobody heard the first answer: a refusal is decided anew (decision 4)."""
    _asked: set[str] = field(default_factory=set)
    estates: list[Estate] = field(init=False)
    first: datetime = field(init=False)
    """When the first of all rounds begins."""

    def __post_init__(self) -> None:
        """The estates with their own dice."""
        self.first = START if self.now is None else self.now()
        self.estates = [
            Estate(f"r{self.number}e{one}", random.Random(f"{self.seed}-{self.number}-{one}"), one % 2)
            for one in range(self.size.estates)
        ]

    @property
    def waves(self) -> range:
        """Wave 0 only founds the estates; the last one sends nothing: what was neglected runs out of time."""
        return range(self.size.stages + 3)

    def instant(self, wave: int) -> datetime:
        """Where the clock stands in a wave."""
        if self.now is not None:
            return self.now()
        begin = self.first + self.number * ROUND
        return begin + self.long if wave == self.waves[-1] else begin + wave * WAVE

    async def play(self, wave: int) -> None:
        """Send the wave's commands; returns when all are answered."""
        at = self.instant(wave)
        async with asyncio.TaskGroup() as group:
            for estate in self.estates:
                if (stage := wave - estate.behind) >= 0:
                    group.create_task(self._stage(estate, stage, at))

    async def _stage(self, estate: Estate, stage: int, at: datetime) -> None:
        stages = (
            self._found, self._receive, self._handle, self._call_back, self._handle_again, self._call_back, self._pay,
        )  # fmt: skip
        if stage <= self.size.stages:
            await stages[stage](estate, at)

    # -- the stages -------------------------------------------------------------------------------------------------

    async def _found(self, estate: Estate, at: datetime) -> None:
        name = estate.name
        homes = [
            {"home_id": f"{name}.p1-1-{n}", "phase": "p1", "building": "1", "handed_over_on": self._date(HANDED_OVER)}
            for n in range(101, 101 + self.size.cases)
        ]
        staff = [
            {"staff_id": f"{name}-{role}", "role": role, "desk": desk, "skills": skills}
            for role, desk, skills in (
                ("agent", "service_centre", []), ("service_centre_manager", "service_centre_office", []),
                ("property_service_manager", "property_office", []), ("repair_engineer", "repair", ["plumbing"]),
                ("department", "property", []), ("marketing_vp", "board", []),
                ("property_general_manager", "board", []), ("group_service_centre", "group", []),
            )
        ]  # fmt: skip
        partners = (f"{name}-an", f"{name}-bo")
        contractors = [
            {"contractor_id": one, "trades": ["waterproofing", "plumbing"], "phases": ["p1"]} for one in partners
        ]
        place = {"estate_id": name, "region_id": "east", "project_id": f"r{self.number}", "name": "西湖花园"}
        webhooks = [
            ("dispatch.register-webhook", {"contractor_id": one, "url": self.partner.url_of(one), "types": _ALL_TOLD})
            for one in partners
        ]
        answers = await self._send(
            DISPATCH, estate, "found", at,
            ("dispatch.register-estate", place), ("dispatch.register-homes", {"estate_id": name, "homes": homes}),
            ("dispatch.roster-staff", {"estate_id": name, "staff": staff}),
            ("dispatch.register-contractor", {"estate_id": name, "contractors": contractors}), *webhooks,
        )  # fmt: skip
        for one, answer in zip(partners, answers[-len(partners) :], strict=True):
            self.partner.secrets[one] = answer.answer["secret"]

    async def _receive(self, estate: Estate, at: datetime) -> None:
        name = estate.name
        deposit = {
            "contract_id": f"k-{name}", "contractor_id": f"{name}-an", "estate_ids": [name], "phases": ["p1"],
            "trades": ["plumbing"], "retained_fen": 5_000_000, "completion_accepted_on": self._date(ACCEPTED),
            "documents": ["settlement", "contract"],
        }  # fmt: skip
        # Followup tells warranty of a deposit that is only now opened: whichever is there first, the other finds it.
        await self._send(FOLLOWUP, estate, "count", at, ("followup.count-closing-callbacks", _counted(name)))
        await self._send(WARRANTY, estate, "deposit", at, ("warranty.open-deposit", deposit))
        forms = []
        for number in range(self.size.cases):
            repair = estate.dice.random() < 0.4
            fate = estate.dice.choice(("done", "done", "done", "ignored", "withdrawn", "waits"))
            estate.cases.append({"repair": repair, "fate": fate})
            person = {
                "contact": f"13{self.number % 100:02}{int(name.partition('e')[2]):02}{number // 2:05}",
                "estate_id": name,
                "home_id": f"{name}.p1-1-{101 + number}",
                "received_by": f"{name}-agent",
            }
            what = REPAIR if repair else {"subcategory": estate.dice.choice(("noise", "parking"))}
            channel = "app" if number % 2 else "hotline"  # what comes by the app is confirmed by a message
            forms.append(("intake.receive", request(**person, **what, channel=channel)))
        answers = await self._send(INTAKE, estate, "receive", at, *forms)
        for case, answer in zip(estate.cases, answers, strict=True):
            case.update(id=answer.answer["case_id"], customer=answer.answer["customer_ref"])
        members = dict.fromkeys(case["customer"] for case in estate.cases)
        await self._send(LOYALTY, estate, "join", at, *(("loyalty.join", {"customer_ref": one}) for one in members))

    async def _handle(self, estate: Estate, at: datetime) -> None:
        of_dispatch: list[tuple[str, dict[str, Any]]] = []
        of_intake: list[tuple[str, dict[str, Any]]] = []
        for case in estate.cases:
            about = {"case_id": case["id"]}
            if case["repair"] and case["fate"] != "withdrawn":
                # An engineer looks at it first: the contractor is called with that (DSP-10).
                of_dispatch.append(("dispatch.assess", about | {"finding": "justified"}))
            if case["fate"] == "withdrawn":
                of_intake.append(("intake.withdraw", about | {"by": "customer"}))
            elif case["fate"] == "waits":
                until = (at + timedelta(days=3)).isoformat()
                of_dispatch.append(("dispatch.wait", about | {"until": until, "reason": "customer_away"}))
            elif case["fate"] == "done":
                names = ("arrive", "finish") if case["repair"] else ("pass-on", "assess", "answer", "report", "resolve")
                said = {"resolve": {"how": "handled"}, "assess": {"finding": "justified"}}
                of_dispatch += [(f"dispatch.{name}", about | said.get(name, {})) for name in names]
        await self._send(DISPATCH, estate, "handle", at, *of_dispatch)
        await self._send(INTAKE, estate, "withdraw", at + timedelta(minutes=5), *of_intake)

    async def _call_back(self, estate: Estate, at: datetime) -> None:
        calls: list[tuple[str, dict[str, Any]]] = []
        estate.calls += 1
        for case in estate.cases:
            about = {"callback_id": callback_id(case["id"], estate.calls), "by": f"{estate.name}-agent"}
            if case["fate"] != "done":
                continue
            if estate.dice.random() < 0.15:
                calls.append(("followup.no-answer", about))
            else:
                case["satisfied"] = estate.dice.random() < 0.7 or estate.calls > 1
                said = {"satisfied": case["satisfied"], "score": 90 if case["satisfied"] else 30}
                calls.append(("followup.complete-callback", about | said))
        await self._send(FOLLOWUP, estate, f"call-{estate.calls}", at, *calls)

    async def _handle_again(self, estate: Estate, at: datetime) -> None:
        orders: list[tuple[str, dict[str, Any]]] = []
        for case in estate.cases:
            about = {"case_id": case["id"]}
            if case["fate"] == "ignored" and case["repair"]:
                decided = {"accept": True, "replacement_id": f"{estate.name}-bo", "price_fen": 80_000}
                orders += [("dispatch.decide-reentrusting", about | decided), ("dispatch.finish", about)]
            elif case["fate"] in ("done", "waits") and not case.get("satisfied", False):
                names = ("arrive", "finish") if case["repair"] else ("resolve",)
                orders += [(f"dispatch.{name}", about) for name in names]
        await self._send(DISPATCH, estate, "again", at, *orders)

    async def _pay(self, estate: Estate, at: datetime) -> None:
        deductions = await self._patiently(
            lambda: self._pages(WARRANTY, "/deductions", status="unconfirmed", prefix=f"k-{estate.name}.")
        )
        signed = [("warranty.confirm-deduction", {"deduction_id": one}) for one in deductions]
        await self._send(WARRANTY, estate, "confirm", at, *signed)
        members = dict.fromkeys(case["customer"] for case in estate.cases)
        spent = [
            ("loyalty.spend", {"customer_ref": one, "points": 10, "cause_id": f"{estate.name}-bill-{number}"})
            for number, one in enumerate(members)
        ]
        await self._send(LOYALTY, estate, "spend", at, *spent)

    # -- sending ----------------------------------------------------------------------------------------------------

    async def _send(
        self, service: str, estate: Estate, what: str, at: datetime, *bodies: tuple[str, dict[str, Any]]
    ) -> list[Answer]:
        """Send commands a few at a time, each a second after the one before; again under their ids until answered."""
        commands = [
            Command(name, f"{estate.name}-{what}-{number}", body, self._instant(at, number))
            for number, (name, body) in enumerate(bodies)
        ]
        answers: list[Answer] = []
        for start in range(0, len(commands), CHUNK):
            chunk = commands[start : start + CHUNK]
            answers += await self._patiently(lambda chunk=chunk: self._answered(service, chunk))
            await asyncio.sleep(self.size.pace_s)
        for answer in answers:
            assert answer.status < 500, f"{service} failed at {answer.id}: {answer.problem}"
            self.answers[answer.id] = answer.code or DONE
        return answers

    def _date(self, before: timedelta) -> str:
        return (self.first + before).date().isoformat()

    def _instant(self, at: datetime, second: int) -> datetime | None:
        """A command's own: only the stepped clock takes any."""
        return at + timedelta(seconds=second) if self.now is None else None

    async def _answered(self, service: str, commands: Sequence[Command]) -> list[Answer]:
        names = {command.id for command in commands}
        self.asked_again |= names & self._asked
        self._asked |= names
        answers = await self.client.commands(service, commands)
        if any(answer.status in _UNSURE for answer in answers):
            raise Complaint("未就绪", "not ready")
        return answers

    async def _pages(self, service: str, path: str, *, prefix: str, **params: str) -> list[str]:
        return [one["id"] async for one in self.client.pages(service, path, **params) if one["id"].startswith(prefix)]

    async def _patiently(self, ask: Any) -> Any:  # noqa: ANN401 - as it answers
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return await ask()
            except Complaint as complaint:
                if time.monotonic() >= deadline or not _passes(complaint):
                    raise
                await asyncio.sleep(_AGAIN_S)


def _counted(estate: str) -> dict[str, Any]:
    """The closing callbacks of the estate's contract, all made."""
    homes = {"occupied_homes": 10, "called_back_homes": 10, "sheets_signed": 10}
    return {"contract_id": f"k-{estate}", "estate_id": estate, **homes}


def _passes(complaint: Complaint) -> bool:
    """Whether it was about reaching the service, not about what was said."""
    return any(
        words in complaint.words.en
        for words in ("can't be reached", "did not answer", "not ready", "(502)", "(503)", "(504)")
    )
