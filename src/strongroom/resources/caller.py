"""Who is calling: an account, a mode and what the key allows.

Keys are looked up by their keyed MAC; the text of a key is never stored. In the sandbox a well-formed key that nobody
made opens the account its name derives.
"""

import hashlib
import re
import zlib
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

import msgspec

from strongroom import errors, ids, limits
from strongroom.catalog.accounts import FULL, account_tables
from strongroom.store import Row

CHECKSUM_LENGTH: Final = 6
RANDOM_LENGTH: Final = 32

_PREFIX = re.compile(r"[a-z]{2,6}_(?:test|live)_", re.ASCII)
_COUNTRY_SUFFIX = re.compile(r"_([A-Z]{2})$", re.ASCII)
_WELL_FORMED = re.compile(
    r"(?P<kind>sk|pk|rk|ek)_(?P<mode>test|live)_(?P<name>[0-9A-Za-z_]{1,200})", re.ASCII
)


class KeyKind(StrEnum):
    """What a key is for; the value is its prefix."""

    SECRET = "sk"  # noqa: S105 -- a prefix
    PUBLISHABLE = "pk"
    RESTRICTED = "rk"
    EPHEMERAL = "ek"
    """On a phone, for an hour, for one customer."""


CUSTOMERS_OWN: Final = frozenset({"customer", "payment_method"})
"""What an ephemeral key is shown where an answer names it, of its customer."""
BROWSERS_OWN: Final = frozenset({"payment_method"})
"""What a publishable key is: the PaymentMethod of an intent, which it has to hold the secret of."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The principal every query is scoped to."""

    account: str
    """The account the request acts on: the key's own, or the one `Stripe-Account` names."""
    livemode: bool
    kind: KeyKind
    key_account: str
    """The account the key belongs to."""
    masked_key: str
    """The key as an error may show it."""
    permissions: dict[str, str] = field(default_factory=dict)
    """For a restricted key: permission → `read` or `write`. `*` stands for every permission."""
    country: str = "US"
    """Where a sandbox account is, alpha-2; outside the sandbox the account itself says so."""
    customer: str | None = None
    """The customer an ephemeral key is for; what it may do is about them alone."""

    @property
    def is_client(self) -> bool:
        """Whether the key is in somebody's browser or phone, who is not to see what the merchant notes."""
        return self.kind in {KeyKind.PUBLISHABLE, KeyKind.EPHEMERAL}

    @property
    def acts_for_another(self) -> bool:
        """Whether `Stripe-Account` named an account other than the key's own."""
        return self.account != self.key_account

    def acting_on(self, account: str) -> "Caller":
        """Return the same caller acting on a connected account."""
        return replace(self, account=account)

    def lacks(self, permission: str, verb: str) -> errors.Forbidden:
        """Return the refusal of a restricted key, naming what it lacks."""
        return errors.Forbidden(
            f"The provided key '{self.masked_key}' does not have the required permissions for this endpoint on account "
            f"'{self.account}'. Having the 'rak_{permission}_{verb}' permission would allow this request to continue."
        )

    def check_may_read(self, permission: str) -> None:
        """Refuse a key that may not read such objects: expansion is no way around what a key may do.

        Raises:
            errors.Forbidden: it may not.
        """
        if self.kind is KeyKind.RESTRICTED and not self.may(permission, "read"):
            raise self.lacks(permission, "read")
        if self.kind is KeyKind.EPHEMERAL and permission not in CUSTOMERS_OWN:
            raise self.out_of_reach()
        if self.kind is KeyKind.PUBLISHABLE and permission not in BROWSERS_OWN:
            raise errors.secret_key_required()

    def out_of_reach(self) -> errors.Forbidden:
        """Return the refusal of an ephemeral key: the same whatever is there, so that it says nothing of it."""
        return errors.Forbidden(
            f"The provided key '{self.masked_key}' does not have the required permissions for this endpoint on account "
            f"'{self.account}'. An ephemeral key is for its own customer."
        )

    def may(self, permission: str, verb: str) -> bool:
        """Whether a restricted key holds `permission` for `verb` (`read` or `write`); write implies read."""
        granted = self.permissions.get(permission, self.permissions.get("*", "none"))
        return granted in {"write", verb}


@dataclass(frozen=True, slots=True)
class KeyShape:
    """A well-formed key, taken apart."""

    kind: KeyKind
    livemode: bool
    name: str


def parse(key: str) -> KeyShape | None:
    """Return what a key says of itself, or None if it is not shaped like one."""
    match = _WELL_FORMED.fullmatch(key)
    if match is None:
        return None
    return KeyShape(KeyKind(match["kind"]), match["mode"] == "live", match["name"])


def mask(key: str) -> str:
    """Return `key` as an error may show it: its prefix, one star a hidden character, its last four characters."""
    known = _PREFIX.match(key)
    prefix = known.group() if known else ""
    body = key[len(prefix) : limits.ECHO_LENGTH_MAX]
    visible = body[-4:] if len(body) > 4 else ""  # noqa: PLR2004 -- the four that stay visible
    return prefix + "*" * (len(body) - len(visible)) + visible


def generate(kind: KeyKind, *, livemode: bool) -> str:
    """Return a new key: prefix, 32 random base62 characters and a 6-character checksum."""
    prefix = f"{kind}_{'live' if livemode else 'test'}_"
    body = ids.random_base62(RANDOM_LENGTH)
    return prefix + body + _checksum(prefix + body)


def checksum_holds(key: str) -> bool:
    """Whether a key of the generated length ends in its checksum; other lengths were not made by us."""
    return key[-CHECKSUM_LENGTH:] == _checksum(key[:-CHECKSUM_LENGTH])


def _checksum(text: str) -> str:
    return ids.encode_base62(zlib.crc32(text.encode("ascii")), CHECKSUM_LENGTH)


def sandbox_account(name: str) -> str:
    """Return the account that `<name>` in a sandbox key stands for: always the same, and nobody else's."""
    digest = hashlib.sha256(b"strongroom sandbox account\0" + name.encode()).digest()
    return "acct_" + ids.encode_base62(int.from_bytes(digest[:16]), ids.BODY_LENGTH["acct"])


def sandbox_country(name: str) -> str:
    """Return the country of the account that `<name>` in a sandbox key stands for: `shop_FR` is in France, others in the US."""
    match = _COUNTRY_SUFFIX.search(name)
    country = account_tables().countries.get(match[1]) if match is not None else None
    return country.country if country is not None and FULL in country.agreements else "US"


def from_row(row: Row, document: bytes, masked_key: str) -> Caller:
    """Return the caller that a stored key stands for."""
    permissions = msgspec.msgpack.decode(document)["permissions"]
    kind = KeyKind(row.columns["kind"])
    return Caller(row.account, row.livemode, kind, row.account, masked_key, permissions)


def from_ephemeral(row: Row, document: bytes, masked_key: str) -> Caller:
    """Return the caller that an ephemeral key stands for, still acting on the account that made it."""
    permissions = msgspec.msgpack.decode(document)["permissions"]
    maker, customer = row.columns["key_account"], row.columns["customer"]
    return Caller(maker, row.livemode, KeyKind.EPHEMERAL, maker, masked_key, permissions, customer=customer)
