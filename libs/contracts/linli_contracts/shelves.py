"""Homes that a service only looks up are kept some together, a shelf of them in a row (decision 17).

Which shelf a home is on is told from its id alone, here and in SQL (``substr(md5(id), 1, 1)``). Only arithmetic lives
here.
"""

from collections.abc import Iterable
from hashlib import md5
from typing import Final

from linli_contracts.lanes import id_under, key_of

SHELVES: Final = 16
"""Of an estate: with 600 homes a shelf has some forty, a kilobyte or two, which is read and written as fast as one."""


def shelf_of(home_id: str) -> str:
    """The id of the shelf that a home of this id is on, below the home's estate: ``xh01.7``."""
    return id_under(key_of(home_id), md5(home_id.encode(), usedforsecurity=False).hexdigest()[0])


def shelves_of(home_ids: Iterable[str]) -> Iterable[str]:
    """The ids of the shelves that these homes are on, each once, in the order of the homes."""
    return dict.fromkeys(map(shelf_of, home_ids))
