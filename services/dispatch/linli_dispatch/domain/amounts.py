"""How large an amount of money may be, wherever dispatch takes or reckons one."""

from typing import Final

MOST_FEN: Final = 1_000_000_000
"""Ten million yuan: no lump sum for one order comes near, so a larger one is a slip of the keyboard."""
