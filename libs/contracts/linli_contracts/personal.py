"""The mark of personal data (INT-13). No event may carry a field with it; a test walks every model and refuses."""

from typing import Annotated, Final


class PersonalMark:
    """The type of the mark; there is one instance."""

    def __repr__(self) -> str:
        """How it shows in a failing test."""
        return "Personal"


PERSONAL: Final = PersonalMark()
PersonalText = Annotated[str, PERSONAL]
