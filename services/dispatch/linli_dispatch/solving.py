"""The solver of storm rounds: SciPy's linear assignment (Jonker and Volgenant), deterministic for equal input.

SciPy and NumPy are imported when there is something to solve: a dispatch process without a storm does not carry them.
"""

from collections.abc import Sequence


def solve(costs: Sequence[Sequence[float]]) -> list[int]:
    """The column of each row in the cheapest assignment; needs at least as many columns as rows.

    Some milliseconds for 200 rows; raises ``ValueError`` for rows of different lengths or costs that are no numbers.
    """
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - see above

    rows, columns = linear_sum_assignment(costs)
    return [int(column) for _, column in sorted(zip(rows, columns, strict=True))]
