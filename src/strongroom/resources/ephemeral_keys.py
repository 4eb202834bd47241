"""Ephemeral keys: with which a phone, for an hour, may see and change how one customer pays.

    POST   /v1/ephemeral_keys          create
    DELETE /v1/ephemeral_keys/{key}    delete

A key's text is shown once, when it is made; what stays is its MAC. What a key may do is said at each operation it may call
(`own`), and is about its customer alone.
"""

from collections.abc import Iterable
from typing import Final

from strongroom import errors, limits
from strongroom.resources import customers
from strongroom.resources.call import Call
from strongroom.resources.caller import KeyKind, generate
from strongroom.resources.kind import Document, Kind, Stored
from strongroom.resources.owned import WITHHELD
from strongroom.resources.registry import handles, register_kind

PERMISSION: Final = "ephemeral_key"
NOT_YET: Final = ("issuing_card", "verification_session")


def view(key: Stored) -> Document:
    """Return what is kept of a key, its text not being among it."""
    return {
        "id": key.id,
        "object": "ephemeral_key",
        "associated_objects": [{"id": key["customer"], "type": "customer"}],
        "created": key["created"],
        "expires": key["expires_at"],
        "livemode": key.row.livemode,
    }


EPHEMERAL_KEY: Final = register_kind(
    Kind("ephemeral_key", "ephemeral_keys", "ephkey", "ephemeral key", PERMISSION, view)
)


@handles("POST /v1/ephemeral_keys", permission=PERMISSION)
async def create(call: Call, params: Document) -> Document:
    """Make a key for a customer, and show its text this once. Phones say at which API version they speak."""
    if call.origin.api_version is None:
        raise errors.InvalidRequest(
            "To create an ephemeral key, send the API version of the client that is going to use it in the Stripe-Version "
            "header."
        )
    for name in NOT_YET:
        if name in params:
            raise errors.not_implemented(f"the parameter `{name}` of ephemeral keys")
    if "nonce" in params:
        raise errors.parameters_exclusive("customer", "nonce")
    if not params.get("customer"):
        raise errors.parameter_missing("customer")
    customer = await customers.load_living(call, params["customer"], param="customer")
    call.guard(customer)
    key, text = make(call, customer.id)
    return {**view(key), "secret": text}


def make(call: Call, customer: str, withheld: Iterable[str] = ()) -> tuple[Stored, str]:
    """Stage a key for a customer, and return it with its text; `withheld` says what it may not do all the same."""
    text = generate(KeyKind.EPHEMERAL, livemode=call.caller.livemode)
    key = call.insert(
        EPHEMERAL_KEY,
        {"permissions": dict.fromkeys(withheld, WITHHELD)},
        mac=call.vault.api_key_mac(text),
        customer=customer,
        key_account=call.caller.key_account,
        expires_at=call.now + limits.EPHEMERAL_KEY_SECONDS,
    )
    return key, text


@handles("DELETE /v1/ephemeral_keys/{key}", permission=PERMISSION)
async def delete(call: Call, params: Document, *, key: str) -> Document:
    """End a key before its time. Observed: the key is answered, not a stub."""
    stored = await call.load(EPHEMERAL_KEY, key, param="key", in_path=True)
    call.delete(stored)
    return view(stored)
