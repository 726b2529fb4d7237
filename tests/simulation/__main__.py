"""`python -m tests.simulation [RUNS]`: explores every fault so many times, then every rule switched off; a table."""

import sys
import time
from dataclasses import fields, replace

from tests.simulation.explore import first_flaw
from tests.simulation.faults import FAULTS
from tests.simulation.rules import PROTOCOL

RUNS = 2000


def main(runs: int) -> int:
    """Prints a line a fault and a line a rule; 1 when a flaw of the protocol was found, or none of a missing rule."""
    wrong = 0
    for fault in FAULTS:
        started_s = time.perf_counter()
        flaw = first_flaw(fault, PROTOCOL, runs)
        wrong += flaw is not None
        took_s = time.perf_counter() - started_s
        sys.stdout.write(f"{fault:40} {runs} runs, {took_s:5.1f} s: {'holds' if flaw is None else str(flaw)}\n")
    for rule in fields(PROTOCOL):
        without = replace(PROTOCOL, **{rule.name: False})
        found = [fault for fault in FAULTS if first_flaw(fault, without, min(runs, 200))]
        wrong += not found
        sys.stdout.write(f"without {rule.name:40} breaks under {', '.join(found) or 'NOTHING'}\n")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else RUNS))
