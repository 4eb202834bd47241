"""Card knowledge: brands, what a number's first digits say, and the published test numbers with their magic names."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Final, NamedTuple

import msgspec

from strongroom.catalog.behaviours import Behaviour, behaviour_table
from strongroom.catalog.check_digits import luhn_ok
from strongroom.catalog.countries import Country, country_table
from strongroom.catalog.reading import CatalogError, Document, one_of, read, row

UNKNOWN: Final = "unknown"
FUNDINGS: Final = frozenset({"credit", "debit", "prepaid", UNKNOWN})
CARD_TOKEN: Final = "tok_"  # noqa: S105 -- the prefix of an id
CARD_METHOD: Final = "pm_card_"

_PREFIX_LENGTHS: Final = (6, 4, 3, 2, 1)
_LONGEST_PREFIX: Final = _PREFIX_LENGTHS[0]
_COUNTRY: Final = slice(6, 9)
_ZEROS: Final = "000"

# What follows `tok_` and `pm_card_`, and the behaviour: the columns of the payout table, in order.
_PAYOUT_COLUMNS: Final = (
    ("visa_debit_{}_transferSuccess", None),
    ("visa_debit_{}_transferFail", "payout_fails"),
    ("visa_debit_{}_instantPayoutUnsupported", "no_instant_payouts"),
    ("mastercard_debit_{}_transferSuccess", None),
)


class Brand(msgspec.Struct, frozen=True):
    """A card brand, and what its numbers and security codes look like."""

    name: str
    legacy: str
    display: str
    lengths: frozenset[int]
    cvc: frozenset[int]


class Bin(msgspec.Struct, frozen=True):
    """What the first digits of a number say."""

    brand: str
    funding: str = UNKNOWN
    country: str | None = None


class CardFacts(NamedTuple):
    """What a number says about its card; none of it is secret. A tuple, because one is made for every card."""

    brand: str
    """As a PaymentMethod spells it."""
    country: str | None
    """The issuer's, alpha-2."""
    funding: str
    last4: str
    networks: tuple[str, ...]
    """In alphabetical order."""
    is_test_number: bool
    behaviour: str | None
    """What the sandbox does with it: a name in behaviours.toml."""
    three_d_secure_supported: bool
    regulated_status: str


class PublishedCard(msgspec.Struct):
    """A published number while its rows are being gathered."""

    number: str
    luhn: bool = True
    names: list[str] = msgspec.field(default_factory=list)
    tokens: list[str] = msgspec.field(default_factory=list)
    payment_methods: list[str] = msgspec.field(default_factory=list)
    behaviour: str | None = None
    funding: str | None = None
    country: str | None = None
    networks: list[str] = msgspec.field(default_factory=list)
    three_d_secure: bool = True
    variants: list[Document] = msgspec.field(default_factory=list)


class Magic(msgspec.Struct, frozen=True):
    """What a magic name stands for."""

    number: str
    behaviour: str | None


_TEST_CARD_COLUMNS: Final[dict[str, type]] = {
    "luhn": bool,
    "names": list,
    "tokens": list,
    "payment_methods": list,
    "behaviour": str,
    "funding": str,
    "country": str,
    "networks": list,
    "three_d_secure": bool,
    "variants": list,
}
_BRAND_COLUMNS: Final[dict[str, type]] = {"legacy": str, "display": str, "lengths": list, "cvc": list}


class Bins:
    """What the first digits of a number say: single prefixes, and test ranges that spell out a country."""

    def __init__(
        self, prefixes: dict[str, Bin], test_ranges: dict[str, Bin], numerics: dict[str, str]
    ) -> None:
        self.prefixes = prefixes
        self.test_ranges = test_ranges
        self.numerics = numerics

    def find(self, number: str) -> Bin | None:
        """Return what the longest known prefix of `number` says, or None."""
        in_range = self.test_ranges.get(number[:_LONGEST_PREFIX])
        if in_range is not None:
            country = self.numerics.get(number[_COUNTRY])
            if country is not None:
                return Bin(in_range.brand, in_range.funding, country)
        return self._by_prefix(number)

    def _by_prefix(self, number: str) -> Bin | None:
        for length in _PREFIX_LENGTHS:
            found = self.prefixes.get(number[:length])
            if found is not None:
                return found
        return None


