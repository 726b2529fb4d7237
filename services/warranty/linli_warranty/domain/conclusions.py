"""What warranty concludes, in both languages, and which entries of the policy each conclusion rests on (ORG-02).

One row for each `Because.what` of this service; a test holds the table complete and its entries known. No rules here.
"""

from collections.abc import Mapping
from typing import Final

from linli_rulebook.explaining import Conclusion, Conclusions

_PERIODS: Final[Mapping[str, tuple[str, ...]]] = {
    "heating_cooling": ("warranty.period_heating_cooling", "warranty.heating_season", "warranty.cooling_season"),
    **{
        trade: (f"warranty.period_{trade}",)
        for trade in ("waterproofing", "electrical", "plumbing", "equipment", "decoration", "structure")
    },
}
"""By trade: where the length of its warranty is read."""

_INSTALMENTS: Final = (
    "warranty.callback_gate_share",
    "warranty.waterproofing_visit_share",
    "warranty.waterproofing_leak_share",
    "warranty.release_first_after",
    "warranty.release_first_share",
    "warranty.release_rest_after",
    "warranty.release_pay_within",
    "warranty.release_documents",
)

CONCLUSIONS: Final[Conclusions] = {
    "in_warranty": Conclusion("在保修期内", "in warranty", by="trade", entries_by=_PERIODS),
    "expired": Conclusion("保修已到期", "the warranty has expired", by="trade", entries_by=_PERIODS),
    "no_contract": Conclusion("没有施工合同", "no contract", by="trade", entries_by=_PERIODS),
    "not_handed_over": Conclusion("尚未交付", "not handed over yet"),
    "opened": Conclusion("质保金建账", "deposit opened"),
    "warranty_expiring": Conclusion("保修即将到期", "warranty expiring", ("warranty.notice_before_expiry",)),
    "deducted": Conclusion("扣款（待确认）", "deducted, unconfirmed"),
    "confirmed": Conclusion("扣款已确认", "deduction confirmed"),
    "disputed": Conclusion("扣款有争议", "deduction disputed"),
    "rejected": Conclusion("扣款不成立", "deduction rejected"),
    "no_deposit_to_deduct_from": Conclusion("没有可扣的质保金", "no deposit to deduct from"),
    "compensation_owed": Conclusion("应付赔偿", "compensation owed to the customer"),
    "complaint_form_complete": Conclusion("投诉处理表已填写完整", "complaint form complete"),
    "payment_approved": Conclusion("赔偿付款获批", "payment of compensation approved"),
    "compensation_paid": Conclusion("赔偿已付", "compensation paid"),
    "not_recovered_after_all": Conclusion("追偿冲回：由赔偿方承担", "not recovered after all: the payer bears it"),
    "closing_callbacks_counted": Conclusion("到期回访统计", "closing callbacks counted"),
    "count_of_another_estate_ignored": Conclusion("其他小区的统计：不计", "count of another estate: ignored"),
    "no_water_problem_after_all": Conclusion(
        "并非渗漏：可分期返还", "no water problem after all: part payment again", ("warranty.release_rest_after",)
    ),
    "no_part_payment": Conclusion(
        "出现渗漏：不分期返还", "water came in: no part payment", ("warranty.release_rest_after",)
    ),
    "release_approved": Conclusion("返还获批", "release approved", _INSTALMENTS),
    "release_blocked": Conclusion("返还受阻", "release blocked", _INSTALMENTS),
    "release_paid": Conclusion("已返还", "release paid", _INSTALMENTS),
}
