"""The followup process: its map, its SQL and its routes, handed to the runtime."""

from pathlib import Path

from linli_runtime.process import Service, run

from linli_followup.api import router
from linli_followup.domain.conclusions import CONCLUSIONS
from linli_followup.handlers import MAP

SERVICE = Service(map=MAP, sql=Path(__file__).parent / "sql", router=router, conclusions=CONCLUSIONS)


def main() -> None:
    """Runs followup until it is told to stop."""
    run(SERVICE)


if __name__ == "__main__":
    main()
