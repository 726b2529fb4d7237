"""`linli simulate`: play a file of dated requests through the services on the stepped clock."""

import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from cyclopts import Parameter

from linli_cli.complaint import Complaint
from linli_cli.console import ERR, OUT, as_json
from linli_cli.importing.instants import UnreadableError, read_instant
from linli_cli.importing.mapping import Mapping
from linli_cli.language import Words
from linli_cli.simulation.agenda import Done
from linli_cli.simulation.figures import document
from linli_cli.simulation.people import Customers
from linli_cli.simulation.played import Played, read_requests
from linli_cli.simulation.report import show_result
from linli_cli.simulation.run import Run
from linli_cli.simulation.scratch import scratch_home
from linli_cli.stack import Stack, StackOptions
from linli_cli.stack.signals import stopping_on_signals

_MONTH_S: Final = 30 * 86_400.0
"""Long: where much happens, the conductor ends its windows early by itself."""


async def simulate(  # noqa: PLR0913 - each is an option of the command line
    *,
    requests: Annotated[Path, Parameter(help="The file: CSV or JSON lines, .gz or not.")],
    mapping: Annotated[str, Parameter(help="The mapping: a path, or the name of a shipped one.")],
    limit: Annotated[int | None, Parameter(help="Play the first so many rows only.")] = None,
    until: Annotated[str | None, Parameter(help="The horizon (default: the last instant in the file).")] = None,
    window: Annotated[float, Parameter(help="The conductor's step, in seconds; it changes no figure.")] = _MONTH_S,
    broker: Annotated[
        str, Parameter(help="auto (Apache Kafka where it can run), kafka, embedded, host:port.")
    ] = "auto",
    json: Annotated[Path | None, Parameter(help="Write the final figures to this file.")] = None,
    unsatisfied: Annotated[float, Parameter(help="The share of customers not satisfied at first.")] = 0.0,
    seed: Annotated[int, Parameter(help="Which customers these are.")] = 1,
) -> int:
    """Play a file of dated requests and compare the deadlines that were missed with the file's own times."""
    if window <= 0 or not 0 <= unsatisfied <= 1:
        raise Complaint("--window 须大于 0，--unsatisfied 为 0 到 1", "--window is above 0, --unsatisfied from 0 to 1")
    plan = Mapping.load(mapping)
    began = time.monotonic()
    played = read_requests(requests, plan, limit)
    if not played.cases:
        raise Complaint(f"{requests} 中没有可重放的行", f"nothing in {requests} can be played")
    horizon = _horizon(until, played, plan)
    run = Run(plan, played, horizon, timedelta(seconds=window), Customers(unsatisfied, seed))
    with stopping_on_signals(), scratch_home() as home:
        options = StackOptions(home=home, broker=broker, clock="stepped", durable=False)
        async with Stack(options, tell=_tell) as stack:
            OUT.print(f"{stack.bus.kind} · {stack.postgres.kind}", style="dim", markup=False)
            result, course = await run.play(stack)
            wall_s = time.monotonic() - began
            about: dict[str, Any] = {
                "wall_s": round(wall_s, 1), "broker": stack.bus.kind, "database": stack.postgres.kind,
                "windows": course.windows, "rounds": course.rounds, "steps": course.steps,
                "refused": [_refusal(one) for one in course.refused],
                "peak_memory_bytes": stack.peak_memory_bytes(),
            }  # fmt: skip
    show_result(OUT, result, played, wall_s, ZoneInfo(plan.zone))
    if json is not None:
        json.write_text(as_json(document(result, played, about)), encoding="utf-8")
    return 0 if result.holds else 1


def _horizon(until: str | None, played: Played, mapping: Mapping) -> datetime:
    if until is None:
        return played.last_at
    try:
        horizon = read_instant(until, mapping.instants, ZoneInfo(mapping.zone))
    except UnreadableError as error:
        raise Complaint(f"--until：{error.words.zh}", f"--until: {error.words.en}") from error
    if horizon < played.first_at:
        raise Complaint("--until 早于文件中的第一个时刻", "--until is before the first instant in the file")
    return horizon


def _refusal(one: Done) -> dict[str, Any]:
    step = one.step
    return {"at": step.at, "name": step.name, "id": step.id, "code": one.answer.code, "why": one.answer.why.en}


def _tell(step: Words) -> None:
    ERR.print(f"… {step}", style="dim", markup=False)
