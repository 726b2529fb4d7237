"""What loyalty concludes, in both languages, and which entries of the policy each conclusion rests on (ORG-02).

One row for each `Because.what` of this service; a test holds the table complete and its entries known. No rules here.
"""

from typing import Final

from linli_rulebook.explaining import Conclusion, Conclusions

CONCLUSIONS: Final[Conclusions] = {
    "membership number given": Conclusion("发放会员号", "membership number given"),
    "points earned: survey_answered": Conclusion(
        "参与调查积分",
        "points for an answered survey",
        (
            "loyalty.points_survey_answered",
            "loyalty.upgrade_points_survey_answered",
            "loyalty.points_expire_after",
        ),
    ),
    "points earned: apology_late_case": Conclusion(
        "超时致歉积分",
        "points as an apology for a late case",
        (
            "loyalty.points_apology_late_case",
            "loyalty.upgrade_points_apology_late_case",
            "loyalty.apology_clocks",
            "loyalty.points_expire_after",
        ),
    ),
    "no points: not a member": Conclusion("非会员不积分", "no points: not a member"),
    "no points: not yet a member then": Conclusion("当时尚未入会，不积分", "no points: not yet a member then"),
}
