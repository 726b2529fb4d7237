"""The policies that a release is decided by: of the place that holds a contract's estates, and of each estate (ORG-01).

What the place asks is asked of the whole contract; what an estate asks beyond it, of that estate's own homes. Nothing
here knows a gate or an instalment; `gates.py` and `release.py` do.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Final, NamedTuple

from linli_rulebook import Policy

_REFINABLE: Final = (
    "warranty.callback_gate_share",
    "warranty.waterproofing_visit_share",
    "warranty.waterproofing_leak_share",
    "warranty.release_first_share",
    "warranty.release_pay_within",
)


class ReleasePolicy(NamedTuple):
    """Under the version that the account was opened with (ORG-02)."""

    place: Policy
    estates: Mapping[str, Policy]

    @property
    def each(self) -> tuple[Policy, ...]:
        """All of them: for what is one for the whole contract, the strictest holds."""
        return (self.place, *self.estates.values())

    @property
    def stricter(self) -> tuple[str, ...]:
        """The estates that ask otherwise than the place: a decision rests on their entries besides (ORG-02)."""
        return tuple(
            estate_id
            for estate_id, policy in self.estates.items()
            if any(policy.explain(name).value != self.place.explain(name).value for name in _REFINABLE)
        )

    def shares(self, name: str) -> Iterator[tuple[str | None, Fraction]]:
        """What entry `name` asks of the whole contract (None), and of each estate that asks otherwise."""
        asked = self.place.share(name)
        yield None, asked
        for estate_id, policy in self.estates.items():
            if (its_own := policy.share(name)) != asked:
                yield estate_id, its_own
