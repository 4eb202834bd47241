"""Where a customer comes back to: a page of the merchant's, or their app. Pure."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

WEB: Final = frozenset({"http", "https"})
# What a browser would run, show from where it is, or read from the customer's machine: nobody's app has such a name.
_NEVER: Final = frozenset(
    {
        "about",
        "blob",
        "data",
        "file",
        "filesystem",
        "ftp",
        "javascript",
        "mailto",
        "tel",
        "vbscript",
        "view-source",
        "ws",
        "wss",
    }
)
_AS_IT_IS: Final = "%:/?#[]@!$&'()*+,;=~-._"


def scheme_of(url: str) -> str | None:
    """Return the scheme of an address that customers can be sent to, in small letters; None: they cannot."""
    if not url.isprintable() or any(one.isspace() for one in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if not parts.scheme or parts.scheme in _NEVER or (parts.scheme in WEB and not parts.hostname):
        return None
    return parts.scheme


def with_query(url: str, added: Mapping[str, str]) -> str:
    """Return an address with more in its query; what it has stays as it is, its fragment at the end."""
    before, hash_sign, fragment = url.partition("#")
    joint = "" if before[-1:] in {"?", "&"} else "&" if "?" in before else "?"
    return f"{before}{joint}{urlencode(added)}{hash_sign}{fragment}"


def as_header(url: str) -> bytes:
    """Return an address as a header can hold it: what is not ASCII, or has no place in an address, is encoded."""
    return quote(url, safe=_AS_IT_IS).encode()
