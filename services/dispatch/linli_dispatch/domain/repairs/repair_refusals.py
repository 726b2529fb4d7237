"""What dispatch refuses about who pays for a repair, and about the work of a replacement, by name (DSP-10, DSP-14)."""

from typing import Final

from linli_rulebook.decision import Refusal

COVERAGE_OPEN: Final = Refusal(
    "coverage-open",
    "DSP-10",
    "保修责任尚未确认，不得向客户报价。",
    "Warranty has not answered yet: nothing is promised to the customer before.",
)
INSPECTION_FIRST: Final = Refusal(
    "inspection-first",
    "DSP-10",
    "工程师尚未现场查看，不得向客户报价。",
    "No engineer has inspected it yet: nothing is quoted before.",
)
INSPECTION_NOT_THEN: Final = Refusal(
    "inspection-not-then",
    "DSP-10",
    "现场查看的时间须在受理之后、现在或以前。",
    "The inspection was after the receipt, and not ahead.",
    422,
    (("inspected_at", "from the receipt until now"),),
)
REPAIR_IS_FREE: Final = Refusal(
    "repair-is-free",
    "DSP-10",
    "在保修范围内或未交付，不向客户收费（因客户原因造成的除外）。",
    "A warranty or the developer pays for it, unless the customer caused it.",
)
QUOTATION_ACCEPTED: Final = Refusal(
    "quotation-accepted", "DSP-10", "客户已接受报价。", "The customer has accepted a quotation."
)
NO_QUOTATION: Final = Refusal("no-quotation", "DSP-10", "没有待答复的报价。", "There is no quotation to answer.")
QUOTATION_UNANSWERED: Final = Refusal(
    "quotation-unanswered",
    "DSP-10",
    "客户尚未答复报价，有偿维修不得完工。",
    "The customer has not answered the quotation: paid work is not done without their word.",
)
NO_CONVERSATION_WANTED: Final = Refusal(
    "no-conversation-wanted",
    "DSP-13",
    "没有须经理与客户沟通的逾期维修，或已沟通。",
    "No overdue repair was reported about which the manager still is to speak to the customer.",
)
NO_REPLACEMENT: Final = Refusal(
    "no-replacement",
    "DSP-14",
    "没有此联系单的接替单位工程，或尚未完工。",
    "No replacement has done work under this order.",
    404,
)
UNKNOWN_ACCEPTOR: Final = Refusal(
    "unknown-acceptor",
    "DSP-14",
    "此岗位不参加联合验收。",
    "This office does not take part in the acceptance.",
    422,
    (("office", "one of the policy's `dispatch.replacement_accepted_by`"),),
)
WORK_ACCEPTED: Final = Refusal(
    "work-accepted", "DSP-14", "该岗位已验收通过。", "This office has accepted the work already."
)
WORK_NOT_ACCEPTED: Final = Refusal(
    "work-not-accepted",
    "DSP-14",
    "联合验收尚未完成，不得付款。",
    "Not all offices have accepted the work: it is not paid before.",
)
REPLACEMENT_PAID: Final = Refusal("replacement-paid", "DSP-14", "已付款。", "The replacement was paid already.")
