"""Reads the marketplace of a sales channel, as Amazon's reports name it, and recognises other shops."""

import re

from sellerhealth.sources import MARKETPLACES, Column, SetAside, Unreadable, marketplace

ELSEWHERE = "Non-Amazon"  # the channel of orders from another shop that Amazon merely ships, or `SI UK Prod Marketplace`
_UNKNOWN_MARKETPLACE = re.compile(r"amazon\.[a-z]{2,3}(\.[a-z]{2})?")


class _SalesChannels(dict[str, str | None]):
    """The marketplace of a sales channel. A channel whose name does not begin with `Amazon.` is another shop.

    A row of a marketplace that opened after this was written is set aside. The beginning of a name means that the file was cut off.
    """

    def __missing__(self, text: str) -> str | None:
        try:
            known = self[text] = marketplace(text)
        except Unreadable:
            name = text.strip().lower()
            if any(each.name.lower().startswith(name) for each in MARKETPLACES.values()):
                raise
            if _UNKNOWN_MARKETPLACE.fullmatch(name):
                raise SetAside(f"its marketplace {text.strip()} is not known") from None
            if name.startswith("amazon"):
                raise
            return ELSEWHERE
        return known


SALES_CHANNELS = _SalesChannels()
SALES_CHANNEL = Column(
    "sales-channel",
    "marketplace",
    SALES_CHANNELS.__getitem__,
    "The marketplace, such as `Amazon.de`. Orders from elsewhere (`Non-Amazon`) are skipped.",
    "Amazon.com",
)
