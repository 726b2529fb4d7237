"""Which estate a row is about, and the id that is made from its name. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

from linli_cli.importing.mapping import EstateRule

_LONGEST_ID: Final = 60
_DIGITS: Final = 10
"""40 bits of a name's digest: among ten thousand names, two are the same once in twenty thousand such lists."""
_BETWEEN_WORDS: Final = re.compile(r"[^a-z0-9]+")
_WORDS: Final = re.compile(r"[a-z0-9]+(?: [a-z0-9]+)*")
"""A plain name that its id shows whole."""


@dataclass(frozen=True, slots=True)
class EstateOfRow:
    """An estate by the name that the file gives it."""

    estate_id: str
    name: str


def estate_of(cells: Mapping[str, str], rule: EstateRule) -> EstateOfRow:
    """The estate that the row names, or the fallback."""
    name = _named(cells, rule)
    return EstateOfRow(_id_of(name, rule.prefix), name) if name else EstateOfRow(rule.fallback, rule.fallback)


def _named(cells: Mapping[str, str], rule: EstateRule) -> str:
    if rule.column is not None:
        return _stripped(cells.get(rule.column, ""), rule)
    for pattern in rule.patterns:
        for column in rule.columns:
            for found in re.finditer(pattern, cells.get(column, "")):
                name = _stripped(found["estate"], rule)
                if name and not (rule.reject and re.search(rule.reject, name)):
                    return name
    return ""


def _stripped(name: str, rule: EstateRule) -> str:
    for pattern in rule.strip:
        name = re.sub(pattern, "", name)
    return name.strip()


@lru_cache(maxsize=4096)
def _id_of(name: str, prefix: str) -> str:
    """A readable id for a name of letters, digits and blanks, one with a digest for any other; the same name in
    whatever width and case it is written, the same id, and no two names one: punctuation tells estates apart.
    """
    plain = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    slug = _BETWEEN_WORDS.sub("-", plain).strip("-")
    if _WORDS.fullmatch(plain) and len(prefix) + len(slug) <= _LONGEST_ID:
        return f"{prefix}{slug}"
    readable = f"{slug[:20]}-" if slug else ""
    return f"{prefix}{readable}{sha256(plain.encode()).hexdigest()[:_DIGITS]}"
