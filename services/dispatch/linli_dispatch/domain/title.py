"""What a ticket is called: a title made of its codes, and which titles hold the words that somebody looks for.

No word of a customer is in it (INT-13): kind, category, sub-category, trade and place are codes that facts carry, and
what each is called is the policy's (INT-05). A title is therefore never stored as text, and a better word holds for old
tickets too. What is stored of it is its key: the codes, in one order.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from linli_contracts.events.intake import Category, RequestKind, Trade
from linli_rulebook import Policy


@dataclass(frozen=True, slots=True)
class Title:
    """A title in both languages, without personal data."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """What codes are called, zh and en, under one policy."""

    of_code: Mapping[str, tuple[str, str]]

    def called(self, code: str) -> tuple[str, str]:
        """The words of a code in both languages; one that the policy does not name is shown as it is."""
        code = code.replace("-", "_")
        return self.of_code.get(code) or (plain := code.replace("_", " "), plain)


@lru_cache(maxsize=16)
def words_of(policy: Policy) -> Words:
    """The words of a policy; reading a table of it copies it, so the digest is kept."""
    return Words({code: (zh, en) for code, (zh, en) in policy.table("intake.words").items()})


def title_key(
    *, kind: RequestKind, category: Category, subcategory: str, trade: Trade | None = None, place: str | None = None
) -> str:
    """The codes of a title in one text, as the function `listed` of the database joins them."""
    return "/".join((kind, category, subcategory, trade or "", place or ""))


# Bounded, and larger than the titles of a group: its codes occur in some thousands of combinations.
@lru_cache(maxsize=20_000)
def title_of(words: Words, key: str) -> Title:
    """The title of a key: what it is and where first, then trade, kind and category."""
    kind, category, subcategory, trade, place = (words.called(code) if code else None for code in key.split("/"))
    rest = [part for part in (trade, kind, category) if part]
    where, what = place or ("", ""), subcategory or ("", "")
    return Title(
        zh=" · ".join((where[0] + what[0], *(zh for zh, _ in rest))),
        en=" · ".join((f"{where[1]} {what[1]}".strip(), *(en for _, en in rest))),
    )


@lru_cache(maxsize=20_000)
def _searched(words: Words, key: str) -> str:
    title = title_of(words, key)
    return _alike(f"{title.zh}\n{title.en}\n{key}")


# A page, the next one and their count ask for the same words; each entry holds some thousands of keys.
@lru_cache(maxsize=16)
def titles_with(words: Words, keys: tuple[str, ...], text: str | None, kind: RequestKind | None) -> tuple[str, ...]:
    """The keys of this kind whose titles hold every word of ``text``, in either language or as a code.

    Words are what blanks part; where one begins and ends in the title does not matter, so that Chinese needs no blanks
    and no dictionary: 漏水 is in 屋面漏水, and so is 面漏. Upper and lower case, full and half width are alike.
    """
    wanted = _alike(text or "").split()
    begins = f"{kind}/" if kind else ""
    return tuple(
        key for key in keys if key.startswith(begins) and all(word in _searched(words, key) for word in wanted)
    )


def _alike(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
