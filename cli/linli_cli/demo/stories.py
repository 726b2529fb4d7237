"""The fixed stories of the year: dated steps and scripts; all else about them follows the services' own rules."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from linli_cli.demo.calls import ZONE, call_step, receptionist
from linli_cli.demo.scripts import Script, Scripts
from linli_cli.demo.texts import Said, Texts
from linli_cli.demo.world import STORY_ESTATE, Estate, Home, World
from linli_cli.simulation.agenda import Done, Step
from linli_cli.simulation.sending import People

COLLECTIVE: Final = "collective"
ABSENT_CONTRACTOR: Final = "absent_contractor"
UNSATISFIED: Final = "unsatisfied"
SILENT_DEPARTMENT: Final = "silent_department"
DECORATION: Final = "decoration"
DEAR_SERVICE: Final = "dear_service"

_COLLECTIVE_DAYS: Final = (0, 1, 3, 6, 9)
"""After the first call, when each of the five neighbours calls."""


@dataclass(frozen=True, slots=True)
class Stories:
    """All stories; as an actor it learns their cases, and links the collective complaint as it grows (INT-07)."""

    world: World
    texts: Texts
    scripts: Scripts

    def steps(self) -> Iterator[Step]:
        """The calls with which the stories begin."""
        yield from self._collective()
        yield from self._absent_contractor()
        yield from self._unsatisfied()
        yield from self._silent_department()
        yield from self._matters()

    async def look(self, people: People, done: Sequence[Done], until: datetime) -> Iterable[Step]:
        """Learn which case each call became; link the next neighbour's to the first one's."""
        links = []
        for one in done:
            if one.step.name == "intake.receive" and one.answer.done:
                case = str(one.answer.answer["case_id"])
                self.scripts.learn(one.step.id, case)
                if one.step.chain == f"story-{COLLECTIVE}" and (first := self.scripts.case_in(COLLECTIVE)) != case:
                    links.append(self._link(first, case, one.step.at))
        return links

    def _collective(self) -> Iterator[Step]:
        estate = self.world.estates["rivergate"]
        homes = [home for home in estate.homes if home.id.startswith("rivergate.p1-02-") and home.occupied]
        begins = datetime(2025, 6, 9, 8, 20, tzinfo=ZONE)
        told = self.texts.told["stories"][COLLECTIVE]
        script = Script(COLLECTIVE, desk_acts_at=begins + timedelta(days=12))
        for number, (days, home, words) in enumerate(zip(_COLLECTIVE_DAYS, homes[::9], told["what"], strict=False), 1):
            said = Said(
                "complaint",
                "property_management",
                told["subcategory"],
                None,
                "lift",
                common_area=True,
                what_happened=words.format(building="2栋"),
                expects=told["expects"],
            )
            at = begins + timedelta(days=days, minutes=37 * number)
            yield self._call(COLLECTIVE, estate, home, said, at, script, number)

    def _link(self, first: str, case: str, called_at: datetime) -> Step:
        """The agent sees that it is the same lift, and links the two."""
        estate = self.world.estates["rivergate"]
        body: dict[str, object] = {"case_id": first, "other_case_id": case, "by": estate.of_role("agent")[0]}
        at, who = called_at + timedelta(minutes=25), receptionist(estate)
        return Step(at, f"story-{COLLECTIVE}", "intake", "intake.link", f"demo-link-{case}", body, who)

    def _absent_contractor(self) -> Iterator[Step]:
        estate = self.world.estates[STORY_ESTATE]
        home = next(home for home in estate.homes if home.phase == "p1" and home.occupied and not home.top_floor)
        script = Script(ABSENT_CONTRACTOR, contractor_comes=False, price_fen=86_000)
        said = self._said(ABSENT_CONTRACTOR, "repair", "engineering_quality", "pipe_burst", "plumbing", "kitchen")
        at = datetime(2025, 4, 8, 19, 42, 10, tzinfo=ZONE)
        yield self._call(ABSENT_CONTRACTOR, estate, home, said, at, script)

    def _unsatisfied(self) -> Iterator[Step]:
        estate = self.world.estates["palmgrove"]
        home = next(home for home in estate.homes if home.phase == "p2" and home.occupied)
        said = self._said(UNSATISFIED, "repair", "engineering_quality", "door_window", "decoration", "master_bedroom")
        script = Script(UNSATISFIED, satisfied_from_round=2)
        yield self._call(UNSATISFIED, estate, home, said, datetime(2025, 7, 15, 10, 5, tzinfo=ZONE), script)

    def _silent_department(self) -> Iterator[Step]:
        estate = self.world.estates["northgarden"]
        home = next(home for home in estate.homes if home.phase == "p1" and home.occupied)
        said = self._said(SILENT_DEPARTMENT, "complaint", "planning_design", "facilities", None, "outer_wall")
        # The last working day before the holidays of 2025; 11 October is a Saturday on which people work.
        at = datetime(2025, 9, 30, 16, 30, tzinfo=ZONE)
        script = Script(SILENT_DEPARTMENT, desk_acts_at=datetime(2025, 10, 20, 9, 0, tzinfo=ZONE))
        yield self._call(SILENT_DEPARTMENT, estate, home, said, at, script)

    def _matters(self) -> Iterator[Step]:
        """A decoration with hot work, and a special service whose first quotation is too dear (DSP-16, DSP-18)."""
        estate = self.world.estates["orchidlane"]
        homes = (home for home in estate.homes if home.phase == "p2" and home.occupied)
        told = (
            (DECORATION, "public_affairs", "decoration", datetime(2025, 5, 12, 9, 40, tzinfo=ZONE)),
            (DEAR_SERVICE, "special_service", "home_service", datetime(2025, 6, 4, 10, 15, tzinfo=ZONE)),
        )
        for home, (story, kind, subcategory, at) in zip(homes, told, strict=False):
            said = self._said(story, kind, "property_management", subcategory, None, "living_room")
            yield self._call(story, estate, home, said, at, Script(story))

    def _said(self, story: str, kind: str, category: str, subcategory: str, trade: str | None, place: str) -> Said:
        told = self.texts.told["stories"][story]
        return Said(
            kind,
            category,
            subcategory,
            trade,
            place,
            common_area=False,
            what_happened=told["what"],
            expects=told["expects"],
        )

    def _call(
        self, story: str, estate: Estate, home: Home, said: Said, at: datetime, script: Script, number: int = 1
    ) -> Step:
        call = f"story-{story}-{number}"
        step = call_step(
            self.world, estate, home, said, at, call, channel="hotline", customer_kind="owner", name=home.person,
            contact=home.mobile,
        )  # fmt: skip
        plain = {
            name: value
            for name, value in step.body.items()
            if name not in {"anonymous", "lawsuit", "publication", "people", "repeated", "needs_consultants"}
        }
        self.scripts.of_call[step.id] = script
        return replace(step, chain=f"story-{story}", body=plain)