class CardTables(msgspec.Struct, frozen=True):
    """Everything about cards, as it is looked up."""

    brands: dict[str, Brand]
    bins: Bins
    test_cards: dict[str, CardFacts]
    tokens: dict[str, Magic]
    payment_methods: dict[str, Magic]


def build(
    brand_rows: Document,
    bin_rows: Document,
    card_rows: Document,
    known_countries: dict[str, Country],
    known_behaviours: dict[str, Behaviour],
) -> CardTables:
    """Return the tables made from brands.toml, bins.toml and test_cards.toml.

    Raises:
        CatalogError: an unknown column, brand, country or behaviour; a number that stands twice or fails the Luhn
            check without saying so; a name that stands for two numbers; a test card whose funding is not known.
    """
    brands = {name: _brand(name, given) for name, given in brand_rows.items()}
    bins = _bins(brand_rows, bin_rows, brands, known_countries)
    cards = _gather(card_rows)
    for card in cards.values():
        _check(card, bins, brands, known_countries, known_behaviours)
    return CardTables(
        brands,
        bins,
        {card.number: _facts(card, bins) for card in cards.values() if card.luhn},
        _names(cards.values(), CARD_TOKEN, "tokens"),
        _names(cards.values(), CARD_METHOD, "payment_methods"),
    )


# -- brands and first digits ------------------------------------------------------------------------------------------


def _brand(name: str, given: object) -> Brand:
    columns = row(f"brands: {name}", given, _BRAND_COLUMNS, {"prefixes": list})
    lengths, cvc = frozenset(columns["lengths"]), frozenset(columns["cvc"])
    return Brand(name, columns["legacy"], columns["display"], lengths, cvc)


def _bins(
    brand_rows: Document, bin_rows: Document, brands: dict[str, Brand], known: dict[str, Country]
) -> Bins:
    prefixes: dict[str, Bin] = {}
    for name, columns in brand_rows.items():
        for prefix in _expand(columns.get("prefixes", ())):
            if prefix in prefixes:
                raise CatalogError(f"brands: {prefix} stands twice")
            prefixes[prefix] = Bin(name)
    for prefix, given in bin_rows["prefixes"].items():
        prefixes[prefix] = _bin(prefix, given, brands, known)
    numerics = {country.numeric: country.code for country in known.values()}
    numerics[_ZEROS] = one_of("bins: country_of_zeros", bin_rows["test_ranges"]["country_of_zeros"], known)
    bins = Bins(prefixes, {}, numerics)
    bins.test_ranges = {six: _test_range(six, funding, bins) for six, funding in _test_fundings(bin_rows)}
    return bins


def _expand(ranges: Iterable[str]) -> Iterator[str]:
    """Yield every prefix that `ranges` counts through: `644-649` is six of them."""
    for span in ranges:
        low, _, high = span.partition("-")
        for prefix in range(int(low), int(high or low) + 1):
            if len(low) not in _PREFIX_LENGTHS:
                raise CatalogError(f"brands: no prefix is as long as {low}")
            yield str(prefix)


def _bin(prefix: str, given: object, brands: dict[str, Brand], known: dict[str, Country]) -> Bin:
    where = f"bins: {prefix}"
    columns = row(where, given, {"brand": str}, {"funding": str, "country": str})
    one_of(where, columns["brand"], brands)
    one_of(where, columns.get("funding", UNKNOWN), FUNDINGS)
    if len(prefix) not in _PREFIX_LENGTHS or columns.get("country", "US") not in known:
        raise CatalogError(f"{where}: a prefix of another length, or an unknown country")
    return Bin(**columns)


def _test_fundings(bin_rows: Document) -> Iterable[tuple[str, str]]:
    columns = row(
        "bins: test_ranges", bin_rows["test_ranges"], {"country_of_zeros": str, "funding": dict}, {}
    )
    return list(columns["funding"].items())


def _test_range(six_digits: str, funding: str, bins: Bins) -> Bin:
    found = bins.find(six_digits)
    if found is None:
        raise CatalogError(f"bins: {six_digits} belongs to no brand")
    return Bin(found.brand, one_of(f"bins: {six_digits}", funding, FUNDINGS))


# -- test cards -------------------------------------------------------------------------------------------------------


