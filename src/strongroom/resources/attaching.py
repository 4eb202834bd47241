"""Saving PaymentMethods to customers, and taking them away.

    POST /v1/payment_methods/{payment_method}/attach    attach
    POST /v1/payment_methods/{payment_method}/detach    detach

Attaching asks the network about a card; what a new customer, an older source or an intent saves comes here too.
"""

from strongroom import errors, limits
from strongroom.domain import cards as card_rules
from strongroom.domain import payment_methods as states
from strongroom.resources import expiring, owned, payment_methods
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.kind import Document, Refusal, Stored
from strongroom.resources.method_pages import PAGES
from strongroom.resources.payment_methods import CARD, PAYMENT_METHOD
from strongroom.resources.registry import handles
from strongroom.store import Filter


@handles(
    "POST /v1/payment_methods/{payment_method}/attach", permission="payment_method", own=owned.by_attachable
)
async def attach(call: Call, params: Document, *, payment_method: str) -> Document | Refusal:
    """Save a PaymentMethod to a customer, after asking the network about it."""
    if "customer" not in params and "customer_account" not in params:
        raise errors.parameter_missing("customer")
    stored = await payment_methods.load(call, payment_method, param="payment_method", in_path=True)
    payment_methods.check_customer_account(params, in_path=True)
    customer = await payment_methods.living_customer(call, params["customer"], param="customer", in_path=True)
    held = await _count_held(call, customer)
    outcome = attach_to(call, stored, customer.id, is_full=held >= call.settings.customer_payment_methods_max)
    return outcome if isinstance(outcome, Refusal) else payment_methods.view(outcome)


async def _count_held(call: Call, customer: Stored) -> int:
    """Return how many PaymentMethods a customer has, and hold on to it until this call has committed."""
    allowed = call.settings.customer_payment_methods_max
    held = [Filter("customer", "eq", customer.id), Filter("state", "eq", states.ATTACHED)]
    caller = call.caller
    count: int = await call.store.count(
        PAYMENT_METHOD.table, caller.account, caller.livemode, filters=held, limit=allowed
    )
    if count + limits.ATTACHED_AT_ONCE >= allowed:
        # Written as it is: of those who take the last place at once, the second starts over and sees the first.
        call.change(customer)
    else:
        call.guard(customer)
    return count


def attach_to(
    call: Call,
    method: Stored,
    customer: str,
    *,
    silent: bool = False,
    through_intent: bool = False,
    is_full: bool = False,
    validates: bool = True,
) -> Stored | Refusal:
    """Stage the attachment: state, settled checks and event (unless `silent`: older sources have events of their own).

    The caller guards the customer, so that the write set fails if the customer is deleted meanwhile. What only an intent
    can save is saved when the caller is one (`through_intent`). Nobody is asked about a card that is not to be validated
    (`validates`): its checks, and the security code in memory, wait for its first use.

    Raises:
        errors.InvalidRequest: the type is not saved so, the state does not let it happen, or the customer has as many as
            one may (`is_full`).
    """
    if method["state"] == states.ATTACHED and method["customer"] == customer:
        return method
    states.check_savable(
        method["type"],
        PAGES[method["type"]].save.attach,
        verified=method.doc[PRIVATE].get("verified", False),
        through_intent=through_intent,
    )
    attached_state = states.after(states.ATTACH, method["state"])
    if is_full:
        raise errors.InvalidRequest(
            "The customer has the maximum number of PaymentMethods attached. Detach one, or use another customer.",
            code="customer_max_payment_methods",
        )
    doc = method.doc
    if method["type"] == CARD and validates:
        refusal, card = validate(call, method)
        if refusal is not None:
            return Refusal(refusal)
        doc = {**doc, CARD: card}
    attached = call.change(method, doc, customer=customer, state=attached_state)
    expiring.watch(call, attached)
    if not silent:
        call.emit("payment_method.attached", PAYMENT_METHOD, attached)
    return attached


def validate(call: Call, method: Stored) -> tuple[errors.CardError | None, Document]:
    """Ask the acquirer about a card. The security code in memory is used up by the question, whatever the answer.

    Returns the refusal, if any, and the card with its checks settled.
    """
    private, card = method.doc[PRIVATE], method.doc["card"]
    code_given = private["cvc_given"]
    code_known = call.use_code(method.id)
    address = method.doc["billing_details"]["address"]
    outcome = card_rules.attach_outcome(
        private["behaviour"],
        cvc_given=code_given and code_known,
        zip_given=private["zip_given"] or bool(address["postal_code"]),
        line1_given=bool(address["line1"]),
    )
    checks = {**card["checks"], **outcome.checks}
    if code_given and not code_known and card["checks"]["cvc_check"] == "unchecked":
        checks["cvc_check"] = "unavailable"
    return outcome.refusal, {**card, "checks": checks}


@handles(
    "POST /v1/payment_methods/{payment_method}/detach",
    permission="payment_method",
    own=owned.by_removable_method,
)
async def detach(call: Call, params: Document, *, payment_method: str) -> Document:
    """Take a PaymentMethod from its customer, for good."""
    stored = await payment_methods.load(call, payment_method, param="payment_method", in_path=True)
    state = states.after(states.DETACH, stored["state"])
    owner = stored["customer"]
    detached = call.change(stored, customer=None, state=state, detached_at=call.now)
    call.emit("payment_method.detached", PAYMENT_METHOD, detached, {"customer": owner})
    from strongroom.resources import customers

    await customers.forget_method(call, owner, stored.id)
    return payment_methods.view(detached)
