"""Doing several things at the same time, so that one failure stops the others and is raised as itself."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


async def together(coroutines: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """The results in the order given; the first error cancels what is still under way and is raised."""
    tasks: list[asyncio.Task[T]] = []
    try:
        async with asyncio.TaskGroup() as group:
            tasks.extend(group.create_task(coroutine) for coroutine in coroutines)
    except BaseExceptionGroup as group_of_errors:
        error: BaseException = group_of_errors
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        raise error from group_of_errors
    return [task.result() for task in tasks]
