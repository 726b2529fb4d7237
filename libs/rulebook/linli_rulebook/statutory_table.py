"""`python -m linli_rulebook.statutory_table`: makes `statutory_days.toml` from the package `holidays`.

A table, because the package loads every country of the world to answer for one, which costs each process 20 MB. Who
publishes a year raises the package's version and `PUBLISHED_YEARS`, and writes the table anew; a test compares the two.
"""

from pathlib import Path

import holidays

from linli_rulebook.timeline import FIRST_YEAR, LAST_YEAR

TABLE = Path(__file__).with_name("statutory_days.toml")
_HEADER = """\
# Mainland China's days off and make-up working days (调休) by year, month-day.
# Made by `python -m linli_rulebook.statutory_table`; not to be edited.

"""


def table() -> str:
    """The file as it should be: every year of the calendars, also those without a notice yet."""
    return _HEADER + "".join(_line(year) for year in range(FIRST_YEAR, LAST_YEAR + 1))


def _line(year: int) -> str:
    published = holidays.country_holidays("CN", years=year, expand=False)
    off, make_up = (
        ", ".join(f'"{day:%m-%d}"' for day in sorted(days) if day.year == year)
        for days in (published, published.weekend_workdays)
    )
    return f"{year} = {{ off = [{off}], make_up = [{make_up}] }}\n"


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
