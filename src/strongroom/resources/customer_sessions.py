"""Customer sessions: what a page or an app may show and do about how one customer pays.

    POST /v1/customer_sessions    create

The client secret is shown once, when a session is made; what stays is its MAC. Whoever holds it claims the session through
`elements_sessions`. There is nothing to retrieve, list or update, and no event.
"""

from typing import Any, Final

from strongroom import errors, ids, limits
from strongroom.resources import customers
from strongroom.resources.call import Call
from strongroom.resources.kind import Document, Kind, Stored
from strongroom.resources.owned import REMOVAL
from strongroom.resources.registry import handles

PERMISSION: Final = "customer_session"
SECRET_LENGTH: Final = 48
PARAM: Final = "customer_session_client_secret"

FILTERS: Final = "payment_method_allow_redisplay_filters"
REDISPLAY: Final = "payment_method_redisplay"
LIMIT: Final = "payment_method_redisplay_limit"
ENABLED: Final = "enabled"
DISABLED: Final = "disabled"

# Component → its features and what they are where nothing is said, as documented; None: it is only switched on and off.
FEATURES: Final[dict[str, Document | None]] = {
    "active_entitlements": None,
    "buy_button": None,
    "customer_portal": None,
    "customer_sheet": {FILTERS: ["always"], REMOVAL: DISABLED},
    "mobile_payment_element": {
        FILTERS: ["always"],
        REDISPLAY: DISABLED,
        REMOVAL: DISABLED,
        "payment_method_save": DISABLED,
        "payment_method_save_allow_redisplay_override": None,
    },
    "payment_element": {
        FILTERS: ["always"],
        REDISPLAY: DISABLED,
        LIMIT: 3,
        REMOVAL: DISABLED,
        "payment_method_save": DISABLED,
        "payment_method_save_usage": None,
    },
    "pricing_table": None,
}


def view(session: Stored) -> Document:
    """Return the session's fields, without its secret."""
    return {
        "object": "customer_session",
        "components": session.doc["components"],
        "created": session["created"],
        "customer": session["customer"],
        "expires_at": session["expires_at"],
        "livemode": session.row.livemode,
    }


CUSTOMER_SESSION: Final = Kind(
    "customer_session", "customer_sessions", "cuss", "customer session", PERMISSION, view
)


@handles("POST /v1/customer_sessions", permission=PERMISSION)
async def create(call: Call, params: Document) -> Document:
    """Make a session for a customer, and show its secret this once."""
    if "customer_account" in params:
        raise errors.not_implemented("the parameter `customer_account`")
    if not params.get("customer"):
        raise errors.parameter_missing("customer")
    components = {name: _component(name, params["components"].get(name)) for name in FEATURES}
    if not any(one["enabled"] for one in components.values()):
        raise errors.ParameterRefused("At least one component must be enabled.", param="components")
    customer = await customers.load_living(call, params["customer"], param="customer")
    call.guard(customer)
    secret = f"cuss_secret_{ids.random_base62(SECRET_LENGTH)}"
    session = call.insert(
        CUSTOMER_SESSION,
        {"components": components},
        mac=call.vault.api_key_mac(secret),
        customer=customer.id,
        expires_at=call.now + limits.CUSTOMER_SESSION_SECONDS,
    )
    return {**view(session), "client_secret": secret}


def _component(name: str, given: Document | None) -> Document:
    """Return a component as it is kept: with all its features if it is enabled, null if it is not."""
    defaults, enabled = FEATURES[name], bool(given and given["enabled"])
    if defaults is None:
        return {"enabled": enabled}
    features = (given or {}).get("features")
    if features and not enabled:
        raise errors.ParameterRefused(
            "Features belong to components that are enabled.", param=f"components[{name}][features]"
        )
    limit = (features or {}).get(LIMIT, 1)
    if not 1 <= limit <= limits.REDISPLAYED_MAX:
        raise errors.ParameterRefused(
            f"At least 1 and at most {limits.REDISPLAYED_MAX} saved payment methods are shown.",
            param=f"components[{name}][features][{LIMIT}]",
        )
    return {"enabled": enabled, "features": {**defaults, **(features or {})} if enabled else None}


# -- for whoever claims it --------------------------------------------------------------------------------------------


async def claimed(call: Call, secret: str) -> Stored:
    """Return the session that a client secret stands for.

    Raises:
        errors.InvalidRequest: there is none, or its time is over.
    """
    row = await call.store.find(CUSTOMER_SESSION.table, "mac", call.vault.api_key_mac(secret))
    place = (call.caller.account, call.caller.livemode)
    if row is None or (row.account, row.livemode) != place or row.columns["expires_at"] <= call.now:
        raise errors.InvalidRequest("The customer session is not there, or has expired.", param=PARAM)
    return call.open(row)


def shown_by(session: Stored) -> tuple[frozenset[str], int]:
    """Return which `allow_redisplay` a session shows, and how many PaymentMethods at most."""
    showing = [one for one in _features(session) if one.get(REDISPLAY, ENABLED) == ENABLED]
    filters = frozenset(value for one in showing for value in one[FILTERS])
    most = max((one.get(LIMIT, limits.PAGE_SIZE_MAX) for one in showing), default=0)
    return filters, most


def may_remove(session: Stored) -> bool:
    """Whether the customer may take away what they have saved."""
    return any(one[REMOVAL] == ENABLED for one in _features(session))


def _features(session: Stored) -> list[dict[str, Any]]:
    """Return the features of those enabled components that have some."""
    return [one["features"] for one in session.doc["components"].values() if one.get("features")]
