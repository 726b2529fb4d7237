"""Why a notice is not read (DSP-20)."""

from typing import Final

from linli_rulebook.decision import Refusal

NO_NOTICE: Final = Refusal(
    "no-such-notice", "DSP-20", "没有这条待读通知。", "There is no such notice that is to be read; it may have been."
)
NOT_TOLD: Final = Refusal("not-told", "DSP-20", "您未收到这条通知。", "You were not told of this.", 403)
