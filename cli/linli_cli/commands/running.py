"""The running stack, as most commands need it, and the options that they share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter, validators

from linli_cli.client.addresses import named_addresses
from linli_cli.client.client import TRIES, Client
from linli_cli.client.tokens import TokenSigner
from linli_cli.stack.home import Home
from linli_cli.stack.state_file import StackState

Data = Annotated[Path | None, Parameter(name="--data", help="The data directory (default: LINLI_HOME, else .linli).")]
AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Write one JSON document instead of a table.")]
Limit = Annotated[int | None, Parameter(help="Only the first so many rows.", validator=validators.Number(gte=1))]
PATIENT: Final = TRIES


def home_of(data: Path | None) -> Home:
    """The data directory that was named, or the default one."""
    return Home(data.absolute()) if data is not None else Home.default()


@asynccontextmanager
async def running(data: Path | None, *, tries: int = PATIENT) -> AsyncIterator[tuple[Client, StackState | None]]:
    """A client of the stack that runs on this directory, or of the services that LINLI_SERVICES names.

    Those are no stack of ours: None beside the client, and their tokens are signed with the key in the directory. A
    complaint when nothing runs, or the key is not there.
    """
    addresses, home, state = named_addresses(), home_of(data), None
    if addresses is None:
        state = StackState.read(home)
        addresses = state.addresses
    async with Client(addresses, TokenSigner(state.token_key if state else home.private_key), tries=tries) as client:
        yield client, state
