"""What those are told who wait for the loop and get nothing: records come again, clients may repeat. No decisions."""

import asyncio
from collections.abc import Iterable, Sequence

from linli_messaging.inputs import CommandInput, Input, Passing, Record
from linli_messaging.lanes.restored import SuspendedError, WentBackError

Batch = tuple[Sequence[Record], "asyncio.Future[None]"]
"""Records of the bus, and the future of who handed them over."""


class OverloadedError(RuntimeError):
    """Too many commands wait, or nobody takes them now; the caller shall come back later."""


def refuse(batches: Iterable[Batch], commands: Iterable[CommandInput], error: BaseException) -> None:
    """Tell those who wait that nothing of theirs is known to be committed."""
    for _, done in batches:
        if not done.done():
            done.set_exception(error if isinstance(error, Exception) else ConnectionError("the service is stopping"))
    for command in commands:
        if not command.answered.done():
            command.answered.set_exception(to_clients(error))


def to_clients(error: BaseException | None) -> Exception:
    """What clients are told: a database put back under us is a restored one, whoever runs next on it."""
    return SuspendedError() if isinstance(error, SuspendedError | WentBackError) else OverloadedError()


def commands_of(inputs: Iterable[Input | Passing]) -> list[CommandInput]:
    """Those of a batch that somebody waits for at the door."""
    return [item for item in inputs if isinstance(item, CommandInput)]
