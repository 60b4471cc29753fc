"""Amazon's marketplaces: ids, names, countries, and the order of day, month and year in their reports."""

from typing import Literal, NamedTuple

from sellerhealth.errors import BadInput, did_you_mean

DayOrder = Literal["DMY", "MDY", "YMD"]


class Marketplace(NamedTuple):
    """A marketplace. `key` is Amazon's id, `country_code` is ISO 3166, `name` is what reports call the sales channel.

    `day_order` is how GET_SELLER_FEEDBACK_DATA writes a day. See docs/import.md#seller-feedback.
    """

    key: str
    country_code: str
    name: str
    day_order: DayOrder = "DMY"


MARKETPLACES = {
    marketplace.key: marketplace
    for marketplace in (
        Marketplace("A2EUQ1WTGCTBG2", "CA", "Amazon.ca"),
        Marketplace("ATVPDKIKX0DER", "US", "Amazon.com", "MDY"),
        Marketplace("A1AM78C64UM0Y8", "MX", "Amazon.com.mx"),
        Marketplace("A2Q3Y263D00KWC", "BR", "Amazon.com.br"),
        Marketplace("A28R8C7NBKEWEA", "IE", "Amazon.ie"),
        Marketplace("A1RKKUPIHCS9HS", "ES", "Amazon.es"),
        Marketplace("A1F83G8C2ARO7P", "GB", "Amazon.co.uk"),
        Marketplace("A13V1IB3VIYZZH", "FR", "Amazon.fr"),
        Marketplace("AMEN7PMS3EDWL", "BE", "Amazon.com.be"),
        Marketplace("A1805IZSGTT6HS", "NL", "Amazon.nl"),
        Marketplace("A1PA6795UKMFR9", "DE", "Amazon.de"),
        Marketplace("APJ6JRA9NG5V4", "IT", "Amazon.it"),
        Marketplace("A2NODRKZP88ZB9", "SE", "Amazon.se", "YMD"),
        Marketplace("AE08WJ6YKNBMC", "ZA", "Amazon.co.za"),
        Marketplace("A1C3SOZRARQ6R3", "PL", "Amazon.pl"),
        Marketplace("ARBP9OOSHTCHU", "EG", "Amazon.eg"),
        Marketplace("A33AVAJ2PDY3EV", "TR", "Amazon.com.tr"),
        Marketplace("A17E79C6D8DWNP", "SA", "Amazon.sa"),
        Marketplace("A2VIGQ35RCS4UG", "AE", "Amazon.ae"),
        Marketplace("A21TJRUUN4KGV", "IN", "Amazon.in"),
        Marketplace("A19VAU5U5O7RUS", "SG", "Amazon.sg"),
        Marketplace("A39IBJ37TRP1C6", "AU", "Amazon.com.au"),
        Marketplace("A1VC38T7YXB528", "JP", "Amazon.co.jp", "YMD"),
    )
}

# Amazon itself writes UK for the United Kingdom, ISO writes GB.
_BY_NAME = {"uk": MARKETPLACES["A1F83G8C2ARO7P"]} | {
    name.lower(): marketplace
    for marketplace in MARKETPLACES.values()
    for name in (marketplace.key, marketplace.country_code, marketplace.name, f"www.{marketplace.name}")
}


def find_marketplace(text: str) -> Marketplace | None:
    """The marketplace with this id, country code or domain, in upper or lower case. None when there is none."""
    return _BY_NAME.get(text.strip().lower())


def marketplace_named(text: str) -> Marketplace:
    """As `find_marketplace`, but raises BadInput for an unknown marketplace."""
    marketplace = find_marketplace(text)
    if marketplace is None:
        raise BadInput(f"{text!r} is not a marketplace: give its id, country code or domain, such as DE.{suggestion(text)}")
    return marketplace


def suggestion(text: str) -> str:
    """A closing question that suggests the marketplaces with the most similar names; empty if there are none."""
    return did_you_mean(text.strip().lower(), (marketplace.name.lower() for marketplace in MARKETPLACES.values()))
