"""`linli status`: how far every service is, and whether all that was told has been handled (delivery promise 10)."""

import asyncio
from collections.abc import Iterator
from typing import Any, Final

from linli_contracts.topics import SERVICES
from rich.box import SIMPLE_HEAD
from rich.table import Table

from linli_cli.client.client import Client
from linli_cli.client.rest import Reading, at_rest, producers_of
from linli_cli.commands.running import AsJson, Data, running
from linli_cli.complaint import Complaint
from linli_cli.console import OUT, write_json
from linli_cli.language import Words, heading, words
from linli_cli.stack.state_file import StackState

_PAUSES_S: Final = (0.05, 0.1, 0.2, 0.4)
"""What is just passing through takes less than this; a system that works for longer is not at rest."""


async def status(*, data: Data = None, as_json: AsJson = False) -> int:
    """Show each service's instant, heads, lags, timers and what is parked. Exit code: 0 at rest, else 1."""
    async with running(data, tries=1) as (client, state):
        readings, reasons = await _settled(client)
    if as_json:
        write_json(_document(state, readings, reasons))
    else:
        OUT.print(_table(readings))
        if state is not None:
            OUT.print(f"{state.deployment} · {state.broker_kind} · {state.postgres_kind}", style="dim", markup=False)
        set_aside = sum(reading.parked for reading in readings.values())
        for line in [*reasons, *_effects(readings)]:
            OUT.print(f"• {line}", style="yellow", markup=False)
        if not reasons:
            OUT.print(_at_rest(set_aside), style="yellow" if set_aside else "bold green")
    return 1 if reasons else 0


def _at_rest(set_aside: int) -> str:
    """What is parked keeps nothing from rest, and is not handled: a person decides about it."""
    if set_aside:
        return words(
            f"系统静止：{set_aside} 条已搁置，待人工处理（linli parked）",
            f"at rest, but {set_aside} parked: a person decides about them (linli parked)",
        )
    return words("系统静止：全部事实均已处理", "at rest: everything has been handled")


async def _settled(client: Client) -> tuple[dict[str, Reading], list[Words]]:
    """The readings as soon as they show rest, else the last ones with the reasons why not."""
    previous, _ = await _read(client)
    for pause_s in _PAUSES_S:
        readings, reasons = await _judged(client, previous)
        if not reasons:
            return readings, []
        previous = readings
        await asyncio.sleep(pause_s)
    return await _judged(client, previous)


async def _judged(client: Client, previous: dict[str, Reading]) -> tuple[dict[str, Reading], list[Words]]:
    readings, away = await _read(client)
    return readings, [*away, *at_rest(readings, previous, producers_of(SERVICES))]


async def _read(client: Client) -> tuple[dict[str, Reading], list[Words]]:
    """The readings of all who answer, and who does not."""

    async def read(service: str) -> Reading | Words:
        try:
            return Reading.model_validate(await client.get(service, "/rest"))
        except Complaint as complaint:
            return complaint.words

    answers = await asyncio.gather(*map(read, client.addresses))
    readings = {answer.service: answer for answer in answers if isinstance(answer, Reading)}
    return readings, [answer for answer in answers if isinstance(answer, Words)]


def _lags(reading: Reading, readings: dict[str, Reading]) -> dict[str, int]:
    producers = producers_of((reading.service,))[reading.service]
    return {name: reading.lag_behind(readings[name]) for name in producers if name in readings}


def _effects(readings: dict[str, Reading]) -> Iterator[Words]:
    """Outside effects that wait, failed or are unknown: none keeps the system from rest, and somebody should know."""
    for name, reading in readings.items():
        found = reading.effects
        if found.waiting or found.failed or found.unknown:
            yield Words(
                f"{name}：外发事项 {found.waiting} 个等待，{found.failed} 个失败，{found.unknown} 个结果不明",
                f"{name}: outside effects: {found.waiting} wait, {found.failed} failed, {found.unknown} unknown",
            )


def _document(state: StackState | None, readings: dict[str, Reading], reasons: list[Words]) -> dict[str, Any]:
    return {
        "at_rest": not reasons,
        "reasons": [reason._asdict() for reason in reasons],
        "deployment": state and state.deployment,
        "clock": next((reading.clock for reading in readings.values()), None),
        "broker": state and state.broker_kind,
        "services": {
            name: {**reading.model_dump(mode="json"), "told": reading.told, "lag": _lags(reading, readings)}
            for name, reading in readings.items()
        },
    }


def _table(readings: dict[str, Reading]) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column(heading("服务", "service"), no_wrap=True)
    table.add_column(heading("时刻", "at (UTC)"), no_wrap=True)
    for zh, en in (
        ("已发布", "told"),
        ("落后", "lag"),
        ("到期", "due"),
        ("早到", "early"),
        ("搁置", "parked"),
        ("缺口", "gaps"),
        ("排队", "queued"),
    ):
        table.add_column(heading(zh, en), justify="right", no_wrap=True)
    for name, reading in readings.items():
        lags = ", ".join(f"{producer} {lag}" for producer, lag in _lags(reading, readings).items() if lag)
        unsent = reading.told - sum(reading.published.values())
        counts = (reading.due, reading.early, reading.parked, reading.gaps, reading.waiting)
        table.add_row(
            name,
            reading.instant.strftime("%Y-%m-%d %H:%M"),
            str(reading.told) if unsent == 0 else f"{reading.told - unsent}/{reading.told}",
            lags or "0",
            *map(str, counts),
        )
    return table
