"""A desk that knows two estates."""

import pytest
from linli_contracts.events.dispatch import EstateRegistered, HomeRegistered, HomesRegistered, RegisteredHome

from services.intake.tests.desk import NOW, Desk


@pytest.fixture
def desk() -> Desk:
    """A desk that knows the estate xh01 with one home, and the estate xh02."""
    new = Desk()
    for estate in ("xh01", "xh02"):
        new.hear(
            EstateRegistered(
                estate_id=estate,
                region_id="south",
                project_id="p1",
                name="星河湾",
                kind="residential",
                registered_at=NOW,
            )
        )
    home = RegisteredHome(home_id="xh01.1-3-502", phase="1", building="3")
    new.hear(HomesRegistered(estate_id="xh01", homes=(home,)))
    # As homes were told before: such a fact may come again for as long as an archive has it.
    new.hear(HomeRegistered(home_id="xh02.1-1-101", estate_id="xh02", phase="1", building="1"))
    return new
