"""What people ask of lists: the questions of ``bench/lists.py``, and the sub-categories of the tickets it stores."""

import os
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

ESTATES: Final = int(os.environ.get("ESTATES", "5000"))
ESTATES_OF_A_REGION: Final = 100
CODES: Final = [
    "leak/engineering_quality/plumbing", "parking/property_management/", "noise/property_management/",
    "lift/property_management/equipment", "cleaning/property_management/", "fee/property_management/",
    "crack/engineering_quality/structure", "power/engineering_quality/electrical", "greening/property_management/",
    "door_window/engineering_quality/decoration", "staff_attitude/customer_service/",
    "water_supply/property_management/plumbing", "waste/property_management/",
    "heating/engineering_quality/heating_cooling", "drainage/engineering_quality/plumbing",
    "roof_leak/engineering_quality/waterproofing", "public_light/property_management/electrical",
    "facilities/property_management/", "cooking_fumes/property_management/",
    "fire_safety/property_management/equipment", "illegal_building/property_management/", "title_deed/sales/",
    "late_handover/sales/", "warranty/customer_service/", "decoration/property_management/",
    "goods_pass/property_management/", "home_service/customer_service/", "pipe_burst/engineering_quality/plumbing",
    "water_pressure/property_management/plumbing", "owners_committee/property_management/",
    "water_quality/property_management/", "structural_crack/engineering_quality/structure",
    "no_heating/property_management/heating_cooling", "trapped_in_lift/property_management/equipment",
    "tree_down/property_management/", "flooding/property_management/", "dog_barking/other/", "drone_flights/other/",
    "beekeeping/other/", "hedgehog_houses/other/",
]  # fmt: skip
"""Sub-category, category and trade of tickets; the first are the most usual."""


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody looks at, and as whom: the organisation path of the token."""

    name: str
    filters: Mapping[str, str | Callable[[random.Random], str]]
    of_a_region: bool = False
    """Whether the token is one of a region; else of the group."""

    def filled(self, chance: random.Random) -> dict[str, str]:
        """The filters, each time with another estate, person or word."""
        return {name: value if isinstance(value, str) else value(chance) for name, value in self.filters.items()}


def _estate(chance: random.Random) -> str:
    return f"b{chance.randrange(ESTATES)}"


def _person(chance: random.Random) -> str:
    return f"{_estate(chance)}-s{chance.randrange(50)}"


def a_region(chance: random.Random) -> str:
    """The organisation path of any region."""
    return f"group/region{chance.randrange(-(-ESTATES // ESTATES_OF_A_REGION))}"


def _usual_word(chance: random.Random) -> str:
    return chance.choice(("漏水", "停车", "噪音", "lift", "保洁", "报修", "parking", "水"))


def _rarer_words(chance: random.Random) -> str:
    return chance.choice(
        ("电梯困人 厨房 表扬", "beekeeping lobby", "trapped lobby", "drone garage praise", "树木倒伏 卧室")
    )


QUESTIONS: Final = (
    Question("open of an owner, due first", {"owner": _person, "order": "due"}),
    Question("open of a handler, newest", {"handler": _person}),
    Question("open of an estate, due first", {"estate_id": _estate, "closed": "false", "order": "due"}),
    Question("overdue of a region, due first", {"org": a_region, "overdue": "true", "order": "due"}),
    Question("overdue of the group, due first", {"overdue": "true", "order": "due"}),
    Question("open at level 1 of the group", {"level": "1", "closed": "false"}),
    Question("due by an instant, of the group", {"due_before": "2026-02-10T00:00:00Z", "order": "due"}),
    Question("open of the group, newest", {"closed": "false"}),
    Question("open repairs with a word, group", {"kind": "repair", "text": _usual_word, "closed": "false"}),
    Question("all of an estate", {"estate_id": _estate}),
    Question("all of a region", {"org": a_region}),
    Question("all of the group", {}),
    Question("all at level 1 of the group", {"level": "1"}),
    Question("common word, estate", {"text": _usual_word, "estate_id": _estate}),
    Question("common word, region", {"text": _usual_word, "org": a_region}),
    Question("rarer words, region", {"text": _rarer_words, "org": a_region}),
    Question("common word, token of a region", {"text": _usual_word}, of_a_region=True),
    Question("common word, group", {"text": _usual_word}),
    Question("common word at level 1, closed, group", {"text": _usual_word, "level": "1", "closed": "true"}),
    Question("common word in a month, group", {
        "text": _usual_word, "received_from": "2024-05-01T00:00:00Z", "received_until": "2024-06-01T00:00:00Z"}),
    Question("rarer words, group", {"text": _rarer_words}),
    Question("words of no title, group", {"text": "独角兽"}),
)  # fmt: skip
