"""Rules about tax ids: what a value of a type looks like, whose it is, and what asking about it comes to. Pure."""

import importlib
from typing import Final

import msgspec
from stdnum.exceptions import InvalidFormat, InvalidLength, ValidationError

from strongroom.catalog.tax_ids import TaxIdType, tax_id_tables
from strongroom.errors import InvalidRequest

LENGTH_MAX: Final = 50
PREFIX_LENGTH: Final = 2


class TaxIdFacts(msgspec.Struct, frozen=True):
    """What a tax id says of itself."""

    country: str | None
    verification: str | None
    """The status of its verification; None for types nobody is asked about."""


def check_tax_id(type_name: str, value: str, *, livemode: bool, param: str) -> TaxIdFacts:
    """Check a tax id as it was typed: its length and its characters. Check digits are not looked at.

    Args:
        type_name: such as `eu_vat`; one of the catalogue's.
        value: spaces and punctuation are the type's business.
        livemode: False: test mode's numbers mean what is published, and are good whatever they look like.
        param: the parameter that holds the value, for the `param` of errors.

    Raises:
        InvalidRequest: 400 `tax_id_invalid`.
    """
    kind = tax_id_tables().types[type_name]
    text = value.strip().upper()
    country = _country(kind, text)
    told = None if livemode or not kind.is_verified else _published(text)
    if not _is_plausible(kind, text) or (told is None and not _is_formed(kind, text)):
        raise InvalidRequest(f"Invalid value for {type_name}.", code="tax_id_invalid", param=param)
    # Nobody here can ask an authority, which is what a verification that is unavailable says.
    return TaxIdFacts(country, (told or "unavailable") if kind.is_verified else None)


def _country(kind: TaxIdType, text: str) -> str | None:
    return kind.prefixes.get(text[:PREFIX_LENGTH], kind.country)


def _is_plausible(kind: TaxIdType, text: str) -> bool:
    known_prefix = not kind.prefixes or text[:PREFIX_LENGTH] in kind.prefixes
    return text.isascii() and text.isprintable() and 0 < len(text) <= LENGTH_MAX and known_prefix


def _published(text: str) -> str | None:
    numbers = tax_id_tables().numbers
    with_country = text[:PREFIX_LENGTH].isalpha()
    return numbers.get(text[PREFIX_LENGTH:] if with_country else text)


def _is_formed(kind: TaxIdType, text: str) -> bool:
    if kind.check is None:
        return True
    try:
        importlib.import_module(f"stdnum.{kind.check}").validate(text)
    except (InvalidFormat, InvalidLength):
        return False
    except ValidationError:
        # A check digit or a part that is not given out: the examples Stripe publishes have such, so they must be taken.
        return True
    return True
