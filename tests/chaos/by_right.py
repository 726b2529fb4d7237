"""What may rightly be otherwise in the books of a struck world: each fault of the table says it of itself.

Nothing is forgotten that need not be: what is not compared is how high a load was, or which case did what one of them
had to do; that it was done, once, when and about what stays in the books.
"""

import json
import re
from typing import Any, Final

from linli_cli.audit.books import Books
from linli_contracts.topics import DISPATCH

from tests.chaos.faults import Fault

_LOAD: Final = re.compile(r"in_hand_\d+")
"""A reason of routing (DSP-08): how much somebody had in hand."""
PHASE: Final = "same_defect_in_phase"
"""The ground of DSP-13 that the case tells whose home is one more than a fifth: the last one to be opened."""
_MINUTE: Final = len("2025-03-03T02:00")
"""The commands of a wave are seconds apart; whichever is last tells it at its own instant."""


def only_what_must_be_alike(books: Books, fault: Fault) -> Books:
    """The books without what the fault says that it changes by right; what it is given stays as it was."""
    if fault.finishes_later:
        books = _whoever_tells({key: _any_load(content) for key, content in books.items()})
    kept: Books = {}
    for key, content in books.items():
        left = [one for one in content if one[0] not in fault.remarks] if key[1] == "because" else content
        if left or key[1] != "because":
            kept[key] = left
    return kept


def _any_load(content: Any) -> Any:  # noqa: ANN401 - any JSON value
    return json.loads(_LOAD.sub("in_hand", json.dumps(content)))


def _whoever_tells(books: Books) -> Books:
    """The reports of a defect in a phase under their estate instead of under their case: what was told, why, and that
    its case remembers it until it is reopened; one that lacks any of them, or tells of another's defect, shows.
    """
    kept = dict(books)
    reports: dict[str, list[Any]] = {}
    for (service, what, id_), ticket in books.items():
        if (service, what) != (DISPATCH, "ticket"):
            continue
        told, others_told = _parted(books.get((DISPATCH, "told", id_), []), 1)
        because, other_reasons = _parted(books.get((DISPATCH, "because", id_), []), 3)
        reported = ticket.get("reported", [])  # left out while there is nothing
        remembered = [one for one in reported if one == PHASE]
        kept[service, what, id_] = ticket | {"reported": [one for one in reported if one != PHASE]}
        if not (told or because or remembered):
            continue
        kept[DISPATCH, "told", id_], kept[DISPATCH, "because", id_] = others_told, other_reasons
        as_it_should = remembered == [PHASE for _, body in told if body["round"] == ticket["round"]]
        reports.setdefault(id_.partition(".")[0], []).append(
            [ticket["subcategory"], [[kind, _of_any_case(body)] for kind, body in told], because, as_it_should]
        )
    return kept | {(DISPATCH, PHASE, estate): sorted(several, key=json.dumps) for estate, several in reports.items()}


def _parted(rows: list[Any], place: int) -> tuple[list[Any], list[Any]]:
    """Which rows are about the ground, as what they hold at that place says, and the others."""
    about = [one for one in rows if one[place].get("ground") == PHASE]
    return about, [one for one in rows if one not in about]


def _of_any_case(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "case_id"} | {
        "reported_at": body["reported_at"][:_MINUTE]
    }
