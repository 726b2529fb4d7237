"""A repair by our own staff, from the call to the member's points, as the clients of all five services see it.

Received, graded, opened, assigned, coverage asked and answered, repaired, called back the next day, closed, points
earned: eleven facts and three commands. The same residents call again day after day, as some do.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from linli_cli.client.answers import Answer, Command
from linli_cli.client.client import Client

ENGINEERS: Final = 5
"""An estate's: two days' requests are in their hands at a time, and none may have more than 20 (DSP-08)."""
START: Final = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)
"""A Monday, 10:00 in Shanghai: inside everybody's hours, like the same hour of all days that follow."""
APART: Final = (timedelta(hours=6), timedelta(hours=18))
"""From a wave to the next, turn about: 10:00 and 16:00. What comes in one is repaired in the next, before anybody is
told that its first assessment is due (INT-09)."""
UNCALLED: Final = 2
"""The waves right after `found` in which nobody is called back yet: a callback is made a day after the repair."""
REST_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class Town:
    """Estates, and who of the residents lives where."""

    estates: int = 40
    skewed: bool = False
    """One estate is home to every other resident, and so half of the load."""

    def place_of(self, resident: int) -> tuple[int, int]:
        """The estate and the home in it."""
        if not self.skewed:
            return resident % self.estates, resident // self.estates
        half = resident // 2
        return (0, half) if resident % 2 else (1 + half % (self.estates - 1), half // (self.estates - 1))

    def homes_of(self, residents: int) -> dict[int, int]:
        """How many homes each estate needs for this many residents; one at least."""
        homes = dict.fromkeys(range(self.estates), 1)
        for resident in range(residents):
            estate, home = self.place_of(resident)
            homes[estate] = max(homes[estate], home + 1)
        return homes


TOWN: Final = Town()


class RepairLives:
    """Plays a wave at a time, two a day, and each as a desk sees it: new requests come in, those of the wave before are
    repaired, those that were repaired a day ago are called back, all side by side.
    """

    def __init__(self, client: Client, wave: int, town: Town = TOWN) -> None:
        """`wave` requests a time, each of another resident of the town."""
        self.client = client
        self.town = town
        self.wave = wave
        self.others_closed = 0
        """Closed cases that were stored and not played."""
        self._played = 0
        self._at = START
        self._open: list[str] = []
        """Received, and not repaired yet."""
        self._repaired = [0, 0]
        """In the wave before the last one, and in the last: the former are to be called back next."""
        self._closed = 0

    async def found(self) -> None:
        """Estates with homes and people, and the first wave's residents, who join the owners' club."""
        await self.client.set_clock(self._at)
        await found_estates(self.client, self.wave, START, self.town)
        answers = await self._receive()
        refs = [str(answer.answer["customer_ref"]) for answer in answers]
        await _do(
            self.client, "loyalty", [Command("loyalty.join", f"j{ref}", {"customer_ref": ref}, START) for ref in refs]
        )
        await self.client.wait_until_rest(REST_S)

    async def waves(self, count: int) -> None:
        """This many waves of whole lives; the first `UNCALLED` ones after `found` are without calls."""
        for _ in range(count):
            self._at += APART[self._played % len(APART)]
            self._played += 1
            await self.client.set_clock(self._at)
            await self.client.wait_until_rest(REST_S)
            opened, to_call_back = self._open, self._repaired.pop(0)
            await asyncio.gather(self._receive(), self._repair(opened), self._call_back(to_call_back))
            await self.client.wait_until_rest(REST_S)
        figures = await self.client.get("dispatch", "/figures")
        closed = figures["closed"] - self.others_closed
        if closed != self._closed:
            raise RuntimeError(f"{closed} cases were closed, not {self._closed}")

    async def _receive(self) -> list[Answer]:
        answers = await _do(self.client, "intake", [self._request(number) for number in range(self.wave)])
        self._open = [str(answer.answer["case_id"]) for answer in answers]
        return answers

    async def _repair(self, cases: Sequence[str]) -> None:
        finished = [Command("dispatch.finish", f"f{case}", {"case_id": case}, self._at) for case in cases]
        await _do(self.client, "dispatch", finished)
        self._repaired.append(len(cases))

    async def _call_back(self, expected: int) -> None:
        due = [item["id"] async for item in self.client.pages("followup", "/callbacks", status="due", limit=500)]
        if len(due) != expected:
            raise RuntimeError(f"{len(due)} callbacks are due, not {expected}")
        said = {"satisfied": True, "score": 90, "by": "bench"}
        calls = [
            Command("followup.complete-callback", f"c{one}", {"callback_id": one, **said}, self._at) for one in due
        ]
        await _do(self.client, "followup", calls)
        self._closed += len(calls)

    def _request(self, number: int) -> Command:
        body = resident(number, f"1{number:010d}", self.town)
        return Command("intake.receive", f"q{self._played}-{number}", body, self._at)


async def found_estates(client: Client, residents: int, at: datetime | None, town: Town = TOWN) -> None:
    """Estates with homes for so many residents, and their people; returns when every service knows them.

    ``at``: the stepped clock's instant; None on the system clock.
    """
    homes = town.homes_of(residents)
    await _do(client, "dispatch", [_estate(number, at) for number in homes])
    await _do(client, "dispatch", [_homes(number, count, at) for number, count in homes.items()])
    await _do(client, "dispatch", [_people(number, at) for number in homes])
    await client.wait_until_rest(REST_S)


async def _do(client: Client, service: str, commands: Sequence[Command]) -> list[Answer]:
    answers = await client.commands(service, commands)
    refused = [answer for answer in answers if not answer.done]
    if refused:
        raise RuntimeError(f"{service} refused {refused[0].id}: {refused[0].why}")
    return answers


def resident(number: int, contact: str, town: Town = TOWN) -> dict[str, str]:
    """A resident's request for a repair, as the body of a command."""
    estate, home = town.place_of(number)
    return {
        "estate_id": f"e{estate}",
        "home_id": f"e{estate}.1-1-{home}",
        "kind": "repair",
        "category": "engineering_quality",
        "subcategory": "leak",
        "trade": "plumbing",
        "channel": "hotline",
        "customer_kind": "owner",
        "name": "基准",
        "contact": contact,
        "what_happened": "厨房水管漏水",
        "expects": "尽快维修",
        "received_by": f"agent-{estate}",
    }


def _estate(number: int, at: datetime | None) -> Command:
    body = {"estate_id": f"e{number}", "region_id": "bench", "project_id": "p", "name": "基准"}
    return Command("dispatch.register-estate", f"e{number}", body, at)


def _homes(number: int, homes: int, at: datetime | None) -> Command:
    """Handed over so long ago that no warranty covers anything: our own staff repair."""
    lines = [
        {"home_id": f"e{number}.1-1-{home}", "phase": "1", "building": "1", "handed_over_on": "2005-06-01"}
        for home in range(homes)
    ]
    return Command("dispatch.register-homes", f"h{number}", {"estate_id": f"e{number}", "homes": lines}, at)


def _people(number: int, at: datetime | None) -> Command:
    agent = {"staff_id": f"agent-{number}", "role": "agent", "desk": "service_centre"}
    engineers = [
        {"staff_id": f"engineer-{number}-{one}", "role": "repair_engineer", "desk": "repair", "skills": ["plumbing"]}
        for one in range(ENGINEERS)
    ]
    return Command("dispatch.roster-staff", f"r{number}", {"estate_id": f"e{number}", "staff": [agent, *engineers]}, at)
