"""How Stripe's phone SDKs begin: which types an intent can be, in which order, and what its customer has saved.

    GET  /v1/elements/sessions                                                retrieve
    POST /v1/elements/customers/{customer}/set_default_payment_method         choose the default

No server SDK has these. Their shape is what the phone SDKs, whose source is public, read of them (inferred). The API key in
a customer's part is an ephemeral key, with which the phone does the rest.
"""

from typing import Final

from strongroom import errors, ids
from strongroom.domain import payment_methods as states
from strongroom.domain.amounts import check_amount, currency_of
from strongroom.domain.intents import TYPES, Choosing
from strongroom.resources import customer_sessions, customers, ephemeral_keys, owned
from strongroom.resources import intent_parts as parts
from strongroom.resources.call import Call
from strongroom.resources.customer_sessions import PARAM
from strongroom.resources.intent_parts import PAYMENT, SETUP, Words
from strongroom.resources.kind import Document, Kind, Stored
from strongroom.resources.offers import Wish, offer_for
from strongroom.resources.payment_intents import PAYMENT_INTENT
from strongroom.resources.payment_methods import PAYMENT_METHOD
from strongroom.resources.registry import PUBLISHABLE_TOO, handles
from strongroom.resources.setup_intents import SETUP_INTENT
from strongroom.resources.standing import standing_of
from strongroom.store import Filter

PERMISSION: Final = "elements_session"
DEFERRED: Final = "deferred_intent"
_INTENTS: Final[dict[str, tuple[Words, Kind]]] = {
    PAYMENT.type: (PAYMENT, PAYMENT_INTENT),
    SETUP.type: (SETUP, SETUP_INTENT),
}
# Where cards may have two brands, and the customer is asked which.
_CO_BADGED: Final[tuple[str, list[str]]] = ("FR", ["cartes_bancaires"])


@handles("GET /v1/elements/sessions", permission=PERMISSION, allow=PUBLISHABLE_TOO)
async def retrieve(call: Call, params: Document) -> Document:
    """Say what a page or an app shows. An intent needs its client secret, a customer's part that of a customer session."""
    inside: Document = {}
    if params["type"] == DEFERRED:
        types = await _types_of_deferred(call, params)
    else:
        inside, types = await _of_intent(call, params)
    customer = await _customer(call, params)
    country = (await standing_of(call)).country
    co_badged, networks = _CO_BADGED
    return {
        "object": "elements_session",
        "apple_pay_preference": "enabled",
        "business_name": None,
        "card_brand_choice": {"eligible": country == co_badged, "preferred_networks": networks},
        "customer": customer,
        "google_pay_preference": "enabled",
        "merchant_country": country,
        "payment_method_preference": {
            "object": "payment_method_preference",
            "country_code": country,
            "ordered_payment_method_types": types,
            "type": params["type"],
            **inside,
        },
        "session_id": ids.new("elements_session"),
        "unactivated_payment_method_types": [],
    }


async def _of_intent(call: Call, params: Document) -> tuple[Document, list[str]]:
    words, kind = _INTENTS[params["type"]]
    secret = params.get("client_secret")
    if not secret:
        raise errors.parameter_missing("client_secret")
    intent = await call.load(kind, secret.partition("_secret_")[0], param="client_secret")
    parts.check_may_see(call, words, intent, params)
    return {words.type: kind.view(intent)}, intent.doc[TYPES]


async def _types_of_deferred(call: Call, params: Document) -> list[str]:
    """Return the types of an intent that is still to be made."""
    given = params.get(DEFERRED)
    if given is None:
        raise errors.parameter_missing(DEFERRED)
    is_setup = given["mode"] == "setup"
    for name in () if is_setup else ("amount", "currency"):
        if name not in given:
            raise errors.parameter_missing(f"{DEFERRED}[{name}]")
    currency = currency_of(given["currency"]).code if "currency" in given else None
    if not is_setup:
        check_amount(given["amount"], currency_of(given["currency"]))
    named = given.get(TYPES)
    offer = await offer_for(
        call,
        Wish(
            noun=(SETUP if is_setup else PAYMENT).spaced,
            choosing=Choosing(tuple(dict.fromkeys(named)) if named else None),
            configuration=given.get("payment_method_configuration"),
            on_behalf_of=given.get("on_behalf_of"),
            currency=None if is_setup else currency,
            amount=None if is_setup else given["amount"],
            setup_future_usage=given.get("setup_future_usage"),
            capture_method=given.get("capture_method", "automatic"),
            has_customer=PARAM in params,
        ),
    )
    return offer.types


# -- the customer -----------------------------------------------------------------------------------------------------


async def _customer(call: Call, params: Document) -> Document | None:
    """Return what a customer session shows of its customer, with a key to act on it."""
    if not params.get(PARAM):
        return None
    session = await customer_sessions.claimed(call, params[PARAM])
    customer = await customers.load_living(call, session["customer"], param=PARAM)
    withheld = () if customer_sessions.may_remove(session) else (owned.REMOVAL,)
    key, text = ephemeral_keys.make(call, customer.id, withheld)
    shown = await _saved(call, customer, session)
    default = customer.doc["invoice_settings"]["default_payment_method"]
    return {
        "customer_session": {
            "id": session.id,
            "object": "customer_session",
            "api_key": text,
            "api_key_expiry": key["expires_at"],
            "components": session.doc["components"],
            "customer": customer.id,
            "livemode": call.caller.livemode,
        },
        "default_payment_method": default if any(one["id"] == default for one in shown) else None,
        "payment_methods": shown,
        "payment_methods_with_link_details": [],
    }


async def _saved(call: Call, customer: Stored, session: Stored) -> list[Document]:
    """Return the customer's PaymentMethods that a session shows, newest first."""
    filters, most = customer_sessions.shown_by(session)
    if not most:
        return []
    wanted = [
        Filter("customer", "eq", customer.id),
        Filter("allow_redisplay", "in", sorted(filters)),
        Filter("object", "in", states.SHOWN),
    ]
    found, _ = await call.page(PAYMENT_METHOD, {"limit": most}, wanted)
    return [PAYMENT_METHOD.view(method) for method in found]


@handles(
    "POST /v1/elements/customers/{customer}/set_default_payment_method",
    permission="customer",
    own=owned.by_path,
)
async def set_default(call: Call, params: Document, *, customer: str) -> Document:
    """Choose what a customer pays with unless another is named."""
    return customers.view(await customers.set_default_method(call, customer, params["payment_method"]))
