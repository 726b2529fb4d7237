"""A membership number has 19 digits, follows from the customer's reference, and any one wrong digit is noticed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linli_loyalty.domain.membership_number import check_digit, is_membership_number, membership_number

REFERENCES = st.text("0123456789abcdef", min_size=24, max_size=24)


@pytest.mark.rule("LOY-01")
def test_numbers_never_change() -> None:
    assert membership_number("0123456789abcdef01234567") == "6517885577191867492"
    assert check_digit("7992739871") == 3, "the example of the standard"


@pytest.mark.rule("LOY-01")
@given(REFERENCES, st.integers(0, 18), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(reference: str, place: int, shift: int) -> None:
    number = membership_number(reference)
    assert is_membership_number(number)
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert not is_membership_number(wrong)


@pytest.mark.rule("LOY-01")
@pytest.mark.parametrize("text", ["", "1", "1" * 18, "x" * 19, "１" * 19])
def test_what_is_no_number(text: str) -> None:
    assert not is_membership_number(text)
