"""`linli policy`: what the policy says at a place and an instant, and who said so (ORG-01, ORG-02)."""

from typing import Annotated

from cyclopts import App, Parameter
from linli_rulebook import PolicyBook
from linli_rulebook.errors import RulebookError
from linli_rulebook.explaining import document_of
from linli_rulebook.policy import Policy
from linli_rulebook.values import in_words
from linli_runtime.clock import SystemClock
from rich.table import Table

from linli_cli.commands.instants import instant_of
from linli_cli.commands.running import AsJson
from linli_cli.complaint import Complaint
from linli_cli.console import ERR, OUT, write_json
from linli_cli.language import Words, heading, words
from linli_cli.places import policy_dir

POLICY = App(name="policy")
Region = Annotated[str | None, Parameter(help="A region's refinements.")]
Estate = Annotated[str | None, Parameter(help="An estate's refinements (its region's too).")]
At = Annotated[str | None, Parameter(help="The version in force at this instant (default: now).")]


@POLICY.command
def explain(
    entry: str, /, *, region: Region = None, estate: Estate = None, at: At = None, as_json: AsJson = False
) -> int:
    """Explain one entry: its value, the rule it serves, which file at which level set it, and what that overrode."""
    policy = _policy(region, estate, at)
    if entry not in policy.entries:
        near = (
            ", ".join(name for name in sorted(policy.entries) if entry.rsplit(".", maxsplit=1)[-1] in name)
            or "linli policy list"
        )
        raise Complaint(f"没有规则参数 {entry}（参见：{near}）", f"the policy has no entry {entry} (see: {near})")
    found = policy.explain(entry)
    if as_json:
        write_json(document_of(found))
        return 0
    OUT.print(f"{found.name} = {in_words(found.value)}", style="bold", markup=False)
    OUT.print(words(found.zh, found.en), markup=False)
    table = Table(box=None, show_header=False)
    table.add_row(words("规则", "rule"), found.rule)
    table.add_row(words("版本", "version"), found.version)
    table.add_row(words("来源", "set by"), f"{found.level} · {found.file}")
    if found.reason:
        table.add_row(words("理由", "reason"), found.reason)
    if found.assumed_why:
        table.add_row(words("假定", "assumed"), found.assumed_why)
    for outer in reversed(found.overridden):
        table.add_row(words("覆盖", "instead of"), f"{in_words(outer.value)} · {outer.level} · {outer.file}")
    OUT.print(table)
    return 0


@POLICY.command(name="list")
def list_entries(
    *,
    area: Annotated[str | None, Parameter(help="One area only, such as dispatch.")] = None,
    region: Region = None,
    estate: Estate = None,
    at: At = None,
    as_json: AsJson = False,
) -> int:
    """List all entries with their values, rules and levels."""
    policy = _policy(region, estate, at)
    areas = sorted({name.partition(".")[0] for name in policy.entries})
    if area is not None and area not in areas:
        raise Complaint(
            f"没有规则领域 {area}（现有：{', '.join(areas)}）",
            f"the policy has no area {area} (there are {', '.join(areas)})",
        )
    found = [policy.explain(name) for name in sorted(policy.entries) if area is None or name.startswith(f"{area}.")]
    if as_json:
        write_json([document_of(each) for each in found])
        return 0
    table = Table()
    table.add_column(heading("参数", "entry"), no_wrap=True)
    for zh, en in (("值", "value"), ("规则", "rule"), ("级别", "level"), ("含义", "means")):
        table.add_column(heading(zh, en))
    for each in found:
        level = f"{each.level}{words('（假定）', ' (assumed)') if each.assumed else ''}"
        table.add_row(each.name, in_words(each.value)[:60], each.rule, level, words(each.zh, each.en))
    OUT.print(table)
    return 0


def _policy(region: str | None, estate: str | None, at: str | None) -> Policy:
    instant = instant_of(at, "--at") if at is not None else SystemClock().now()
    try:
        book = PolicyBook.load(policy_dir())
        policy = book.policy(book.version_in_force(instant), region=region, estate=estate)
    except RulebookError as error:
        raise Complaint(f"规则有误：{error}", f"the policy can't be read: {error}") from error
    _say_what_is_inherited(policy, region, estate)
    return policy


def _say_what_is_inherited(policy: Policy, region: str | None, estate: str | None) -> None:
    """Beside the output, whatever its form: a place may well have no file, and a name that is misspelt has none."""
    of_region = Words(f"区域 {policy.region} ", f"region {policy.region}") if policy.region else None
    group = Words("集团", "the group")
    for what, asked, found, outer in (
        (Words("区域", "region"), region, policy.region, group),
        (Words("小区", "estate"), estate, policy.estate, of_region or group),
    ):
        if asked is not None and found is None:
            said = words(
                f"规则中没有{what.zh} {asked} 的文件：取{outer.zh}的值",
                f"the policy has no file for the {what.en} {asked}: it has the values of {outer.en}",
            )
            ERR.print(said, style="yellow", markup=False, soft_wrap=True)
