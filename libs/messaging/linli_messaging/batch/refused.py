"""What a rule may not answer: a refusal to a fact, anything but a decision to a clock or an outcome. Pure.

Such an answer is a bug in the rule or a disagreement between services; the input is set aside with the error.
"""

from linli_rulebook.decision import Decision, Early, Refusal


class RefusedFactError(RuntimeError):
    """A rule refused what is a fact."""


class StuckTimerError(RuntimeError):
    """A rule fired a clock and returned a state that still shows it."""


def not_refused(outcome: Decision | Refusal | Early) -> Decision | Early:
    """The answer to another service's fact, which may come early."""
    if isinstance(outcome, Refusal):
        message = f"refused as {outcome.code}: {outcome.en}"
        raise RefusedFactError(message)
    return outcome


def decided(outcome: Decision | Refusal | Early) -> Decision:
    """The answer to a clock that ran out, or to what became of an effect: all of it is ours, nothing can be missing."""
    if isinstance(outcome, Refusal | Early):
        message = f"refused, or to wait: {outcome}"
        raise RefusedFactError(message)
    return outcome
