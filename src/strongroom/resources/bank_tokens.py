"""A token of a bank account that is saved as a PaymentMethod: for APIs that take nothing but tokens."""

from typing import Final

from strongroom import errors, ids
from strongroom.catalog.banks import bank_tables
from strongroom.domain import payment_methods as states
from strongroom.resources import payment_methods, records, tokens
from strongroom.resources.attempts import SELF
from strongroom.resources.call import Call
from strongroom.resources.caller import KeyKind
from strongroom.resources.cards import PRIVATE
from strongroom.resources.kind import Document, Stored

TYPE: Final = "us_bank_account"
PARAM: Final = "bank_account[payment_method]"


async def of_method(call: Call, method_id: str, customer: str | None) -> Stored:
    """Stage a token of the bank account behind a PaymentMethod. One that was never saved is used up by it.

    Args:
        call: the request.
        method_id: a PaymentMethod of type `us_bank_account`.
        customer: whom it is attached to; it has to be named then.

    Raises:
        errors.Forbidden: a publishable key, or a restricted one that may not read PaymentMethods.
        errors.InvalidRequest: no such PaymentMethod, of another type, used up, the account's own, or not that customer's.
    """
    if call.caller.kind is KeyKind.PUBLISHABLE:
        raise errors.secret_key_required()
    call.check_may_read("payment_method")
    method = await payment_methods.load(call, method_id, param=PARAM)
    if method["type"] != TYPE:
        raise errors.InvalidRequest(f"The PaymentMethod is not of type {TYPE}.", param=PARAM)
    if method.doc[PRIVATE].get(SELF):
        raise errors.InvalidRequest(
            "A PaymentMethod that was set up with `attach_to_self` cannot be made into a token.", param=PARAM
        )
    if method["state"] == states.ATTACHED and customer is None:
        raise errors.parameter_missing("customer")
    if method["customer"] != customer:
        raise errors.resource_missing("PaymentMethod", method_id, param=PARAM)
    record = await records.copy(call, call, method)
    payment_methods.consume(call, method, customer)
    extra = {"bank_account": _shown(method), PRIVATE: {"behaviour": _payout(method)}}
    return tokens.insert(call, ids.new("btok"), "bank_account", record, extra)


def _shown(method: Stored) -> Document:
    details = method.doc[TYPE]
    same = ("account_holder_type", "account_type", "bank_name", "fingerprint", "last4", "routing_number")
    return {
        "id": ids.new("ba"),
        "object": "bank_account",
        **{name: details[name] for name in same},
        "account_holder_name": method.doc["billing_details"]["name"],
        "country": "US",
        "currency": "usd",
        "status": "new",
    }


def _payout(method: Stored) -> str | None:
    """What a payout comes to, where the published account says one thing for both directions."""
    behaviour: str | None = method.doc[PRIVATE]["behaviour"]
    return behaviour if behaviour in set(bank_tables().test_banks["US"].numbers.values()) else None
