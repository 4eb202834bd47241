"""Who controls a connected account and who bears what: the older `type`, and the `controller` that says it in parts.

Type, controller and country are decided once, when the account is made.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from strongroom import errors
from strongroom.errors import InvalidRequest

APPLICATION: Final = "application"
ACCOUNT: Final = "account"
STRIPE: Final = "stripe"

STANDARD: Final = "standard"
EXPRESS: Final = "express"
CUSTOM: Final = "custom"
NONE: Final = "none"


class Controller(msgspec.Struct, frozen=True):
    """Who controls an account. The names of the fields are those of the parameters, without their hashes."""

    payer: str
    """Who pays the fees, as it is asked for: `account` or `application`."""
    losses: str
    """Who bears losses: `application` or `stripe`."""
    requirement_collection: str
    """Who asks for what is required: `application` or `stripe`."""
    dashboard: str
    """What the account's owner sees: `express`, `full` or `none`."""

    @property
    def type(self) -> str:
        """What the account is called: `standard`, `express`, `custom`, or `none` for any other combination."""
        return next((name for name, controller in TYPES.items() if controller == self), NONE)

    @property
    def fees_payer(self) -> str:
        """Who pays the fees, as the response has it."""
        return _SHOWN_PAYERS.get(self.type, self.payer)

    def as_document(self) -> dict[str, Any]:
        """Return `controller` as the controlling platform sees it."""
        return {
            "fees": {"payer": self.fees_payer},
            "is_controller": True,
            "losses": {"payments": self.losses},
            "requirement_collection": self.requirement_collection,
            "stripe_dashboard": {"type": self.dashboard},
            "type": APPLICATION,
        }


TYPES: Final[Mapping[str, Controller]] = {
    STANDARD: Controller(ACCOUNT, STRIPE, STRIPE, "full"),
    EXPRESS: Controller(APPLICATION, APPLICATION, STRIPE, "express"),
    CUSTOM: Controller(APPLICATION, APPLICATION, APPLICATION, "none"),
}
_SHOWN_PAYERS: Final = {EXPRESS: "application_express", CUSTOM: "application_custom"}

OF_ANOTHER: Final[dict[str, Any]] = {"type": ACCOUNT}
"""`controller` as everybody but the controlling platform sees it."""

# What a platform that collects the requirements itself must take upon it (inferred), in the order of refusals.
_WITH_APPLICATION: Final = (
    ("dashboard", "none", "controller[stripe_dashboard][type]"),
    ("losses", APPLICATION, "controller[losses][payments]"),
    ("payer", APPLICATION, "controller[fees][payer]"),
)


def controller_of(account_type: str | None, given: Mapping[str, Any] | None) -> Controller:
    """Return the controller that `type` or `controller` asks for; that of a standard account if neither was sent.

    Raises:
        ParameterRefused: `parameters_exclusive` (`controller`) for both.
        InvalidRequest: a combination that cannot be (`controller[…]`).
    """
    if account_type is not None and given is not None:
        raise errors.parameters_exclusive("type", "controller")
    if account_type is not None:
        return TYPES[account_type]
    given = given or {}
    default = TYPES[STANDARD]
    controller = Controller(
        (given.get("fees") or {}).get("payer") or default.payer,
        (given.get("losses") or {}).get("payments") or default.losses,
        given.get("requirement_collection") or default.requirement_collection,
        (given.get("stripe_dashboard") or {}).get("type") or default.dashboard,
    )
    _check_combination(controller)
    return controller


def _check_combination(controller: Controller) -> None:
    if controller.requirement_collection != APPLICATION:
        return
    for name, needed, param in _WITH_APPLICATION:
        if getattr(controller, name) != needed:
            raise InvalidRequest(
                f"When `controller[requirement_collection]` is `application`, `{param}` must be `{needed}`.",
                param=param,
            )


def check_capabilities_given(controller: Controller, capabilities: object) -> None:
    """Refuse an account without a dashboard that requests nothing: nobody else could (inferred code).

    Raises:
        ParameterRefused: `parameter_missing`, `capabilities`.
    """
    if controller.dashboard == "none" and not capabilities:
        raise errors.parameter_missing("capabilities")
