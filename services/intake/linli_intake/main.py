"""The intake process: its map, its SQL and its routes, handed to the runtime."""

import sys
from pathlib import Path

from linli_runtime.process import Service, run

from linli_intake.api import router
from linli_intake.handlers import MAP
from linli_intake.settings import NAME, customer_key

SERVICE = Service(map=MAP, sql=Path(__file__).parent / "sql", router=router)


def main() -> None:
    """Runs intake until it is told to stop."""
    if not customer_key():
        sys.exit(f"{NAME}: missing; see docs/running.md")
    run(SERVICE)


if __name__ == "__main__":
    main()
