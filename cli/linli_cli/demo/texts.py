"""What people say in the demonstration: topics and words from `texts.toml`, chosen and filled in by chance. Pure."""

import tomllib
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any

from linli_cli.demo.chance import Chance
from linli_cli.demo.world import Home


@dataclass(frozen=True, slots=True)
class Said:
    """What a caller says, with what a form makes of it."""

    kind: str
    category: str
    subcategory: str
    trade: str | None
    place: str
    common_area: bool
    what_happened: str
    expects: str


@dataclass(frozen=True)
class Texts:
    """All topics."""

    chance: Chance

    @cached_property
    def told(self) -> dict[str, Any]:
        """`texts.toml`."""
        return tomllib.loads(files("linli_cli.demo").joinpath("texts.toml").read_text(encoding="utf-8"))

    def say(self, call: int, home: Home) -> Said:
        """What the caller from this home says in the call with this number."""
        dice = self.chance.dice("says", call)
        topics = self.told["topics"]
        topic = dice.choices(topics, weights=[one["weight"] for one in topics])[0]
        place = dice.choice(topic["places"])
        filled = {
            "place": self.told["places"][place],
            "since": dice.choice(self.told["since"]),
            "time": dice.choice(self.told["time"]),
            "building": f"{home.building}栋",
        }
        return Said(
            kind=topic["kind"],
            category=topic["category"],
            subcategory=topic["subcategory"],
            trade=topic.get("trade"),
            place=place,
            common_area=topic.get("common_area", False),
            what_happened=dice.choice(topic["what"]).format(**filled),
            expects=dice.choice(topic["expects"]).format(**filled),
        )
