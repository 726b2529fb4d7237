"""The demonstrated year is the same for one seed, and every form, text and line of it is one that services accept."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_cli.demo.calls import ZONE, Year, calls
from linli_cli.demo.chance import Chance
from linli_cli.demo.deposits import STORY_CONTRACT, applications
from linli_cli.demo.hours import by_day, when_calling
from linli_cli.demo.life import YEAR
from linli_cli.demo.registering import registrations
from linli_cli.demo.scripts import Scripts
from linli_cli.demo.stories import Stories
from linli_cli.demo.texts import Texts
from linli_cli.demo.world import STORY_ESTATE, World
from linli_cli.simulation.agenda import Step
from linli_dispatch import place_commands, service_commands
from linli_followup import commands as followup
from linli_intake.domain.completeness import Limits, faults_of
from linli_intake.domain.form import RequestForm
from linli_intake.domain.place import Estate
from linli_rulebook.statutory_days import PUBLISHED_YEARS
from linli_runtime.commands import FILLED_IN
from linli_warranty import commands as warranty
from pydantic import BaseModel

CHANCE = Chance(7)
WORLD, TEXTS = World(CHANCE), Texts(CHANCE)
BODIES: dict[str, type[BaseModel]] = {
    "dispatch.register-estate": place_commands.RegisterEstate,
    "dispatch.register-homes": place_commands.RegisterHomes,
    "dispatch.roster-staff": place_commands.RosterStaff,
    "dispatch.register-contractor": place_commands.RegisterContractor,
    "dispatch.price-works": place_commands.PriceWorks,
    "dispatch.offer-services": service_commands.OfferServices,
    "warranty.open-deposit": warranty.OpenDeposit,
    "warranty.record-document": warranty.RecordDocument,
    "warranty.request-release": warranty.RequestRelease,
    "followup.count-closing-callbacks": followup.CountClosingCallbacks,
}


@pytest.fixture(scope="module")
def year() -> list[Step]:
    return [*calls(WORLD, TEXTS, YEAR, 300), *Stories(WORLD, TEXTS, Scripts()).steps()]


def test_the_group_has_its_size() -> None:
    assert len({estate.region_id for estate in WORLD.estates.values()}) == 3
    assert len(WORLD.estates) == 12
    homes = [home for estate in WORLD.estates.values() for home in estate.homes]
    assert len({home.id for home in homes}) == len(homes) == 4032
    assert STORY_CONTRACT in {contract.id for contract in WORLD.contracts}
    assert {estate.of_role("agent")[0] for estate in WORLD.estates.values()}


def test_the_year_has_the_national_day_week_and_published_holidays() -> None:
    assert YEAR.first <= date(2025, 9, 30) < date(2025, 10, 11) < YEAR.after
    assert {YEAR.first.year, YEAR.after.year} <= set(PUBLISHED_YEARS)


def test_what_is_registered_is_what_services_take() -> None:
    steps = [*registrations(WORLD, YEAR.starts_at), *applications(WORLD, YEAR)]
    for step in steps:
        model = BODIES[step.name]
        model.model_validate(step.body | dict.fromkeys(FILLED_IN & model.model_fields.keys(), "x"))
    assert len({step.id for step in steps}) == len(steps)
    first_in_chain = {step.chain: step for step in sorted(steps, key=lambda one: (one.at, one.id), reverse=True)}
    assert first_in_chain[STORY_ESTATE].name == "dispatch.register-estate"


@pytest.mark.rule("INT-03")
def test_every_call_is_complete(year: list[Step]) -> None:
    limits = Limits(20_000, datetime(2000, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC))
    for step in year:
        form = RequestForm.model_validate(step.body)
        estate = Estate(id=str(form.estate_id), region_id="r", project_id="p", zone="Asia/Shanghai")
        assert faults_of(form, estate, limits, step.at, home_is_known=form.home_id is not None) == (), step.id
        assert "{" not in f"{form.what_happened}{form.expects}"
        assert YEAR.starts_at <= step.at < YEAR.ends_at
    assert len({step.id for step in year}) == len(year)


def test_one_seed_is_one_year() -> None:
    again = Chance(7)
    short = Year(YEAR.first, YEAR.first + timedelta(days=90))
    once = list(calls(WORLD, TEXTS, short, 20))
    assert once == list(calls(World(again), Texts(again), short, 20))
    assert once != list(calls(World(Chance(8)), Texts(Chance(8)), short, 20))


def test_all_topics_can_be_said() -> None:
    home = WORLD.estates[STORY_ESTATE].homes[0]
    said = {(one.kind, one.subcategory) for one in (TEXTS.say(call, home) for call in range(2000))}
    assert said == {(topic["kind"], topic["subcategory"]) for topic in TEXTS.told["topics"]}


SECONDS = st.integers(0, 365 * 86_400)


@given(SECONDS)
def test_work_by_day_is_never_before_its_time_and_never_at_night(seconds: int) -> None:
    at = YEAR.starts_at + timedelta(seconds=seconds)
    worked_at = by_day(at)
    assert at <= worked_at < at + timedelta(hours=17)
    assert 8 <= worked_at.astimezone(ZONE).hour < 18
    assert by_day(worked_at) == worked_at


@pytest.mark.rule("FUP-03")
@given(SECONDS)
def test_nobody_is_called_in_quiet_hours(seconds: int) -> None:
    at = YEAR.starts_at + timedelta(seconds=seconds)
    called_at = when_calling(at)
    assert at <= called_at < at + timedelta(hours=13)
    assert 9 <= called_at.astimezone(ZONE).hour < 21
