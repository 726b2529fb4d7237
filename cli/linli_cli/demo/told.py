"""How the fixed stories went, in short, from the timelines of their cases; and one of them in full."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from rich.table import Table

from linli_cli.client.client import Client
from linli_cli.client.together import together
from linli_cli.demo.calls import ZONE
from linli_cli.demo.deposits import STORY_CONTRACT
from linli_cli.demo.scripts import Scripts
from linli_cli.demo.stories import (
    ABSENT_CONTRACTOR,
    COLLECTIVE,
    DEAR_SERVICE,
    DECORATION,
    SILENT_DEPARTMENT,
    UNSATISFIED,
)
from linli_cli.demo.tables import yuan
from linli_cli.language import Words, words
from linli_cli.timeline import Entry, timeline_of

_MARKS: Final[Mapping[str, tuple[str, ...]]] = {
    COLLECTIVE: ("ComplaintReceived", "ComplaintsLinked", "ComplaintGraded", "TicketResolved", "TicketClosed"),
    ABSENT_CONTRACTOR: (
        "ContractorNotified", "ReentrustingProposed", "ApprovalAsked", "RepairReentrusted", "DepositDeducted",
        "RepairDone", "TicketClosed", "DeductionConfirmed",
    ),
    UNSATISFIED: ("RepairDone", "CallbackCompleted", "TicketReopened", "TicketClosed"),
    SILENT_DEPARTMENT: ("TicketPassedOn", "DeadlineMissed", "TicketEscalated", "DepartmentAnswered", "TicketClosed"),
    DECORATION: ("StepDone", "StepFailed", "TicketClosed"),
    DEAR_SERVICE: ("CustomerQuoted", "QuotationAnswered", "StepDone", "StepFailed", "TicketClosed"),
}  # fmt: skip
"""The facts that tell each story."""
_TITLES: Final = {
    COLLECTIVE: Words("集体投诉逐渐升级", "a collective complaint grows"),
    ABSENT_CONTRACTOR: Words("施工单位不来", "a contractor does not come"),
    UNSATISFIED: Words("回访不满意", "an unsatisfied callback"),
    DECORATION: Words("装修：登记、审核、动火、巡查", "a decoration with its hot-work permit"),
    DEAR_SERVICE: Words("特约服务：报价太贵", "a special service, first quoted too dear"),
    SILENT_DEPARTMENT: Words("国庆假期部门不答复", "a department silent over the National Day week"),
}
_FIELDS: Final = (
    "level",
    "people",
    "round",
    "satisfied",
    "clock",
    "step",
    "blueprint_step",
    "accepted",
    "reason",
    "desk",
    "office",
    "contractor_id",
    "replacement_id",
)


async def stories_table(client: Client, scripts: Scripts) -> Table:
    """Each story's main facts with their local times; last the release that was blocked and then paid."""
    table = Table(title=words("固定情节", "the fixed stories"), title_justify="left")
    table.add_column(words("情节", "story"), overflow="fold")
    table.add_column(words("经过", "what happened"), overflow="fold")
    cases = [scripts.case_in(story) for story in _MARKS]
    for story, case, entries in zip(
        _MARKS, cases, await together(timeline_of(client, case) for case in cases), strict=True
    ):
        lines = [_line(entry) for entry in entries if entry.kind == "event" and entry.what in _MARKS[story]]
        table.add_row(f"{_TITLES[story]}\n{case}", "\n".join(lines), end_section=True)
    releases = await client.get("warranty", "/releases", contract_id=STORY_CONTRACT)
    title = Words("返还受阻，后来付清", "a release blocked, later paid")
    table.add_row(f"{title}\n{STORY_CONTRACT}", "\n".join(map(_release, _by_time(releases["items"]))))
    return table


def _line(entry: Entry) -> str:
    facts = " ".join(f"{name}={entry.facts[name]}" for name in _FIELDS if entry.facts.get(name) is not None)
    money = f" {yuan(entry.facts[name])}" if (name := _amount(entry.facts)) else ""
    return f"{entry.at.astimezone(ZONE):%m-%d %H:%M} {entry.what} {facts}{money}".rstrip()


def _amount(facts: Mapping[str, Any]) -> str | None:
    return next((name for name in ("amount_fen", "price_fen") if name in facts), None)


def _by_time(releases: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(releases, key=lambda release: str(release["requested_at"]))


def _release(release: Mapping[str, Any]) -> str:
    line = f"{str(release['requested_at'])[:10]} {release['id']}: {release['status']}"
    if release["status"] == "paid":
        return f"{line} {yuan(release['amount_fen'])}, {str(release['paid_at'])[:10]}"
    return "\n".join([line, *(f"  ✗ {gate['gate']} ({gate['rule']}): {gate['why']}" for gate in release["gates"])])
