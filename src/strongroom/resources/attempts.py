"""What confirming a PaymentIntent and a SetupIntent have in common: one attempt at a time, with what, and what is left of it.

Between its two halves an attempt occupies the intent, and the PaymentMethod if nobody has saved it: whoever else wants one
of them is told to come back.
"""

from typing import Any, Final

from strongroom import errors
from strongroom.catalog import MethodType
from strongroom.catalog.customer_pages import Reason, customer_pages
from strongroom.contract import hide_from_publishable, renderer
from strongroom.domain import microdeposits
from strongroom.domain import payment_methods as states
from strongroom.domain.intents import TYPES
from strongroom.domain.return_urls import scheme_of
from strongroom.resources import acquiring, attaching, customers, mandates, payment_methods
from strongroom.resources.call import Call
from strongroom.resources.caller import KeyKind
from strongroom.resources.cards import PRIVATE
from strongroom.resources.customers import CUSTOMER
from strongroom.resources.kind import Document, Kind, Refusal, Stored
from strongroom.resources.method_pages import PAGES
from strongroom.resources.payment_methods import PAYMENT_METHOD

BUSY: Final = "busy"
ACTION: Final = "action"
AUTHENTICATED: Final = "authenticated"
SET_UP: Final = "set_up"
SELF: Final = "self"
"""Whether a PaymentMethod was set up for the account itself, with `attach_to_self`."""
GIVEN_UP: Final = "given_up"
"""Whether a bank account can no longer be verified."""
NONE: Final = "none"
OFF_SESSION: Final = "off_session"
BANK_DEBIT: Final = "bank_debit"


# -- one at a time ----------------------------------------------------------------------------------------------------


def check_free(intent: Stored) -> None:
    """Refuse to touch an intent while an attempt is under way.

    Raises:
        errors.RateLimited: `lock_timeout`.
    """
    if intent.doc[PRIVATE].get(BUSY) is not None:
        raise errors.lock_timeout()


def with_private(doc: Document, **private: Any) -> Document:
    """Return a document with something kept for itself."""
    return {**doc, PRIVATE: {**doc[PRIVATE], **private}}


def vacated(doc: Document, **changes: Any) -> Document:
    """Return an intent's document with `changes`, free for the next attempt, and with no action of the customer to wait for."""
    return with_private({**doc, "next_action": None, **changes}, **{BUSY: None, ACTION: None})


def occupy_method(call: Call, method: Stored, reference: str) -> Stored:
    """Stage that a PaymentMethod is being used; one that is saved can be used by many at once.

    Raises:
        errors.RateLimited: somebody else is using it.
    """
    if method["state"] != states.FRESH:
        call.guard(method)
        return method
    if method.doc[PRIVATE].get(BUSY) is not None:
        raise errors.lock_timeout()
    return call.change(method, with_private(method.doc, **{BUSY: reference}))


async def let_go(call: Call, method_id: str) -> Stored:
    """Stage that an attempt does not use a PaymentMethod any more, and return it."""
    method = await call.find(PAYMENT_METHOD, method_id)
    assert method is not None
    if method.doc[PRIVATE].get(BUSY) is None:
        return method
    return call.change(method, with_private(method.doc, **{BUSY: None}))


# -- what is kept -----------------------------------------------------------------------------------------------------


async def keep(call: Call, method: Stored, *, usage: str | None, customer: str | None) -> Stored:
    """Stage what becomes of a PaymentMethod that was paid with, or set up.

    Args:
        call: the second half's.
        method: let go of.
        usage: what it is kept for, `on_session` or `off_session`; None: for nothing.
        customer: whose it becomes, if it is kept.
    """
    if usage == OFF_SESSION:
        method = call.change(method, with_private(method.doc, **{SET_UP: True}))
    if method["state"] != states.FRESH:
        return method
    if usage is None:
        return payment_methods.consume(call, method, customer)
    if customer is None or PAGES[method["type"]].save.attach == "never" or not await _lives(call, customer):
        return method
    attached = attaching.attach_to(call, method, customer, through_intent=True)
    return attached if isinstance(attached, Stored) else method


async def _lives(call: Call, customer: str) -> bool:
    """Whether a customer is still there, and stays so until this call has committed."""
    stored = await call.find(CUSTOMER, customer)
    if stored is None or stored["deleted_at"] is not None:
        return False
    call.guard(stored)
    return True


async def check_customer_lives(call: Call, customer: str | None) -> None:
    """Refuse to go on for a customer who was deleted.

    Raises:
        errors.InvalidRequest: `resource_missing`.
    """
    if customer is not None:
        call.guard(await customers.load_living(call, customer, param="customer"))


def failure(intent_type: str, why: Reason, message: str | None = None) -> errors.InvalidRequest:
    """Return the error of an intent whose customer did not do what was asked of them."""
    return errors.InvalidRequest(message or why.message, code=why.codes[intent_type])


def unusable(intent_type: str, method: Stored) -> errors.InvalidRequest | None:
    """Return why a PaymentMethod cannot be used any more: somebody was faster while the customer made up their mind."""
    try:
        states.after(states.USE, method["state"])
    except errors.InvalidRequest as refusal:
        return failure(intent_type, customer_pages().reasons["unauthenticated"], refusal.message)
    return None


# -- what was sent ----------------------------------------------------------------------------------------------------


def return_url_of(params: Document) -> str | None:
    """Return where the customer comes back to.

    Raises:
        errors.InvalidRequest: `url_invalid`: not an absolute address.
    """
    url: str | None = params.get("return_url") or None
    if url is not None and scheme_of(url) is None:
        raise errors.InvalidRequest(
            "Not a valid URL. A return_url is absolute, such as https://example.com/return.",
            code="url_invalid",
            param="return_url",
        )
    return url


