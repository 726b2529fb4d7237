"""A year of requests: who calls when, from which home, through which channel; seeded. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from linli_cli.client.tokens import Identity
from linli_cli.demo.texts import Said, Texts
from linli_cli.demo.world import Estate, Home, World
from linli_cli.simulation.agenda import Step

ZONE: Final = ZoneInfo("Asia/Shanghai")
_MONTHS: Final = {1: 8, 2: 6, 3: 8, 4: 9, 5: 10, 6: 13, 7: 14, 8: 12, 9: 9, 10: 9, 11: 10, 12: 9}
"""How often people call by month: most in the rains of summer."""
_HOURS: Final = {7: 3, 8: 9, 9: 12, 10: 11, 11: 7, 12: 4, 13: 4, 14: 8, 15: 8, 16: 7, 17: 7, 18: 7, 19: 8, 20: 6, 21: 4}
_NIGHT_SHARE: Final = 0.05
_CHANNELS: Final = {
    "hotline": 42, "app": 20, "chat": 12, "walk_in": 10, "email": 5, "owners_meeting": 3, "opinion_box": 2,
    "referral": 2, "social_media": 2, "letter": 2,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Year:
    """The span that is played, in local dates; the last one is not part of it."""

    first: date
    after: date

    @property
    def starts_at(self) -> datetime:
        """Its first instant."""
        return datetime.combine(self.first, time(), tzinfo=ZONE)

    @property
    def ends_at(self) -> datetime:
        """The first instant after it."""
        return datetime.combine(self.after, time(), tzinfo=ZONE)


def receptionist(estate: Estate) -> Identity:
    """Who takes calls in the estate's region."""
    scopes = ("intake:receive", "intake:link", "simulate")
    return Identity(f"{estate.region_id}-reception", scopes, f"group/{estate.region_id}")


def calls(world: World, texts: Texts, year: Year, number: int) -> Iterator[Step]:
    """So many requests, spread over the year."""
    estates = list(world.estates.values())
    for call in range(1, number + 1):
        dice = world.chance.dice("call", call)
        estate = dice.choice(estates)
        home = dice.choice([home for home in estate.homes if home.occupied])
        said = texts.say(call, home)
        yield call_step(world, estate, home, said, _instant(world, year, call), f"call-{call:04d}")


def call_step(world: World, estate: Estate, home: Home, said: Said, at: datetime, call: str, **more: object) -> Step:
    """One request from a home, as the receptionist writes it down; `more` goes over the rest of the form."""
    dice = world.chance.dice("form", call)
    channel = dice.choices(list(_CHANNELS), weights=list(_CHANNELS.values()))[0]
    form: dict[str, object] = {
        "estate_id": estate.id,
        **({"common_area": True} if said.common_area else {"home_id": home.id}),
        "kind": said.kind,
        "category": said.category,
        "subcategory": said.subcategory,
        "channel": channel,
        "customer_kind": dice.choices(["owner", "tenant", "buyer"], weights=[85, 12, 3])[0],
        **({"anonymous": True} if dice.random() < _ANONYMOUS else {"name": home.person, "contact": home.mobile}),
        "what_happened": said.what_happened,
        "expects": said.expects,
        "received_by": dice.choice(estate.of_role("agent")),
        "place": said.place,
        **_gravity(said, dice.random()),
        **({"trade": said.trade} if said.trade else {}),
        **({"emergency": True} if said.subcategory == "pipe_burst" and dice.random() < _EMERGENCY else {}),
    }
    return Step(at, call, "intake", "intake.receive", f"demo-{call}", {**form, **more}, receptionist(estate))


_ANONYMOUS: Final = 0.03
_EMERGENCY: Final = 0.15
_GRAVITIES: Final[tuple[tuple[float, dict[str, object]], ...]] = (
    (0.010, {"lawsuit": "threatened"}),
    (0.025, {"publication": "threatened"}),
    (0.030, {"publication": "published"}),
    (0.050, {"people": 3}),
    (0.100, {"repeated": True}),
    (0.130, {"needs_consultants": True}),
)
"""How grave complaints and claims are (INT-06): the share up to which each fact is so; the rest is ordinary."""


def _gravity(said: Said, thrown: float) -> dict[str, object]:
    if said.kind not in {"complaint", "compensation"}:
        return {"repeated": True} if said.kind == "repair" and thrown < _GRAVITIES[0][0] else {}
    return next((facts for share, facts in _GRAVITIES if thrown < share), {})


def _instant(world: World, year: Year, call: int) -> datetime:
    dice = world.chance.dice("when", call)
    days = [year.first + timedelta(days=day) for day in range((year.after - year.first).days)]
    day = dice.choices(days, weights=[_MONTHS[day.month] for day in days])[0]
    night = dice.random() < _NIGHT_SHARE
    hour = dice.choice([22, 23, 0, 2, 5]) if night else dice.choices(list(_HOURS), weights=list(_HOURS.values()))[0]
    return datetime.combine(day, time(hour, dice.randint(0, 59), dice.randint(0, 59)), tzinfo=ZONE)
