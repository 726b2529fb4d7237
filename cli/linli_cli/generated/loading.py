"""Which states an input may load: read from the code of its `needs`, without running it."""

from collections.abc import Callable, Iterator
from types import CodeType, FunctionType
from typing import Any

from linli_messaging.service_map import ServiceMap
from linli_rulebook.decision import State

_DEEPEST = 4
"""`needs` name their states in place or in a function or two below; deeper there are only libraries."""


def may_load(needs: Callable[..., Any], service: ServiceMap) -> tuple[str, ...]:
    """The names of the states that the code of `needs` mentions, in the order of the map."""
    mentioned = set(_mentioned(needs, _DEEPEST))
    return tuple(state.__name__ for state in service.states if state in mentioned)


def _mentioned(function: object, depth: int) -> Iterator[type[State]]:
    if not isinstance(function, FunctionType) or depth == 0:
        return
    for name in _names(function.__code__):
        found = function.__globals__.get(name)
        if isinstance(found, type) and issubclass(found, State):
            yield found
        elif isinstance(found, FunctionType) and found.__module__.startswith("linli_"):
            yield from _mentioned(found, depth - 1)
    for enclosed in function.__closure__ or ():
        yield from _mentioned(enclosed.cell_contents, depth - 1)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
