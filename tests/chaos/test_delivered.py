"""A webhook that is missing, unsigned, another's, done twice or not noted as sent is not taken for a right one."""

import json
from collections.abc import Sequence
from typing import Any, Final

import pytest
from linli_cli.audit.books import Books
from linli_dispatch.webhooks import signed
from linli_testkit.receiver import Received

from tests.chaos.books import Left, differences
from tests.chaos.delivered import as_books, otherwise_than_meant
from tests.chaos.partner import done_once

AN, BO = "r1e0-an", "r1e0-bo"
SECRETS: Final = {AN: "whsec_AAAA", BO: "whsec_BBBB"}
NOW_S: Final = 1_764_380_000
TRACE: Final = {"traceparent": f"00-{'0af7' * 8}-{'b7ad' * 4}-01"}


def told(case: str, contractor: str = AN, fact: str = "f1") -> dict[str, Any]:
    """The body of a delivery about an order."""
    data = {"case_id": case, "contractor_id": contractor, "customer_ref": "cu0123456789abcdef01234567"}
    return {"type": "RepairDone", "timestamp": "2025-03-05T06:00:01+00:00", "id": fact, "data": data}


def sent(key: str, body: dict[str, Any], *, to: str = AN, secret: str = SECRETS[AN], at_s: int = NOW_S) -> Received:
    """A delivery as it comes."""
    text = json.dumps(body).encode()
    return Received("POST", f"/{to}", signed(key, at_s, text, secret) | TRACE, text, NOW_S)


def meant(*, status: str = "sent") -> Books:
    """Dispatch means to tell a contractor of two cases, and did."""
    books: Books = {}
    for case, one in (("r1e0.c1", "sent"), ("r1e0.c2", status)):
        body = {name: value for name, value in told(case).items() if name != "id"}
        body["data"] = body["data"] | {"customer_ref": f"customer-of-{case}"}
        row = {"kind": "webhook", "told": body, "status": one, "error": None}
        books["dispatch", "intent", f"{AN}.w1 RepairDone {case}"] = [row]
    return books


FIRST, SECOND = sent("k1", told("r1e0.c1")), sent("k2", told("r1e0.c2", fact="f2"))


def found(came: Sequence[Received], books: Books) -> list[str]:
    """What is wrong with what came, beside what was meant."""
    done, wrong = done_once(came, SECRETS)
    return wrong + otherwise_than_meant(as_books(done), books)


@pytest.mark.rule("PAR-01")
def test_what_is_meant_may_come_twice_and_in_any_order() -> None:
    assert found([FIRST, SECOND], meant()) == []
    assert found([SECOND, FIRST, SECOND], meant()) == []
    assert len(done_once([FIRST, SECOND, FIRST], SECRETS)[0]) == 2


@pytest.mark.rule("PAR-01")
@pytest.mark.parametrize(
    ("came", "books", "word"),
    [
        ([FIRST], meant(), "was not done"),
        ([FIRST, SECOND], meant(status="waiting"), "is waiting"),
        ([FIRST, SECOND, sent("k3", told("r1e0.c3", fact="f3"))], meant(), "not meant"),
        ([FIRST, SECOND, sent("k3", told("r1e0.c2", fact="f2"))], meant(), "one fact under two keys"),
        ([FIRST, SECOND, sent("k3", told("r1e0.c2", fact="f3"))], meant(), "not meant"),
        ([FIRST, SECOND, sent("k2", told("r1e0.c3", fact="f3"))], meant(), "two things under k2"),
        ([FIRST, sent("k2", told("r1e0.c2", fact="f2"), secret=SECRETS[BO])], meant(), "not signed"),
        ([FIRST, sent("k2", told("r1e0.c2", fact="f2"), at_s=NOW_S - 301)], meant(), "not signed"),
        ([FIRST, SECOND, sent("k3", told("r1e0.c3", fact="f3"), to="r1e0-else")], meant(), "not signed"),
        ([FIRST, SECOND, sent("k3", told("r1e0.c3", BO, "f3"))], meant(), "another's order"),
        ([FIRST, Received("POST", f"/{AN}", {**SECOND.headers, "traceparent": "?"}, SECOND.body, NOW_S)], meant(),
         "no trace"),
    ],
)  # fmt: skip
def test_whatever_is_otherwise_is_said(came: Sequence[Received], books: Books, word: str) -> None:
    assert word in " ".join(found(came, books))


def test_what_was_done_is_compared_with_the_calm_world() -> None:
    """Lost, done once more, and otherwise; a customer's reference and, by the system clock, instants may differ."""

    def left(*bodies: dict[str, Any], timeless: bool = False) -> Left:
        done, _ = done_once([sent(f"k{place}", body) for place, body in enumerate(bodies)], SECRETS)
        return Left(as_books(done, timeless=timeless), {}, set(), [])

    one, other = told("r1e0.c1"), told("r1e0.c2", fact="f2")
    elsewhere = one | {"id": "f9", "data": one["data"] | {"customer_ref": "cuabcdefabcdefabcdefabcdef"}}
    later = one | {"timestamp": "2025-03-05T06:00:02+00:00"}
    assert differences(left(one), left(elsewhere)).none
    assert len(differences(left(one, other), left(one)).lost) == 1
    assert len(differences(left(one), left(one, other)).doubled) == 1
    assert len(differences(left(one), left(one, one | {"id": "f2"})).changed) == 1
    assert not differences(left(one), left(later)).none
    assert differences(left(one, timeless=True), left(later, timeless=True)).none
