"""What both kinds of intents have in common: how their types are chosen, and what their status allows.

An intent either names its types (`payment_method_types`), or leaves them to a configuration (dynamic). Who names them gets
an error where one does not fit; who leaves them to the configuration gets those that do.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from strongroom import errors

REQUIRES_PAYMENT_METHOD: Final = "requires_payment_method"
REQUIRES_CONFIRMATION: Final = "requires_confirmation"
REQUIRES_ACTION: Final = "requires_action"
REQUIRES_CAPTURE: Final = "requires_capture"
PROCESSING: Final = "processing"
SUCCEEDED: Final = "succeeded"
CANCELED: Final = "canceled"

CARD: Final = "card"
AUTOMATIC: Final = "automatic_payment_methods"
TYPES: Final = "payment_method_types"
CONFIGURATION: Final = "payment_method_configuration"

# Which of two says that the other is out of place: the pairs in the order they are looked at, the parameter that is named.
_EXCLUSIVE: Final = (
    (AUTOMATIC, TYPES, AUTOMATIC),
    (AUTOMATIC, "confirmation_method", AUTOMATIC),
    (CONFIGURATION, TYPES, CONFIGURATION),
    ("excluded_payment_method_types", TYPES, "excluded_payment_method_types"),
    ("allowed_payment_method_types", TYPES, "allowed_payment_method_types"),
)

# The API version since which a configuration decides where nobody said anything; before it, the type was card.
DYNAMIC_SINCE: Final = "2023-08-16"
ABOUT_TYPES: Final = frozenset({name for pair in _EXCLUSIVE for name in pair} - {"confirmation_method"})

# What only means something while an intent is being confirmed.
WITH_CONFIRM: Final = (
    "confirmation_token",
    "error_on_requires_action",
    "mandate",
    "mandate_data",
    "off_session",
    "radar_options",
    "return_url",
    "use_stripe_sdk",
)
# (type, option) that counts for the attempt at hand, and is never kept for a later one; documented.
OPTIONS_WITH_CONFIRM: Final = (("blik", "code"), ("card", "cvc_token"), ("card", "moto"))


class Choosing(msgspec.Struct, frozen=True):
    """How an intent's types are chosen."""

    named: tuple[str, ...] | None
    """The types, each once, in the order they were sent. None: a configuration decides."""
    allow_redirects: str = "always"

    @property
    def is_dynamic(self) -> bool:
        """Whether a configuration decides."""
        return self.named is None

    def shown(self) -> dict[str, Any] | None:
        """Return `automatic_payment_methods`."""
        return {"allow_redirects": self.allow_redirects, "enabled": True} if self.is_dynamic else None


def choosing_of(params: Mapping[str, Any], api_version: str | None = None) -> Choosing:
    """Return how a new intent's types are chosen, at our API version or at `api_version`.

    Raises:
        errors.ParameterRefused: two parameters of which only one may be sent.
    """
    check_exclusive(params)
    if api_version is not None and api_version < DYNAMIC_SINCE and not params.keys() & ABOUT_TYPES:
        return Choosing((CARD,))
    automatic = params.get(AUTOMATIC, {"enabled": True})
    if TYPES in params:
        return Choosing(tuple(dict.fromkeys(params[TYPES])))
    if not automatic["enabled"]:
        return Choosing((CARD,))
    return Choosing(None, automatic.get("allow_redirects", "always"))


def choosing_again(intent: Mapping[str, Any], params: Mapping[str, Any]) -> Choosing:
    """Return how an intent's types are chosen after an update: as before, unless the update names them.

    Raises:
        errors.ParameterRefused: it sends what only goes with a configuration, and the types were named.
    """
    automatic = intent[AUTOMATIC]
    before = {} if automatic else {TYPES: intent[TYPES]}
    choosing = choosing_of({**before, **params})
    return Choosing(None, automatic["allow_redirects"]) if choosing.is_dynamic and automatic else choosing


def check_exclusive(params: Mapping[str, Any]) -> None:
    """Refuse parameters that cannot be sent together, without a code, as was observed.

    Raises:
        errors.ParameterRefused: there are two.
    """
    for first, second, named in _EXCLUSIVE:
        if first in params and second in params:
            raise errors.ParameterRefused(
                f"You may only specify one of these parameters: {first}, {second}.", param=named
            )


