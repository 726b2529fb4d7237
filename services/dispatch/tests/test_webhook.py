"""A webhook is told what it asked for from its instant on; one that is given up is told nothing until it is resumed."""

from datetime import UTC, datetime, timedelta

import pytest
from linli_contracts.events.dispatch import WebhookDisabled
from linli_dispatch.domain.webhook import TOLD, Subscriptions, Webhook, given_up, register, replay
from linli_rulebook.decision import NOTHING, Decision, Refusal
from linli_testkit.facts import shipped_policy

NOW = datetime(2026, 3, 10, 1, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOOK = Webhook(id="c-an.w1", url="https://hooks.example.org/", types=("RepairDone",), since=NOW)
POLICY = shipped_policy().policy("2000.1")


@pytest.mark.rule("PAR-01")
@pytest.mark.parametrize(
    ("kind", "body", "seconds", "wanted"),
    [
        ("RepairDone", {"contractor_id": "c-an"}, -1, False),
        ("RepairDone", {"contractor_id": "c-an"}, 0, True),
        ("OrderDelayed", {"contractor_id": "c-an"}, 0, False),
        ("RepairDone", {"contractor_id": "c-bo"}, 0, False),
        ("RepairDone", {}, 0, False),
    ],
    ids=["before it was there", "from then on", "not asked for", "another's", "nobody's"],
)
def test_what_is_wanted(kind: str, body: dict[str, str], seconds: int, wanted: bool) -> None:  # noqa: FBT001 - a column of the table
    assert HOOK.wants(kind, body, NOW + seconds * SECOND) is wanted


@pytest.mark.rule("PAR-01")
def test_only_facts_about_orders_can_be_asked_for() -> None:
    """Given a type that no partner is told, or none, then the refusal names those that there are."""
    for types in (("RepairDone", "TicketClosed"), ()):
        outcome = register(
            None, Subscriptions(id="c-an"), HOOK.model_copy(update={"types": types}), POLICY, may_be_told=True
        )
        assert isinstance(outcome, Refusal)
        assert (outcome.code, outcome.fields) == ("unknown-facts", (("types", " | ".join(sorted(TOLD))),))


@pytest.mark.rule("PAR-01")
@pytest.mark.parametrize(("has", "refused"), [(4, False), (5, True)])
def test_a_contractor_has_five_at_most(has: int, refused: bool) -> None:  # noqa: FBT001 - a column of the table
    subscriptions = Subscriptions(id="c-an", webhook_ids=tuple(f"c-an.w{nth}" for nth in range(10, 10 + has)))
    assert isinstance(register(None, subscriptions, HOOK, POLICY, may_be_told=True), Refusal) is refused


@pytest.mark.rule("PAR-02")
@pytest.mark.parametrize(("seconds", "disabled"), [(-1, False), (0, True)])
def test_what_began_before_it_was_resumed_disables_it_no_more(seconds: int, disabled: bool) -> None:  # noqa: FBT001 - a column of the table
    resumed = HOOK.model_copy(update={"resumed_at": NOW})
    decision = given_up(resumed, "not_reached", NOW + seconds * SECOND, NOW + timedelta(days=3))
    if disabled:
        assert [type(fact) for fact in decision.events] == [WebhookDisabled]
    else:
        assert decision is NOTHING


@pytest.mark.rule("PAR-02")
@pytest.mark.parametrize(("since", "wants_from"), [(NOW - SECOND, NOW - SECOND), (NOW + SECOND, NOW)])
def test_a_replay_goes_back_and_takes_nothing_away(since: datetime, wants_from: datetime) -> None:
    """Given a replay from before it was registered or after, then it wants what it wanted, and what lies before."""
    outcome = replay(HOOK, since, NOW + SECOND)
    assert isinstance(outcome, Decision)
    (again,) = outcome.save
    assert isinstance(again, Webhook)
    assert (again.replays, again.replay_since, again.since) == (1, since, wants_from)
    ahead = replay(HOOK, NOW + 2 * SECOND, NOW + SECOND)
    assert isinstance(ahead, Refusal)
    assert ahead.code == "instant-in-future"
