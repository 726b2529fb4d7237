"""`linli`: every command in one table, and one place where what goes wrong becomes a line and an exit code."""

import asyncio
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Final

from cyclopts import App, CycloptsError

from linli_cli.complaint import Complaint
from linli_cli.console import ERR
from linli_cli.language import Language, Words, choose, words

USAGE_ERROR: Final = 2
INTERRUPTED: Final = 130

COMMANDS: Final = (
    ("demo", "linli_cli.demo.command:demo", Words("演示：一个物业集团的一年", "a year of a property group, played")),
    ("up", "linli_cli.commands.up:up", Words("启动整套系统", "start everything")),
    (
        "status",
        "linli_cli.commands.status:status",
        Words("系统状态；是否静止", "how it stands; whether all is at rest"),
    ),
    ("audit", "linli_cli.audit.command:audit", Words("核对全部账目与消息", "checks all books and messages")),
    ("trace", "linli_cli.commands.trace:trace", Words("一个工单的全过程", "a case's timeline across all services")),
    ("why", "linli_cli.commands.why:why", Words("每个决定的依据", "each decision's rule, facts and policy")),
    ("import", "linli_cli.commands.import_file:import_file", Words("导入文件中的请求", "bring in a file of requests")),
    (
        "group",
        "linli_cli.commands.group:GROUP",
        Words("导入组织、人员、价格与服务", "bring in the organisation, people, prices, services"),
    ),
    (
        "simulate",
        "linli_cli.simulation.command:simulate",
        Words("按步进时钟重放文件", "play a file on the stepped clock"),
    ),
    ("parked", "linli_cli.commands.parked:PARKED", Words("搁置的消息", "messages that could not be handled")),
    (
        "effects",
        "linli_cli.commands.effects:EFFECTS",
        Words("未发出的消息与推送", "messages and deliveries in question"),
    ),
    ("replay", "linli_cli.commands.replay:replay", Words("重发已记录的事实", "send recorded facts again")),
    ("archive", "linli_cli.commands.archive:archive", Words("把旧事实移入存档", "move old facts into the archive")),
    (
        "restored",
        "linli_cli.commands.restored:restored",
        Words("数据库由备份恢复后继续", "go on after a database was restored from a backup"),
    ),
    ("policy", "linli_cli.commands.policy:POLICY", Words("规则参数及其来源", "the policy and where it comes from")),
    ("token", "linli_cli.commands.token:token", Words("签发访问令牌", "issue an access token")),
)
"""Name, where it is defined (loaded only when it is run), what it does."""


def build() -> App:
    """The application with all its commands."""
    about = Words("邻里：物业集团客户服务系统", "Linli, the customer-service backbone of a property group")
    hint = Words("--lang zh|en|both 选择语言", "--lang zh|en|both chooses the language")
    app = App(name="linli", help=f"{about}\n\n{hint}", version=version("linli-cli"))
    for name, place, what in COMMANDS:
        app.command(place, name=name, help=str(what))
    return app


def run(arguments: Sequence[str]) -> int:
    """Run one command line; its exit code. Complaints are written to standard error."""
    try:
        rest = _choose_language(list(arguments))
        result = build()(rest, exit_on_error=False, print_error=False, result_action="return_value")
    except Complaint as complaint:
        return _complain(str(complaint), complaint.exit_code)
    except CycloptsError as error:
        reason = " ".join(str(error).split())
        return _complain(words(f"命令行有误：{reason}", f"wrong command line: {reason}"), USAGE_ERROR)
    except (KeyboardInterrupt, asyncio.CancelledError):
        return _complain(words("已中断", "interrupted"), INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output has left (`linli trace … | head`); nothing more may be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return result if isinstance(result, int) else 0


def main() -> None:
    """The entry point of the `linli` script."""
    sys.exit(run(sys.argv[1:]))


def _choose_language(arguments: list[str]) -> list[str]:
    """Take `--lang` out of the command line, wherever it stands."""
    rest: list[str] = []
    words_left = iter(arguments)
    for word in words_left:
        name, equals, value = word.partition("=")
        if name != "--lang":
            rest.append(word)
            continue
        chosen = value if equals else next(words_left, "")
        if chosen not in list(Language):
            raise Complaint(
                f"--lang 只能是 zh、en 或 both，而不是 {chosen!r}", f"--lang is zh, en or both, not {chosen!r}"
            )
        choose(Language(chosen))
    return rest


def _complain(text: str, exit_code: int) -> int:
    ERR.print(f"linli: {text}", style="red", markup=False, soft_wrap=True)
    return exit_code


if __name__ == "__main__":
    main()
