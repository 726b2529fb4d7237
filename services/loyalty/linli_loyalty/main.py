"""The loyalty process: its map, its SQL and its routes, handed to the runtime."""

from pathlib import Path

from linli_runtime.process import Service, run

from linli_loyalty.api import router
from linli_loyalty.domain.conclusions import CONCLUSIONS
from linli_loyalty.handlers import MAP

SERVICE = Service(map=MAP, sql=Path(__file__).parent / "sql", router=router, conclusions=CONCLUSIONS)


def main() -> None:
    """Runs loyalty until it is told to stop."""
    run(SERVICE)


if __name__ == "__main__":
    main()
