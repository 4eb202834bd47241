"""What card networks do by themselves: a saved card is replaced or renewed, and its PaymentMethod follows.

    POST /v1/test_helpers/payment_methods/{payment_method}/automatically_update

Unlike Stripe: its test mode has no way to make this happen. The helper is for test mode alone.
"""

from strongroom import errors
from strongroom.domain import payment_methods as states
from strongroom.resources import cards, expiring
from strongroom.resources.call import Call
from strongroom.resources.changes import changed_leaves
from strongroom.resources.kind import Document, Stored
from strongroom.resources.payment_methods import CARD, PAYMENT_METHOD, load, merged_card, view
from strongroom.resources.registry import handles

YEARS_RENEWED = 3


@handles(
    "POST /v1/test_helpers/payment_methods/{payment_method}/automatically_update", permission="payment_method"
)
async def automatically_update(call: Call, params: Document, *, payment_method: str) -> Document:
    """Have the issuer renew a saved card, or replace it by the test card `card[number]`. The event names no request."""
    if call.caller.livemode:
        raise errors.InvalidRequest("Test helpers can only be used in test mode.")
    stored = await load(call, payment_method, param="payment_method", in_path=True)
    states.after(states.UPDATE, stored["state"])
    if stored["type"] != CARD:
        raise errors.InvalidRequest(
            f"PaymentMethods of type {stored['type']} are not updated by card networks.",
            code="payment_method_unsupported_type",
        )
    given = params.get("card") or {"exp_year": str(stored.doc[CARD]["exp_year"] + YEARS_RENEWED)}
    before = view(stored)
    changed = await _replaced(call, stored, given) if given.get("number") else _renewed(call, stored, given)
    expiring.watch(call, changed, stored.doc)
    previous = changed_leaves(before, view(changed))
    if previous:
        call.emit("payment_method.automatically_updated", PAYMENT_METHOD, changed, previous, requested=False)
    return view(changed)


def _renewed(call: Call, stored: Stored, given: Document) -> Stored:
    """The same number, with another expiry date."""
    return call.change(stored, {**stored.doc, CARD: merged_card(stored.doc[CARD], given, call.now)})


async def _replaced(call: Call, stored: Stored, given: Document) -> Stored:
    """Another number: vaulted in place of the old one, which is erased. What was checked stays checked."""
    if stored["state"] != states.ATTACHED:
        raise errors.InvalidRequest("The customer was deleted, and with it the number of this card.")
    old = stored.doc[CARD]
    details = {name: given.get(name) or str(old[name]) for name in ("exp_month", "exp_year")}
    material = await cards.take_in(
        call,
        {**details, "number": given["number"]},
        code_owner=stored.id,
        billing_details=stored.doc["billing_details"],
    )
    await call.erase_record(stored["record"])
    private = {**stored.doc[cards.PRIVATE], "behaviour": material.behaviour}
    doc = {**stored.doc, CARD: {**material.card, "checks": old["checks"]}, cards.PRIVATE: private}
    return call.change(stored, doc, record=material.record, fingerprint=material.fingerprint)
