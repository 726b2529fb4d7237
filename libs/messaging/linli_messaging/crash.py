"""Crash points: named places where a test may kill the process as a power cut would (SIGKILL, no clean-up).

``LINLI_CRASH_AT=after-commit:3`` kills at the third passage of ``after-commit``. Without the variable a point costs one
comparison. The names are listed so that tests can walk all of them.
"""

import os
import signal
from typing import Final

POINTS: Final = (
    "before-lock",
    "after-lock",
    "after-load",
    "after-decide",
    "before-commit",
    "after-commit",
    "after-acknowledge",
    "relay-before-produce",
    "relay-after-produce",
    "relay-after-published",
)
"""Where every service passes whenever anything happens."""
ARCHIVER_POINTS: Final = ("archive-after-copy", "archive-after-commit")
"""Where it passes when facts have become old."""
EFFECT_POINTS: Final = (
    "effect-before-taking",
    "effect-after-taking",
    "effect-after-sending",
    "effect-after-noting",
)
"""Those of the runner of outside effects, which a service without effects never passes."""

_NAME, _, _COUNT = os.environ.get("LINLI_CRASH_AT", "").partition(":")
_left = int(_COUNT or 1)


def point(name: str) -> None:
    """Die here by SIGKILL if a test asked for it."""
    global _left  # noqa: PLW0603 - the countdown belongs to the process, as the crash does
    if name != _NAME:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
