"""The language in which the command line speaks to people: zh-CN first, English second (the rulebook's order).

`LANG=zh_CN.UTF-8` or `--lang zh` speaks Chinese, `LANG=en_…` or `--lang en` English; neither: both.
Machine-readable output (`--json`) has one fixed form and does not depend on it.
"""

import os
from contextvars import ContextVar
from enum import StrEnum
from typing import Final, NamedTuple


class Language(StrEnum):
    """What is written: Chinese, English, or one after the other."""

    ZH = "zh"
    EN = "en"
    BOTH = "both"


def language_of_environment() -> Language:
    """Read LC_ALL, LC_MESSAGES and LANG in the order in which POSIX gives them weight."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "").lower()
        if value:
            return Language.ZH if value.startswith("zh") else Language.EN if value.startswith("en") else Language.BOTH
    return Language.BOTH


_CHOSEN: Final[ContextVar[Language | None]] = ContextVar("language", default=None)


def choose(language: Language | None) -> None:
    """Speak this language from now on; None: the environment's."""
    _CHOSEN.set(language)


class Words(NamedTuple):
    """One text in both languages; `str()` gives the one that is spoken now."""

    zh: str
    en: str

    def __str__(self) -> str:
        """The text for the reader in front of the screen."""
        language = _CHOSEN.get() or language_of_environment()
        if language is Language.BOTH:
            return self.zh if self.zh == self.en else f"{self.zh} / {self.en}"
        return self.zh if language is Language.ZH else self.en


def heading(zh: str, en: str) -> str:
    """A table's column: as `words`, but both languages one below the other, so that columns stay narrow."""
    return str(Words(zh, en)).replace(f"{zh} / {en}", f"{zh}\n{en}")


def words(zh: str, en: str) -> str:
    """The one of two texts that is spoken now (or both)."""
    return str(Words(zh, en))
