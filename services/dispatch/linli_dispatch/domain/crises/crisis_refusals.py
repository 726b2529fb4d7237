"""What dispatch refuses about major repairs, by name (DSP-10)."""

from typing import Final

from linli_rulebook.decision import Refusal

PROMISE_NOTHING: Final = Refusal(
    "promise-nothing",
    "DSP-10",
    "重大维修须先报物业公司总经理和客户服务中心确认，此前不得擅自答复或承诺。",
    "A major repair is confirmed by the heads it goes to first: nothing is promised to the customer before.",
)
