"""The version of a state: what a client saw of it (`ETag`), and may name when it asks for a change (`If-Match`). Pure.

It follows from what the state holds, so that it is the same in every process and after every restart, and costs nothing
to whoever does not ask. Whether it still stands is decided with the command, under the lock of its lane.
"""

from collections.abc import Set as AbstractSet
from dataclasses import replace
from hashlib import sha256
from typing import Final

import orjson
from linli_rulebook.decision import Refusal, State

ANY: Final = "*"
"""Stands for every version: there is such a state at all."""
_CHARACTERS: Final = 32
"""128 bits: two versions of one state are never told the same by chance."""


def version_of(state: State) -> str:
    """A short text that is the same for the same content, whatever order its mappings were stored in."""
    content = orjson.dumps(orjson.loads(state.stored()), option=orjson.OPT_SORT_KEYS)
    return sha256(content).hexdigest()[:_CHARACTERS]


def stored_version(kind: type[State], stored: str) -> str:
    """The version of a state, from the text in which it is stored."""
    return version_of(kind.model_validate_json(stored))


def stale(expected: AbstractSet[str] | None, state: State | None) -> Refusal | None:
    """The refusal of a command that names other versions than the one that stands; it names that one.

    None: that one is expected, or none at all is. Without a state none stands; that it is not there, its rule may say
    by a name of its own.
    """
    if expected is None:
        return None
    if state is None:
        return NOTHING_STANDS
    standing = version_of(state)
    return None if expected & {standing, ANY} else refused_as_stale(standing)


def refused_as_stale(standing: str) -> Refusal:
    """The version that a client named no longer stands: ``standing`` does."""
    return Refusal(
        "stale-version",
        "DSP-19",
        "该事项在您查看之后已有变动，未作任何更改；请重新查看后再提交。",
        "It has changed since you looked, and nothing was done; look again before you ask.",
        412,
        (("If-Match", f'"{standing}"'),),
    )


NOTHING_STANDS: Final = replace(
    refused_as_stale(""), fields=(("If-Match", "无：尚无此事项 / nothing: there is no such thing yet"),)
)
"""A version of what is not there; the command would have made it."""
