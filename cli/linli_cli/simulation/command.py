"""`linli simulate`: play a file of dated requests through the services on the stepped clock, under a policy or two."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from cyclopts import Parameter
from linli_rulebook import RulebookError
from linli_rulebook.policy_book import PolicyBook

from linli_cli.commands.running import Limit
from linli_cli.complaint import Complaint
from linli_cli.console import ERR, OUT, as_json, can_be_written
from linli_cli.importing.instants import UnreadableError, read_instant
from linli_cli.importing.mapping import Mapping
from linli_cli.language import Words
from linli_cli.places import policy_dir
from linli_cli.simulation.agenda import Done
from linli_cli.simulation.comparing import Line, compare_fates
from linli_cli.simulation.conductor import LONGEST_WINDOW
from linli_cli.simulation.figures import Result, document
from linli_cli.simulation.outcome import Fate, read_fates
from linli_cli.simulation.people import Customers
from linli_cli.simulation.played import Played, read_requests
from linli_cli.simulation.report import show_result
from linli_cli.simulation.run import Run
from linli_cli.simulation.scratch import scratch_home
from linli_cli.simulation.sides import show_sides, sides_document
from linli_cli.stack import Stack, StackOptions
from linli_cli.stack.signals import stopping_on_signals

_COMPARED: Final = 2
_NAMED: Final = 5
"""Lacking entries that are named; a directory of an older Linli may lack many."""
_MONTH_S: Final = 30 * 86_400.0
"""Long: where much happens, the conductor ends its windows early by itself."""


async def simulate(  # noqa: PLR0913 - each is an option of the command line
    *,
    requests: Annotated[Path, Parameter(help="The file: CSV or JSON lines, .gz or not, or XLSX.")],
    mapping: Annotated[str, Parameter(help="The mapping: a path, or the name of a shipped one.")],
    limit: Limit = None,
    until: Annotated[str | None, Parameter(help="The horizon (default: the last instant in the file).")] = None,
    window: Annotated[float, Parameter(help="The conductor's step, in seconds; it changes no figure.")] = _MONTH_S,
    broker: Annotated[
        str, Parameter(help="auto (Apache Kafka where it can run), kafka, embedded, host:port.")
    ] = "auto",
    json: Annotated[Path | None, Parameter(help="Write the final figures to this file.")] = None,
    unsatisfied: Annotated[float, Parameter(help="The share of customers not satisfied at first.")] = 0.0,
    seed: Annotated[int, Parameter(help="Which customers these are.")] = 1,
    policy: Annotated[
        tuple[Path, ...], Parameter(help="The policy's directory; named twice: both are played and compared.")
    ] = (),
) -> int:
    """Play a file of dated requests and compare the deadlines that were missed with the file's own times.

    With two policies it is played under each, and what they did differently is shown, with the cases behind it.
    """
    if not 0 < window <= LONGEST_WINDOW.total_seconds() or not 0 <= unsatisfied <= 1:
        days = LONGEST_WINDOW.days
        raise Complaint(
            f"--window 须大于 0，最长 {days} 天（以秒计），--unsatisfied 为 0 到 1",
            f"--window is above 0 and at most {days} days (in seconds), --unsatisfied from 0 to 1",
        )
    if json is not None:
        can_be_written(json)
    plan = Mapping.load(mapping)
    played = read_requests(requests, plan, limit)
    if not played.cases:
        raise Complaint(f"{requests} 中没有可重放的行", f"nothing in {requests} can be played")
    horizon = _horizon(until, played, plan)
    policies = _policies(policy)
    storms = frozenset().union(*(storm_subcategories(_book(directory)) for directory in policies))
    run = Run(plan, played, horizon, timedelta(seconds=window), Customers(unsatisfied, seed), storms)
    ends: list[End] = []
    for directory in policies:
        end = await _play(run, directory, broker, compared=len(policies) > 1)
        show_result(OUT, end.result, played, end.wall_s, ZoneInfo(plan.zone))
        ends.append(end)
    documents = [document(end.result, played, end.about) for end in ends]
    lines: list[Line] = []
    if len(ends) > 1:
        lines = compare_fates(ends[0].fates, ends[1].fates, ZoneInfo(plan.zone))
        show_sides(OUT, lines, [directory.name for directory in policies])
    if json is not None:
        text = documents[0] if len(ends) == 1 else {"runs": documents, "compared": sides_document(lines)}
        json.write_text(as_json(text), encoding="utf-8")
    return 0 if all(end.result.holds for end in ends) else 1


@dataclass(frozen=True, slots=True)
class End:
    """How one run ended."""

    result: Result
    fates: dict[str, Fate]
    """By the file's key; only read where two runs are compared."""
    wall_s: float
    about: dict[str, Any]


async def _play(run: Run, policy: Path, broker: str, *, compared: bool) -> End:
    """Play it through a stack of its own."""
    began = time.monotonic()
    with stopping_on_signals(), scratch_home() as home:
        options = StackOptions(
            home=home, broker=broker, clock="stepped", durable=False, settings={"POLICY_DIR": str(policy)}
        )
        async with Stack(options, tell=_tell) as stack:
            OUT.print(f"{stack.bus.kind} · {stack.postgres.kind} · {policy}", style="dim", markup=False)
            result, course, row_of = await run.play(stack)
            keys = {case.row_id: case.key for case in run.played.cases}
            key_of = {case_id: keys[row_id] for case_id, row_id in row_of.items()}
            fates = await read_fates(stack.client, key_of) if compared else {}
            about: dict[str, Any] = {
                "wall_s": round(time.monotonic() - began, 1), "broker": stack.bus.kind,
                "database": stack.postgres.kind, "policy": str(policy),
                "windows": course.windows, "rounds": course.rounds, "steps": course.steps,
                "refused": [_refusal(one) for one in course.refused],
                "peak_memory_bytes": stack.peak_memory_bytes(),
            }  # fmt: skip
    return End(result, fates, time.monotonic() - began, about)


def _policies(named: Sequence[Path]) -> list[Path]:
    """The directories to play under, each readable and whole; a complaint for more than two.

    One that lacks an entry that the policy shipped with this Linli has would have its services stop half-way.
    """
    if len(named) > _COMPARED:
        raise Complaint("--policy 最多两个", "--policy is named twice at most")
    shipped = _entries(_book(policy_dir())) if named else frozenset[str]()
    for directory in named:
        lacking = sorted(shipped - _entries(_book(directory)))
        if lacking:
            first = ", ".join(lacking[:_NAMED])
            raise Complaint(
                f"{directory} 中的规则缺少 {len(lacking)} 项参数：{first}",
                f"the policy in {directory} lacks {len(lacking)} entries: {first}",
            )
    return [directory.absolute() for directory in named or [policy_dir()]]


def _book(directory: Path) -> PolicyBook:
    """The policy in a directory; a complaint where it can't be read."""
    try:
        return PolicyBook.load(directory)
    except (RulebookError, OSError) as error:
        raise Complaint(
            f"规则有误（{directory}）：{error}", f"the policy in {directory} can't be read: {error}"
        ) from error


def _entries(book: PolicyBook) -> frozenset[str]:
    """The names of the entries that every version has."""
    return frozenset.intersection(*(frozenset(book.policy(version).entries) for version in book.versions))


def storm_subcategories(book: PolicyBook) -> frozenset[str]:
    """The sub-categories that show a storm's cause, at any place and in any version."""
    policies = (policy for version in book.versions for policy in book.policies(version))
    causes = (policy.table("storm.causes") for policy in policies)
    return frozenset(subcategory for cause in causes for of_cause in cause.values() for subcategory in of_cause)


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
