"""Where the details of PaymentMethods other than cards are looked at: checked, described, and wrapped up again.

What comes out is either fit to be shown or a `Secret`. The same goes for tax ids in billing details, which the API shows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from strongroom.catalog.magic import MagicNumber
from strongroom.catalog.method_shapes import MethodType
from strongroom.domain.method_details import check
from strongroom.secret import Secret


@dataclass(frozen=True, slots=True)
class TakenMethod:
    """Details that passed: what may be shown of them, and the account behind them for the vault."""

    shown: dict[str, Any]
    """The type's hash, its fingerprint still None."""
    kept: dict[str, Any]
    """What was sent and is neither shown nor vaulted."""
    behaviour: str | None
    """What comes of a published test account."""
    canonical: Secret[str] | None
    """What is sealed, and what the fingerprint is made from."""


def take_method(
    page: MethodType, details: Mapping[str, Any], *, livemode: bool, now: int, param: str
) -> TakenMethod:
    """Check what was sent under a type's hash, and describe it.

    Args:
        page: the type.
        details: values by field, numbers still wrapped.
        livemode: False also accepts the published test numbers.
        now: seconds since 1970 UTC.
        param: the parameter that holds the hash, for the `param` of errors.

    Raises:
        InvalidRequest: the first thing that is wrong.
    """
    typed = {name: value.reveal() if isinstance(value, Secret) else value for name, value in details.items()}
    checked = check(page, typed, livemode=livemode, now=now, param=param)
    magic = next((value.behaviour for value in details.values() if isinstance(value, MagicNumber)), None)
    canonical = None if checked.canonical is None else Secret(checked.canonical)
    return TakenMethod(checked.shown, checked.kept, magic or checked.behaviour, canonical)


def take_tax_id(tax_id: Secret[str] | str) -> str:
    """Return the tax id of somebody's billing details, which the API shows as it was sent."""
    return tax_id.reveal() if isinstance(tax_id, Secret) else tax_id
