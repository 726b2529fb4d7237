"""What intake concludes, in both languages, and which entries of the policy each conclusion rests on (ORG-02).

One row for each `Because.what` of this service; a test holds the table complete and its entries known. No rules here.
"""

from typing import Final

from linli_rulebook.explaining import Conclusion, Conclusions

_GRADING: Final = (
    "intake.level_1_collective_people",
    "intake.level_2_collective_people",
    "intake.level_2_same_complaint_people",
    "intake.level_2_same_complaint_window",
)

_LIMIT: Final = ("followup.contact_limit_calls", "followup.contact_limit_window")

CONCLUSIONS: Final[Conclusions] = {
    "level 1": Conclusion("定为一级（重大）", "graded level 1 (major)", _GRADING),
    "level 2": Conclusion("定为二级（热点）", "graded level 2 (hot)", _GRADING),
    "level 3": Conclusion("定为三级（重要）", "graded level 3 (important)", _GRADING),
    "level 4": Conclusion("定为四级（一般）", "graded level 4 (ordinary)", _GRADING),
    "emergency": Conclusion("紧急事项", "emergency"),
    "facts amended": Conclusion("内容更正", "facts amended"),
    "withdrawn": Conclusion("已撤回", "withdrawn"),
    "linked": Conclusion("并案", "linked", ("intake.linked_limit",)),
    "unlinked": Conclusion("拆案", "unlinked"),
    "kept in quarantine": Conclusion("放入隔离区", "kept in quarantine"),
    "released from quarantine": Conclusion("移出隔离区", "released from quarantine"),
    "the customer is to be told": Conclusion(
        "应通知客户",
        "the customer is to be told",
        ("followup.quiet_hours", "intake.message_give_up_after"),
        by="about",
        entries_by={"survey": _LIMIT, "greeting": _LIMIT},
    ),
    "channel chosen": Conclusion("选择联系渠道", "channel chosen"),
    "message not sent": Conclusion("消息未能发出", "message not sent"),
    "message unconfirmed": Conclusion("消息是否发出不明", "message unconfirmed"),
    "message sent after all": Conclusion("消息最终发出", "message sent after all"),
}
