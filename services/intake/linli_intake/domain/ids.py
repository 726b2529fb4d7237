"""The ids that intake gives: each below its key and derived from its cause, so that a repetition names the same."""

import re
from functools import lru_cache
from typing import Final
from uuid import uuid5

from linli_contracts.envelope import NAMESPACE
from linli_contracts.event import ID_PATTERN, KEY_PATTERN
from linli_contracts.lanes import id_under, key_of

HOMELESS: Final = "quarantine"
"""The key of forms that name no known estate."""

_KEY: Final = re.compile(KEY_PATTERN)
_ID: Final = re.compile(ID_PATTERN)
_DIGITS: Final = 12


def is_key(text: str | None) -> bool:
    """Whether the text can be a key (an estate, a member of staff)."""
    return text is not None and _KEY.fullmatch(text) is not None


def is_id(text: str | None) -> bool:
    """Whether the text can be an id below a key (a home, a case)."""
    return text is not None and _ID.fullmatch(text) is not None


def case_id(estate_id: str, cause: str) -> str:
    """The case that a command opens in an estate."""
    return id_under(estate_id, f"c{_digest(cause)}")


def quarantine_id(estate_id: str | None, cause: str) -> str:
    """Where a refused form is kept: in the lane of the known estate it names, else (None) in a lane of its own."""
    return id_under(estate_id or HOMELESS, f"q{_digest(cause)}")


def group_id(estate_id: str, cause: str) -> str:
    """The group that a linking founds in an estate."""
    return id_under(estate_id, f"g{_digest(cause)}")


def message_id(case_id: str, about: str) -> str:
    """The message about a case that is sent once: ``xh01.c9f2`` has the receipt ``xh01.m-receipt-c9f2``."""
    key = key_of(case_id)
    return id_under(key, f"m-{about}-{case_id[len(key) + 1 :]}")


@lru_cache(maxsize=1024)
def _digest(cause: str) -> str:
    return uuid5(NAMESPACE, cause).hex[:_DIGITS]
