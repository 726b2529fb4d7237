"""The number on a member's card (LOY-01): made from the customer's reference, so that it is the same every time."""

from hashlib import sha256
from typing import Final

DIGITS: Final = 18
"""With a check digit as long as the longest bank card. Among ten million members the chance that any two share a number
is one in twenty thousand; the database refuses the second."""


def membership_number(customer_ref: str) -> str:
    """19 digits: 18 of a digest of the (random) reference, then a check digit that catches any single wrong digit."""
    number = f"{int.from_bytes(sha256(customer_ref.encode()).digest()) % 10**DIGITS:0{DIGITS}d}"
    return number + str(check_digit(number))


def check_digit(digits: str) -> int:
    """The Luhn check digit to append to ``digits``."""
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits)))
    return -sum(number - 9 if number > 9 else number for number in doubled) % 10  # noqa: PLR2004 - two digits are added up.
