"""Books for warranty's tests."""

import pytest

from services.warranty.tests.books import Books, opening


@pytest.fixture
def books() -> Books:
    """Books with the account of contract ht1, opened on 2020-06-01."""
    new = Books()
    new.send(opening())
    return new
