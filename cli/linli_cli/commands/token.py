"""`linli token`: an access token of this deployment, for a person or a program."""

from typing import Annotated

from cyclopts import Parameter

from linli_cli.client.scopes import SCOPES
from linli_cli.client.tokens import LIFETIME_S, TokenSigner
from linli_cli.commands.running import Data, home_of
from linli_cli.complaint import Complaint
from linli_cli.console import write_line

_HOUR_S = 3600


def token(
    *,
    scope: Annotated[
        list[str], Parameter(help='What it may do, such as dispatch:read; several times; "*" is everything.')
    ],
    org: Annotated[str, Parameter(help="Where: group, group/<region>, … down to an estate.")] = "group",
    contractor: Annotated[str | None, Parameter(help="The contractor it speaks for.")] = None,
    sub: Annotated[str, Parameter(help="Whose token it is.")] = "operator",
    hours: Annotated[int, Parameter(help="How long it is valid.")] = LIFETIME_S // _HOUR_S,
    data: Data = None,
) -> int:
    """Write a token to standard output, signed with the deployment's key."""
    scopes = [each for several in scope for each in several.replace(",", " ").split()]
    _known(scopes)
    home = home_of(data)
    if not home.private_key.exists():
        raise Complaint(
            f"{home.path} 中没有签名密钥；请先执行一次 linli up",
            f"{home.path} has no token key; run `linli up` there once",
        )
    if hours < 1:
        raise Complaint("--hours 至少为 1", "--hours is at least 1")
    write_line(TokenSigner(home.private_key).mint(scopes, org, contractor, sub, hours * _HOUR_S))
    return 0


def _known(scopes: list[str]) -> None:
    """A complaint about a scope that no service asks for: such a token would be refused wherever it is shown."""
    unknown, allowed = [each for each in scopes if each not in SCOPES], ", ".join(SCOPES)
    if unknown:
        raise Complaint(
            f"没有权限 {', '.join(unknown)}（现有：{allowed}）",
            f"there is no scope {', '.join(unknown)} (there are {allowed})",
        )
    if not scopes:
        raise Complaint(f"--scope 未指定权限（现有：{allowed}）", f"--scope names no scope (there are {allowed})")