def check_confirm_only(kind: str, params: Mapping[str, Any]) -> None:
    """Refuse what may only be sent together with `confirm=true`.

    Args:
        kind: `payment_intent` or `setup_intent`.
        params: what was sent.

    Raises:
        errors.InvalidRequest: `payment_intent_invalid_parameter` or its twin, naming the first.
    """
    for name in WITH_CONFIRM:
        if name in params:
            raise errors.InvalidRequest(
                f"The parameter `{name}` may only be sent together with `confirm=true`.",
                code=f"{kind}_invalid_parameter",
                param=name,
            )
    check_confirm_only_options(kind, params)


def check_confirm_only_options(kind: str, params: Mapping[str, Any]) -> None:
    """Refuse options of a type that may only be sent when an intent is confirmed, as by an update.

    Raises:
        errors.InvalidRequest: as `check_confirm_only`.
    """
    given = params.get("payment_method_options") or {}
    for method, option in OPTIONS_WITH_CONFIRM:
        options = given.get(method)
        if isinstance(options, Mapping) and options.get(option):
            name = f"payment_method_options[{method}][{option}]"
            raise errors.InvalidRequest(
                f"The parameter `{name}` may only be sent when the intent is confirmed.",
                code=f"{kind}_invalid_parameter",
                param=name,
            )


# -- what a status allows --------------------------------------------------------------------------------------------------

OPEN: Final = (REQUIRES_PAYMENT_METHOD, REQUIRES_CONFIRMATION, REQUIRES_ACTION)
"""In which an intent can still become something else."""

PAYMENT_CANCELABLE: Final = (
    REQUIRES_PAYMENT_METHOD,
    REQUIRES_CAPTURE,
    REQUIRES_CONFIRMATION,
    REQUIRES_ACTION,
    PROCESSING,
)

GUARDED: Final = frozenset(
    {
        "allowed_payment_method_types",
        "amount",
        "amount_details",
        "application_fee_amount",
        "capture_method",
        "currency",
        "customer",
        "excluded_payment_method_types",
        "flow_directions",
        "hooks",
        "payment_method",
        CONFIGURATION,
        "payment_method_data",
        "payment_method_options",
        TYPES,
        "setup_future_usage",
        "transfer_data",
    }
)
"""What may only be updated while the intent is open; the rest always may."""


def status_with(payment_method: str | None) -> str:
    """Return the status of an open intent that nobody has confirmed."""
    return REQUIRES_PAYMENT_METHOD if payment_method is None else REQUIRES_CONFIRMATION


def cannot_update(field: str, status: str) -> str | None:
    """Return why a PaymentIntent's field cannot be updated, None if it can."""
    if field not in GUARDED or status in OPEN:
        return None
    return (
        f"This PaymentIntent's {field} could not be updated because it has a status of {status}. You may only update "
        f"the {field} of a PaymentIntent with one of the following statuses: {', '.join(OPEN)}."
    )


def cannot_cancel(status: str) -> str | None:
    """Return why a PaymentIntent cannot be canceled, None if it can."""
    if status in PAYMENT_CANCELABLE:
        return None
    return (
        f"You cannot cancel this PaymentIntent because it has a status of {status}. Only a PaymentIntent with one of "
        f"the following statuses may be canceled: {', '.join(PAYMENT_CANCELABLE)}."
    )


def cannot_cancel_setup(status: str) -> str | None:
    """Return why a SetupIntent cannot be canceled, None if it can."""
    if status in OPEN:
        return None
    if status == CANCELED:
        return "You cannot cancel this SetupIntent because it is already canceled."
    return (
        f"You cannot cancel this SetupIntent because it has a status of {status}. Only a SetupIntent with one of the "
        f"following statuses may be canceled: `{OPEN[0]}`, `{OPEN[1]}`, or `{OPEN[2]}`."
    )


def cannot_update_setup(field: str, status: str) -> str | None:
    """Return why a SetupIntent's field cannot be updated, None if it can."""
    if field not in GUARDED or status in OPEN:
        return None
    ended = "it has already succeeded" if status == SUCCEEDED else f"it has a status of {status}"
    return f"You cannot update this SetupIntent because {ended}."
