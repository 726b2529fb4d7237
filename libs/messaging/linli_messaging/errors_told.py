"""What logs and operators are told of an error: its kind and place, not what it was about (INT-13).

Drivers and validators quote the values that they refuse, and in intake these are people's names and words. No logging,
no decisions.
"""

import traceback
from collections.abc import Callable, Iterator

import asyncpg
from pydantic import ValidationError


def text_of(error: BaseException) -> str:
    """What an error says, without the row, the argument or the input that the database or a validator quotes."""
    if isinstance(error, asyncpg.DataError):
        return f"the database refused a value ({error.sqlstate})"
    if isinstance(error, asyncpg.PostgresError):
        return str(error.args[0]) if error.args else ""  # its detail shows the row
    if isinstance(error, ValidationError):
        return f"{error.title}: {', '.join(sorted({str(one['type']) for one in error.errors(include_input=False)}))}"
    return str(error)


def kind_of(error: BaseException) -> str:
    """As :func:`text_of`, and nothing of what any other error says: whatever is raised while people's words are in hand
    may quote them.
    """
    return text_of(error) if isinstance(error, asyncpg.PostgresError | ValidationError) else ""


def summary_of(error: BaseException, saying: Callable[[BaseException], str] = text_of) -> str:
    """An error's type and what it is ``saying``, in one line."""
    name, said = type(error).__name__, saying(error)
    return f"{name}: {said}" if said else name


def stack_of(error: BaseException, saying: Callable[[BaseException], str] = text_of) -> str:
    """The frames of an error and of what led to it, the first one first; each with its type and what it says."""
    return "\nwhile that was handled:\n".join(reversed(list(_chain(error, saying))))


def _chain(error: BaseException | None, saying: Callable[[BaseException], str]) -> Iterator[str]:
    known: set[int] = set()
    while error is not None and id(error) not in known:
        known.add(id(error))
        yield "".join([*traceback.format_tb(error.__traceback__), summary_of(error, saying)])
        if isinstance(error, BaseExceptionGroup):
            for one in error.exceptions:
                yield stack_of(one, saying)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
