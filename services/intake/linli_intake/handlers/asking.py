"""What every handler asks in the same way: whose estate is it, and the answer for an unknown id."""

from linli_messaging.service_map import Facts
from linli_rulebook.decision import Refusal

from linli_intake.domain.ids import HOMELESS, is_key
from linli_intake.domain.place import Estate


def org_of(facts: Facts, estate_id: str | None) -> str | None:
    """The organisation path of an estate; None, so only for tokens of the whole group, where it is not known."""
    estate = facts.get(Estate, estate_id) if estate_id and is_key(estate_id) and estate_id != HOMELESS else None
    return estate.org if estate else None


def unknown(code: str, identity: str) -> Refusal:
    """Nothing here has this id."""
    return Refusal(code, "INT-03", f"没有 {identity}。", f"There is no {identity}.", 404)