def _gather(card_rows: Document) -> dict[str, PublishedCard]:
    """Put the three tables of test_cards.toml together, one entry per number."""
    tables = row("test_cards", card_rows, {"cards": list, "countries": dict, "payouts": dict}, {})
    cards: dict[str, PublishedCard] = {}
    for given in tables["cards"]:
        card = PublishedCard(**row("test_cards", given, {"number": str}, _TEST_CARD_COLUMNS))
        if card.number in cards:
            raise CatalogError(f"test_cards: the number ending in {card.number[-4:]} stands twice")
        cards[card.number] = card
    for country, number in tables["countries"].items():
        cards.setdefault(number, PublishedCard(number)).names.append(country)
    for country, numbers in tables["payouts"].items():
        for (name, behaviour), number in zip(_PAYOUT_COLUMNS, numbers, strict=True):
            _add(cards.setdefault(number, PublishedCard(number)), name.format(country), behaviour)
    return cards


def _add(card: PublishedCard, name: str, behaviour: str | None) -> None:
    if name not in card.names:
        card.names.append(name)
    if behaviour is not None and card.behaviour not in (None, behaviour):
        raise CatalogError(f"test_cards: {name} behaves in two ways")
    card.behaviour = behaviour or card.behaviour


def _check(
    card: PublishedCard,
    bins: Bins,
    brands: dict[str, Brand],
    known_countries: dict[str, Country],
    known_behaviours: dict[str, Behaviour],
) -> None:
    where = f"test_cards: the number ending in {card.number[-4:]}"
    found = bins.find(card.number)
    if not (card.number.isascii() and card.number.isdigit()) or found is None:
        raise CatalogError(f"{where}: not the digits of any brand")
    if luhn_ok(card.number) != card.luhn or len(card.number) not in brands[found.brand].lengths:
        raise CatalogError(f"{where}: the wrong length or check digit")
    one_of(where, card.funding or found.funding, FUNDINGS)
    one_of(where, card.country or found.country or "", known_countries)
    for name in _behaviours_of(card):
        one_of(where, name, known_behaviours)
    for network in card.networks:
        one_of(where, network, brands)
    if card.networks and (card.networks != sorted(card.networks) or found.brand not in card.networks):
        raise CatalogError(f"{where}: its networks are not in order, or lack its brand")
    if found.brand != UNKNOWN and (card.funding or found.funding) == UNKNOWN:
        raise CatalogError(f"{where}: credit, debit or prepaid?")


def _behaviours_of(card: PublishedCard) -> Iterator[str]:
    if card.behaviour is not None:
        yield card.behaviour
    for variant in card.variants:
        yield row("test_cards: a variant", variant, {"behaviour": str, "names": list}, {})["behaviour"]


def _facts(card: PublishedCard, bins: Bins) -> CardFacts:
    found = bins.find(card.number) or Bin(UNKNOWN)
    return CardFacts(
        brand=found.brand,
        country=card.country or found.country,
        funding=card.funding or found.funding,
        last4=card.number[-4:],
        networks=tuple(card.networks) or (found.brand,),
        is_test_number=True,
        behaviour=card.behaviour,
        three_d_secure_supported=card.three_d_secure,
        regulated_status="unregulated",
    )


def _names(cards: Iterable[PublishedCard], prefix: str, own_column: str) -> dict[str, Magic]:
    names: dict[str, Magic] = {}
    for name, magic in _pairs(cards, own_column):
        if prefix + name in names:
            raise CatalogError(f"test_cards: {prefix}{name} stands for two cards")
        names[prefix + name] = magic
    return names


def _pairs(cards: Iterable[PublishedCard], own_column: str) -> Iterator[tuple[str, Magic]]:
    for card in cards:
        own: list[Any] = getattr(card, own_column)
        for name in (*card.names, *own):
            yield name, Magic(card.number, card.behaviour)
        for variant in card.variants:
            for name in variant["names"]:
                yield name, Magic(card.number, variant["behaviour"])


@cache
def card_tables() -> CardTables:
    """Return the tables, read and checked on first use."""
    return build(read("brands"), read("bins"), read("test_cards"), country_table(), behaviour_table())


def card_facts(number: str) -> CardFacts | None:
    """Return what `number` (ASCII digits alone) says about its card, or None where no known range holds it."""
    tables = card_tables()
    published = tables.test_cards.get(number)
    if published is not None:
        return published
    found = tables.bins.find(number)
    if found is None:
        return None
    return CardFacts(
        brand=found.brand,
        country=found.country,
        funding=found.funding,
        last4=number[-4:],
        networks=(found.brand,),
        is_test_number=False,
        behaviour=None,
        three_d_secure_supported=True,
        regulated_status="unregulated",
    )
