"""From the Authorization header to a `Caller`, and from `Stripe-Account` to the account it acts on.

A wrong key learns nothing else: it is refused before the version, the route or the parameters are looked at.
"""

import base64

from strongroom import errors
from strongroom.house import House
from strongroom.http.request import Request
from strongroom.resources import caller as keys
from strongroom.resources.caller import Caller, KeyKind
from strongroom.resources.connections import check_connected
from strongroom.resources.keys import ends_at

API_KEYS = "api_keys"
EPHEMERAL_KEYS = "ephemeral_keys"
SANDBOX_CALLERS_MAX = 1_000

_sandbox_callers: dict[bytes, Caller] = {}

_NO_KEY = (
    "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth "
    "(e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
)


async def authenticate(request: Request, house: House) -> Caller:
    """Return who calls.

    Raises:
        errors.Unauthenticated: no key, an unknown one, an expired one (`api_key_expired`).
        errors.Forbidden: `Stripe-Account` names an account the key cannot act on.
        errors.InvalidRequest: a live key over plain HTTP from elsewhere.
    """
    caller = (
        _sandbox_callers.get(request.headers.get(b"authorization", b"")) if house.settings.sandbox else None
    )
    if caller is None:
        caller = await _caller_of(request, house)
    if caller.livemode and not request.is_secure:
        raise errors.InvalidRequest("Live keys are only accepted over TLS.")
    account = _acting_account(request)
    if account is None or account == caller.account:
        return caller
    if caller.kind is KeyKind.EPHEMERAL:
        raise caller.out_of_reach()
    return await _acting(caller, account, house)


def _key_of(request: Request) -> str:
    scheme, _, value = request.header(b"authorization").partition(" ")
    value = value.strip()
    if scheme.lower() == "bearer":
        return value
    if scheme.lower() == "basic":
        return _basic_user(value)
    return ""


def _basic_user(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode("ascii").partition(":")[0]
    except ValueError:
        return ""


async def _caller_of(request: Request, house: House) -> Caller:
    key = _key_of(request)
    if not key:
        raise errors.Unauthenticated(_NO_KEY)
    caller = await _holder(key, request, house)
    if caller is None:
        raise errors.Unauthenticated(f"Invalid API Key provided: {keys.mask(key)}")
    return caller


async def _holder(key: str, request: Request, house: House) -> Caller | None:
    shape = keys.parse(key)
    if shape is not None and shape.kind is KeyKind.EPHEMERAL:
        return await _ephemeral(key, house)
    if shape is None or (not house.settings.sandbox and _is_mistyped(key, shape)):
        return None
    row = await house.store.find(API_KEYS, "mac", house.vault.api_key_mac(key))
    if row is None:
        return (
            _sandbox_caller(key, shape, request.headers[b"authorization"]) if house.settings.sandbox else None
        )
    end = ends_at(row)
    if end is not None and end <= house.clock.now():
        raise errors.Unauthenticated(f"Expired API Key provided: {keys.mask(key)}", code="api_key_expired")
    keyring = await house.keyring(row.account, row.livemode)
    return keys.from_row(row, keyring.open_document(row.table, row.id, row.doc), keys.mask(key))


async def _ephemeral(key: str, house: House) -> Caller | None:
    """Return whom a phone's key is for. One that a platform made for a connected account ends with the connection."""
    row = await house.store.find(EPHEMERAL_KEYS, "mac", house.vault.api_key_mac(key))
    if row is None:
        return None
    maker = row.columns["key_account"]
    if row.columns["expires_at"] <= house.clock.now() + house.clocks.ahead(maker, livemode=row.livemode):
        raise errors.Unauthenticated(f"Expired API Key provided: {keys.mask(key)}", code="api_key_expired")
    keyring = await house.keyring(row.account, row.livemode)
    caller = keys.from_ephemeral(row, keyring.open_document(row.table, row.id, row.doc), keys.mask(key))
    return await _acting(caller, row.account, house)


def _is_mistyped(key: str, shape: keys.KeyShape) -> bool:
    """Whether the key is as long as those we make, and its checksum says that it is none of them."""
    return len(shape.name) == keys.RANDOM_LENGTH + keys.CHECKSUM_LENGTH and not keys.checksum_holds(key)


def _sandbox_caller(key: str, shape: keys.KeyShape, header: bytes) -> Caller:
    """A sandbox key is no secret and means the same for ever, so its caller may be remembered by the header it came in."""
    account = keys.sandbox_account(shape.name)
    permissions = {"*": "write"} if shape.kind is KeyKind.RESTRICTED else {}
    if len(_sandbox_callers) >= SANDBOX_CALLERS_MAX:
        _sandbox_callers.clear()
    country = keys.sandbox_country(shape.name)
    caller = Caller(account, shape.livemode, shape.kind, account, keys.mask(key), permissions, country)
    _sandbox_callers[header] = caller
    return caller


def _acting_account(request: Request) -> str | None:
    """`Stripe-Account`, or a bare account in the newer `Stripe-Context`."""
    account, context = request.header(b"stripe-account"), request.header(b"stripe-context")
    if account and context and account != context:
        raise errors.InvalidRequest("The Stripe-Account and Stripe-Context headers name different accounts.")
    return account or context or None


async def _acting(caller: Caller, account: str, house: House) -> Caller:
    if account == caller.account:
        return caller
    await check_connected(house.store, caller, account)
    return caller.acting_on(account)
