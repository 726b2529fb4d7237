"""What a round's contractors did because a webhook told them, beside the deliveries that dispatch has in its books:
each is done by key once, and noted as sent; there are no others. That both are those of the calm world is compared
elsewhere.
"""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from linli_cli.audit.books import Books, without_instants
from linli_contracts.lanes import key_of
from linli_contracts.topics import DISPATCH
from linli_dispatch.domain.webhook import WEBHOOK

from tests.chaos.load import Round
from tests.chaos.partner import Done
from tests.chaos.traced import without_references

PARTNER: Final = "partner"
"""In place of a service, in the books."""


def done_in(load: Round) -> tuple[Books, list[str]]:
    """What was done in the round, as books; and what is wrong with anything that came."""
    done, wrong = load.partner.done()
    mine = (one for one in done if one.contractor_id.startswith(f"r{load.number}e"))
    return as_books(mine, timeless=load.now is not None), wrong


def as_books(done: Iterable[Done], *, timeless: bool = False) -> Books:
    """What was done, by whom and about which case: a row for each time; `timeless`: as the system clock's books are."""
    books: Books = {}
    for contractor, told in done:
        text = _as_text({name: told[name] for name in ("type", "timestamp", "data")})
        rows = books.setdefault((PARTNER, "done", f"{contractor} {told['type']} {told['data'].get('case_id')}"), [])
        rows.append(json.loads(without_references(without_instants(text) if timeless else text)))
    return {key: sorted(rows, key=_as_text) for key, rows in books.items()}


def otherwise_than_meant(done: Books, books: Books) -> list[str]:
    """Deliveries that dispatch meant to make, and that were not done once each or noted as sent; and any besides."""
    intents = [
        (key_of(id_), row)
        for (service, what, id_), rows in books.items()
        if (service, what) == (DISPATCH, "intent")
        for row in rows
        if row["kind"] == WEBHOOK
    ]
    meant = Counter(without_references(_as_text([contractor, row["told"]])) for contractor, row in intents)
    came = Counter(_as_text([id_.partition(" ")[0], row]) for (_, _, id_), rows in done.items() for row in rows)
    return [
        *(
            f"delivery to {whose} is {row['status']}: {row['told']}"
            for whose, row in intents
            if row["status"] != "sent"
        ),
        *(f"delivery was not done: {one}" for one in (meant - came).elements()),
        *(f"delivery was done, and not meant: {one}" for one in (came - meant).elements()),
    ]


def _as_text(content: Any) -> str:  # noqa: ANN401 - any JSON value
    return json.dumps(content, sort_keys=True, ensure_ascii=False)
