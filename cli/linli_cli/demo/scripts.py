"""What the fixed stories lay down about single cases; people look it up before they ask chance."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Script:
    """The part of a case that a story has fixed."""

    story: str
    desk_acts_at: datetime | None = None
    """The desk does nothing about it before then, but pass it on."""
    contractor_comes: bool = True
    price_fen: int | None = None
    """What the replacement costs."""
    satisfied_from_round: int = 1


@dataclass(slots=True)
class Scripts:
    """The scripts of the cases that are known by now."""

    of_call: dict[str, Script] = field(default_factory=dict)
    """By the id of the request's command, before there is a case."""
    of_case: dict[str, Script] = field(default_factory=dict)

    def learn(self, command_id: str, case_id: str) -> None:
        """The request with this command became this case."""
        if command_id in self.of_call:
            self.of_case[case_id] = self.of_call[command_id]

    def case_in(self, story: str) -> str:
        """The first case of a story."""
        return next(case for case, script in self.of_case.items() if script.story == story)
