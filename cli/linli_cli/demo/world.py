"""The group of the demonstration: regions, estates, homes, people, contractors and their contracts; seeded. Pure."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from importlib.resources import files
from typing import Any, Final

from linli_cli.demo.chance import Chance

PHASES: Final = ("p1", "p2")
_BUILDINGS: Final = {"p1": 4, "p2": 3}
_FLOORS: Final = 12
_UNITS: Final = 4
"""Seven buildings of twelve floors with four homes each: 336 homes an estate, 4,032 in all."""
STORY_ESTATE: Final = "lakeside"
STORY_CONTRACT_ACCEPTED_ON: Final = date(2023, 5, 15)
"""Two years later, within the demonstrated year, the first half of its deposit may be asked for (WAR-11)."""


@dataclass(frozen=True, slots=True)
class Home:
    """A home, and who lives there."""

    id: str
    estate_id: str
    phase: str
    building: int
    floor: int
    handed_over_on: date
    occupied: bool
    person: str
    mobile: str

    @property
    def top_floor(self) -> bool:
        """Right under the roof."""
        return self.floor == _FLOORS

    def line(self) -> dict[str, object]:
        """As dispatch registers it."""
        return {
            "home_id": self.id,
            "phase": self.phase,
            "building": str(self.building),
            "handed_over_on": self.handed_over_on.isoformat(),
            "occupied": self.occupied,
            "top_floor": self.top_floor,
        }


@dataclass(frozen=True, slots=True)
class Estate:
    """An estate with its homes and its people (role → staff ids)."""

    id: str
    name: str
    kind: str
    region_id: str
    project_id: str
    accepted_on: dict[str, date]
    """When the works of each phase were accepted: the contractors' warranties count from it."""
    homes: tuple[Home, ...]
    staff: tuple[dict[str, Any], ...]

    def of_role(self, role: str, desk: str | None = None) -> list[str]:
        """The ids of the people with this role, at this desk if one is named."""
        return [line["staff_id"] for line in self.staff if line["role"] == role and desk in (None, line["desk"])]


@dataclass(frozen=True, slots=True)
class Contract:
    """What a contractor built, and the deposit that was retained for it."""

    id: str
    contractor_id: str
    estate_id: str
    phase: str
    trades: tuple[str, ...]
    accepted_on: date
    retained_fen: int


@dataclass(frozen=True)
class World:
    """The group at the start of the year."""

    chance: Chance

    @cached_property
    def told(self) -> dict[str, Any]:
        """`world.toml`."""
        return tomllib.loads(files("linli_cli.demo").joinpath("world.toml").read_text(encoding="utf-8"))

    @cached_property
    def estates(self) -> dict[str, Estate]:
        """All estates by id."""
        return {
            one["id"]: self._estate(region, one, place)
            for region in self.told["regions"]
            for place, one in enumerate(region["estates"])
        }

    @cached_property
    def contracts(self) -> tuple[Contract, ...]:
        """One for each contractor, estate and phase."""
        return tuple(
            Contract(
                id=f"{estate.id}-{phase}-{contractor['id']}",
                contractor_id=contractor["id"],
                estate_id=estate.id,
                phase=phase,
                trades=tuple(contractor["trades"]),
                accepted_on=estate.accepted_on[phase],
                # Between 20,000 and 180,000 yuan, in whole hundreds.
                retained_fen=self.chance.dice("retained", estate.id, phase, contractor["id"]).randint(200, 1800)
                * 10_000,
            )
            for estate in self.estates.values()
            for phase in PHASES
            for contractor in self.told["contractors"]
        )

    @property
    def replacement_id(self) -> str:
        """Who is entrusted when a contractor does not come."""
        return str(self.told["replacement"]["id"])

    def person(self, *of: object) -> str:
        """Somebody's name."""
        names, dice = self.told["names"], self.chance.dice("name", *of)
        return str(dice.choice(names["family"]) + dice.choice(names["given"]))

    def _estate(self, region: dict[str, Any], told: dict[str, Any], place: int) -> Estate:
        estate_id = told["id"]
        accepted = {
            "p1": date(2022, 9, 20) + timedelta(days=75 * place),
            "p2": date(2024, 4, 10) + timedelta(days=20 * place),
        }
        if estate_id == STORY_ESTATE:
            accepted["p1"] = STORY_CONTRACT_ACCEPTED_ON
        return Estate(
            id=estate_id,
            name=told["name"],
            kind=told["kind"],
            region_id=region["id"],
            project_id=region["project"],
            accepted_on=accepted,
            homes=tuple(self._homes(estate_id, accepted)),
            staff=tuple(self._staff(estate_id, region["id"])),
        )

    def _homes(self, estate_id: str, accepted: dict[str, date]) -> Iterator[Home]:
        for phase in PHASES:
            handed_over_on = accepted[phase] + timedelta(days=32)
            for building in range(1, _BUILDINGS[phase] + 1):
                for floor in range(1, _FLOORS + 1):
                    for unit in range(1, _UNITS + 1):
                        number = f"{building:02d}-{floor:02d}{unit:02d}"
                        home_id = f"{estate_id}.{phase}-{number}"
                        yield Home(
                            id=home_id,
                            estate_id=estate_id,
                            phase=phase,
                            building=building,
                            floor=floor,
                            handed_over_on=handed_over_on,
                            occupied=self.chance.happens(0.88, "occupied", home_id),
                            person=self.person(home_id),
                            # 100 is no prefix of mobile phones: nobody is called by a demonstration.
                            mobile=f"100{self.chance.dice('mobile', home_id).randint(0, 99_999_999):08d}",
                        )

    def _staff(self, estate_id: str, region_id: str) -> Iterator[dict[str, Any]]:
        for told in self.told["staff"]:
            if region_id in told.get("except", ()):
                continue
            place = {"region": region_id, "group": "group"}.get(told.get("span", ""), estate_id)
            for number in range(1, told["count"] + 1):
                desk = f"-{told['desk']}" if told["role"] == "department" else ""
                line = {
                    "staff_id": f"{place}-{told['role']}{desk}-{number}",
                    "role": told["role"],
                    "desk": told["desk"],
                }
                yield line | {"skills": told.get("skills", [])}
