"""An office with one estate: a roster with every step of the ladder, a home, three contractors."""

import pytest

from services.dispatch.tests.office import Office


@pytest.fixture
def office() -> Office:
    """An office on a Tuesday at 09:30."""
    new = Office()
    new.found()
    return new
