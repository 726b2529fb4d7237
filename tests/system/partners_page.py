"""What partners are told to do, as `docs/partners.md` says it."""

from pathlib import Path
from typing import Any


def as_partners_are_told() -> Any:  # noqa: ANN401 - what a page defines
    """The function of docs/partners.md that says whether a delivery is ours, as it stands there."""
    page = Path(__file__).parents[2].joinpath("docs", "partners.md").read_text(encoding="utf-8")
    found: dict[str, Any] = {}
    exec(page.split("```python")[1].split("```")[0], found)  # noqa: S102 - a page of this repository, shown to work
    return found["is_from_linli"]
