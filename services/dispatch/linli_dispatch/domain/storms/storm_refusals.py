"""Why a storm is not declared or ended for a region (DSP-09)."""

from typing import Final

from linli_rulebook.decision import Refusal

OF_ANOTHER_REGION: Final = Refusal(
    "estate-of-another-region",
    "DSP-09",
    "该小区不属于这个区域。",
    "The estate is not one of this region.",
    422,
    (("estate_id", "an estate of the region, on whose roster you are"),),
)
REGION_UNDER_WAY: Final = Refusal(
    "region-storm-under-way",
    "DSP-09",
    "该区域正在逐个小区办理此事项。",
    "The region's estates are being gone through for this already.",
)