def acceptance_of(call: Call, params: Document) -> Document | None:
    """Return `customer_acceptance` as a mandate shows it, None if none was sent.

    A publishable key may leave out where it was accepted: the request says so itself.

    Raises:
        errors.ParameterRefused: where an agreement was accepted online was not sent.
    """
    given = params.get("mandate_data") or None
    if given is None or "customer_acceptance" not in given:
        return None
    accepted = given["customer_acceptance"]
    shown: Document = {"accepted_at": accepted.get("accepted_at", call.now), "type": accepted["type"]}
    if accepted["type"] == "offline":
        return {**shown, "offline": {}}
    online = accepted.get("online") or {}
    if call.caller.kind is KeyKind.PUBLISHABLE:
        online = {"ip_address": call.origin.client_ip, "user_agent": call.origin.user_agent, **online}
    for name in ("ip_address", "user_agent"):
        if name not in online:
            raise errors.parameter_missing(f"mandate_data[customer_acceptance][online][{name}]")
    return {**shown, "online": {name: online[name] for name in ("ip_address", "user_agent")}}


def redirect_refusal(
    call: Call, kind: Kind, intent: Stored, method: Stored, params: Document
) -> Refusal | None:
    """Refuse to begin what may send the customer elsewhere without saying where they come back to. The intent stays.

    Where a configuration decides, every type it offers counts, if a secret key asks with the customer there.
    """
    if return_url_of(params) is not None:
        return None
    automatic = intent.doc["automatic_payment_methods"]
    may_redirect = (
        automatic is not None
        and automatic["allow_redirects"] == "always"
        and call.caller.kind is not KeyKind.PUBLISHABLE
        and not params.get("off_session")
        and any(redirects(one) for one in intent.doc[TYPES])
    )
    if not (may_redirect or redirects(method["type"])):
        return None
    error = errors.InvalidRequest(
        "This intent is configured to accept payment methods that may redirect the customer. Provide a `return_url`, or set "
        "`automatic_payment_methods[allow_redirects]` to `never` when you create it.",
    )
    if params.get("confirmation_token"):
        # A request that is refused spends no token, so nothing of it may stay.
        raise error
    return Refusal(holding(error, **{kind.type: shown(call, kind, intent)}), keeps_all=True)


async def agreed(call: Call, method: Stored, params: Document, *, keeps: bool, code: str) -> Document | None:
    """Return what the customer agrees to that becomes a mandate; None if it makes none, or they have agreed before.

    Args:
        call: the first half's.
        method: what is to be paid with.
        params: of the request.
        keeps: whether it is kept for payments without the customer: then wallets have mandates as well, if one was agreed to.
        code: of the refusal.

    Raises:
        errors.InvalidRequest: `code`: the type needs it, and they have agreed to nothing.
    """
    acceptance, page = acceptance_of(call, params), PAGES[method["type"]]
    if not needs_mandate(page):
        has_one = (page.save.mandate and not page.own_rules) or page.save.becomes is not None
        return acceptance if keeps and has_one else None
    mandate = params.get("mandate")
    if mandate:
        stored = await call.load(mandates.MANDATE, mandate, param="mandate")
        if stored["payment_method"] == method.id and stored["status"] != mandates.INACTIVE:
            return None
    if acceptance is None:
        raise errors.InvalidRequest(
            f"A PaymentMethod of type {method['type']} is only debited with an active mandate: send `mandate_data`, or the "
            "`mandate` of this PaymentMethod.",
            code=code,
            param="mandate",
        )
    return acceptance


def mandate_options(intent: Stored, method: Stored) -> Document:
    """Return what an intent says of the mandates of a PaymentMethod's type."""
    return intent.doc[PRIVATE]["options"].get(method["type"], {}).get("mandate_options") or {}


def check_can_verify(intent: Stored, method: Stored) -> None:
    """Refuse a bank account that nobody can show to be theirs any more, or not in the way that is wanted.

    Raises:
        errors.InvalidRequest: too many wrong reports of its small deposits.
        errors.Unavailable: 501, it is to be verified by its bank.
    """
    if acquiring.is_verified(method):
        return
    if method.doc[PRIVATE].get(GIVEN_UP):
        raise microdeposits.intent_refusal(microdeposits.Verdict.EXCEEDED)
    options = intent.doc[PRIVATE]["options"].get(method["type"], {})
    if options.get("verification_method") == "instant":
        raise errors.not_implemented(
            f"`payment_method_options[{method['type']}][verification_method]=instant` of an account that was typed in"
        )


def needs_mandate(page: MethodType) -> bool:
    """Whether nobody may be debited without having agreed to it."""
    return page.save.mandate and page.offer is not None and page.offer.family == BANK_DEBIT


def redirects(type_name: str) -> bool:
    """Whether somebody who pays so is sent elsewhere."""
    offer = PAGES[type_name].offer
    return offer is not None and offer.redirects


# -- what is said -----------------------------------------------------------------------------------------------------


def shown(call: Call, kind: Kind, stored: Stored) -> Document:
    """Return an object as an error holds it, without what the caller may not see."""
    document = renderer(kind.type)(kind.view(stored))
    is_browser = call.caller.is_client
    return hide_from_publishable(kind.type, document) if is_browser else document


def last_error(error: errors.ApiError, method: Stored) -> Document:
    """Return an error as an intent remembers it: without the intent, with the PaymentMethod."""
    body = {
        name: value for name, value in error.body().items() if name not in {"payment_intent", "setup_intent"}
    }
    return {**body, "payment_method": renderer(PAYMENT_METHOD.type)(PAYMENT_METHOD.view(method))}


def holding(error: errors.ApiError, **objects: Document) -> errors.ApiError:
    """Return the error with objects inside."""
    error.members.update(objects)
    return error
