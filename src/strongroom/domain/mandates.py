"""References of mandates: what a merchant may have them begin with. Pure."""

import re
from typing import Final

from strongroom.errors import InvalidRequest

LENGTH: Final = 16
# Twelve characters at most, and not as if somebody else had given it out; documented with the parameter.
_PREFIX: Final = re.compile(r"(?!DDIC|STRIPE)[A-Z0-9 /_\-&.]{1,12}", re.ASCII)


def check_prefix(prefix: str, *, param: str) -> None:
    """Raise `InvalidRequest`, `invalid_mandate_reference_prefix_format`, unless references may begin with `prefix`."""
    if _PREFIX.fullmatch(prefix) is None:
        raise InvalidRequest(
            "A reference_prefix has at most 12 characters: capital letters, digits, spaces and / _ - & . ; it does not begin "
            "with DDIC or STRIPE.",
            code="invalid_mandate_reference_prefix_format",
            param=param,
        )


def with_prefix(reference: str, prefix: str | None) -> str:
    """Return a reference of the same length that begins with `prefix`."""
    return (prefix or "") + reference[len(prefix or "") :]
