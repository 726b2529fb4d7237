"""A membership number has 19 digits, follows from the customer's reference, and any one wrong digit is noticed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_loyalty.domain.membership_number import check_digit, membership_number

REFERENCES = st.text("0123456789abcdef", min_size=24, max_size=24)


@pytest.mark.rule("LOY-01")
def test_numbers_never_change() -> None:
    assert membership_number("0123456789abcdef01234567") == "6517885577191867492"
    assert check_digit("7992739871") == 3, "the example of the standard"


@pytest.mark.rule("LOY-01")
@given(REFERENCES, st.integers(0, 18), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(reference: str, place: int, shift: int) -> None:
    number = membership_number(reference)
    assert (len(number), check_digit(number[:-1])) == (19, int(number[-1]))
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert check_digit(wrong[:-1]) != int(wrong[-1])
