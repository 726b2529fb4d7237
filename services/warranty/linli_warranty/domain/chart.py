"""The chart of accounts of a deposit, in the group's books (WAR-03). An account is added here and by a migration.

| account                    | side   | what stands on it                                                          |
|----------------------------|--------|----------------------------------------------------------------------------|
| cash_retained              | debit  | money kept back from the contractor and not yet paid out                   |
| receivable_from_contractor | debit  | what was deducted beyond what was held: the contractor owes it (WAR-06)    |
| deposit_liability          | credit | what is owed to the contractor and free of deductions: may be released     |
| deducted_unconfirmed       | credit | deducted, the contractor has not confirmed yet (WAR-04)                    |
| disputed                   | credit | deducted, disputed, held back until decided (WAR-04)                       |
| deducted_confirmed         | credit | deducted for good                                                          |
"""

from enum import StrEnum
from typing import Final


class Account(StrEnum):
    """Where money stands. Every movement takes it from one account to another."""

    CASH_RETAINED = "cash_retained"
    RECEIVABLE = "receivable_from_contractor"
    DEPOSIT_LIABILITY = "deposit_liability"
    DEDUCTED_UNCONFIRMED = "deducted_unconfirmed"
    DISPUTED = "disputed"
    DEDUCTED_CONFIRMED = "deducted_confirmed"


DEBIT_SIDE: Final = frozenset({Account.CASH_RETAINED, Account.RECEIVABLE})
"""Accounts whose balance is a debit; that of all others is a credit."""
