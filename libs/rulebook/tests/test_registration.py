"""A registered policy version never changes, and a new one may only take effect in the future."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from linli_rulebook import PolicyBook, check_registration

pytestmark = pytest.mark.rule("ORG-02")

WritePolicy = Callable[..., Path]

FIRST, SECOND = datetime(2020, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
ONE_SECOND = timedelta(seconds=1)


@pytest.fixture
def book(write_policy: WritePolicy) -> PolicyBook:
    write_policy("first", FIRST.isoformat())
    return PolicyBook.load(write_policy("second", SECOND.isoformat()))


@pytest.fixture
def first(book: PolicyBook) -> dict[str, tuple[str, datetime]]:
    """A register that knows the first version only."""
    return {"first": (book.content_hash("first"), FIRST)}


def test_an_empty_register_takes_every_version(book: PolicyBook) -> None:
    assert check_registration({}, book, SECOND + ONE_SECOND) == []


def test_a_new_version_is_fine_until_it_would_already_be_in_force(
    book: PolicyBook, first: dict[str, tuple[str, datetime]]
) -> None:
    assert check_registration(first, book, SECOND - ONE_SECOND) == []
    for now in (SECOND, SECOND + ONE_SECOND):
        (problem,) = check_registration(first, book, now)
        assert str(problem) == (
            "policy version second is new, but would already be in force since 2025-01-01T00:00:00+00:00"
        )


def test_versions_that_are_all_registered_are_fine_at_any_time(
    book: PolicyBook, first: dict[str, tuple[str, datetime]]
) -> None:
    registered = first | {"second": (book.content_hash("second"), SECOND)}
    assert check_registration(registered, book, SECOND + ONE_SECOND) == []


@pytest.mark.parametrize(
    ("version", "row", "what"),
    [
        ("third", ("hash", FIRST), "is registered, but missing here"),
        ("second", ("hash", SECOND), "has another content than was registered"),
        ("second", (None, FIRST), "takes effect at another instant than was registered"),
    ],
)
def test_a_registered_version_that_is_missing_or_changed_is_a_problem(
    book: PolicyBook,
    first: dict[str, tuple[str, datetime]],
    version: str,
    row: tuple[str | None, datetime],
    what: str,
) -> None:
    content_hash, effective_from = row
    registered = first | {"second": (book.content_hash("second"), SECOND)}
    registered[version] = (content_hash or book.content_hash(version), effective_from)
    (problem,) = check_registration(registered, book, FIRST)
    assert (problem.version, problem.what) == (version, what)
