"""What a state says by default costs nothing to say: thousands are loaded and made a second."""

from collections.abc import Hashable

import pytest
from linli_rulebook.decision import State

from tests.system.life import SERVICES

KINDS = [kind for service, _ in SERVICES for kind in service.states]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_no_default_has_to_be_copied_for_each_state_that_says_it(kind: type[State]) -> None:
    """Pydantic copies one that could change, with the library for copies of anything: a microsecond for each mapping.

    A default that is made (``Field(default_factory=dict)``) costs a tenth of that.
    """
    copied = [
        name
        for name, field in kind.model_fields.items()
        if not field.is_required() and field.default_factory is None and not isinstance(field.default, Hashable)
    ]
    assert copied == []
