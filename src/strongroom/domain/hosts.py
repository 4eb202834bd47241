"""Names of hosts, as somebody registers them: a name that could stand in the public DNS and nothing around it."""

import re
from typing import Final

from strongroom.errors import InvalidRequest

LENGTH_MAX: Final = 253
_LABEL: Final = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
# The last label has a letter, or the whole would be an address.
_HOST: Final = re.compile(rf"(?:{_LABEL}\.)+(?=[a-z0-9-]*[a-z]){_LABEL}", re.ASCII)

UNVERIFIABLE: Final = ".invalid"
"""What no host is ever called (RFC 2606)."""


def host_name(text: str, *, param: str) -> str:
    """Return a host's name in lower case.

    Raises:
        InvalidRequest: it has a scheme, a port, a path or spaces, is an address, or could not be in the public DNS.
    """
    name = text.lower()
    if len(name) > LENGTH_MAX or _HOST.fullmatch(name) is None:
        raise InvalidRequest(
            "This is not a valid domain name. Give the host alone, such as shop.example.com, without scheme, port or path.",
            param=param,
        )
    return name


def is_verifiable(name: str) -> bool:
    """Whether a host of that name can exist."""
    return not name.endswith(UNVERIFIABLE)
