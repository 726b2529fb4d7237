"""What followup concludes, in both languages, and which entries of the policy each conclusion rests on (ORG-02).

One row for each `Because.what` of this service; a test holds the table complete and its entries known. No rules here.
"""

from typing import Final

from linli_rulebook.explaining import Conclusion, Conclusions

_CALLING: Final = ("followup.quiet_hours", "followup.callback_times_of_day")
_TRIES: Final = ("followup.unreachable_tries", "followup.unreachable_over")

CONCLUSIONS: Final[Conclusions] = {
    "no callback after a standard answer": Conclusion("标准答复后不回访", "no callback after a standard answer"),
    "callback planned": Conclusion(
        "安排回访", "callback planned", ("followup.callback_within", "followup.callback_planned_after", *_CALLING)
    ),
    "callback late": Conclusion("回访超时", "callback late", ("followup.callback_within", *_TRIES)),
    "callback answered": Conclusion("回访完成", "callback answered"),
    "callback answered in quiet hours": Conclusion(
        "免打扰时段内回访", "callback answered in quiet hours", ("followup.quiet_hours",)
    ),
    "no answer, next try planned": Conclusion(
        "无人接听，安排下次", "no answer, next try planned", (*_TRIES, *_CALLING)
    ),
    "customer unreachable": Conclusion("无法联系客户", "customer unreachable", _TRIES),
    "callback cancelled: case reopened": Conclusion("取消回访：重新打开", "callback cancelled: case reopened"),
    "callback cancelled: case closed": Conclusion("取消回访：已关闭", "callback cancelled: case closed"),
    "closing callbacks counted": Conclusion("到期回访统计", "closing callbacks counted"),
}
