"""What dispatch refuses about crises and major repairs, by name (DSP-01, DSP-10)."""

from typing import Final

from linli_rulebook.decision import Refusal

COMMANDER_AWAY: Final = Refusal(
    "commander-away",
    "DSP-20",
    "指挥人现不在岗，请指定其代理人或其他人。",
    "That person is away now; name their deputy, or somebody else.",
    409,
    (("person_id", "somebody of the estate's roster who is there"),),
)
PROMISE_NOTHING: Final = Refusal(
    "promise-nothing",
    "DSP-10",
    "重大维修须先报物业公司总经理和客户服务中心确认，此前不得擅自答复或承诺。",
    "A major repair is confirmed by the heads it goes to first: nothing is promised to the customer before.",
)
