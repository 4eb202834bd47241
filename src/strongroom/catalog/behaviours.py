"""What the sandbox does with a test card (behaviours.toml) and what a cardholder is told (decline_codes.toml)."""

from functools import cache
from types import MappingProxyType
from typing import Final

import msgspec

from strongroom.catalog.reading import CatalogError, Document, one_of, read, row

CARD_DECLINED: Final = "card_declined"

# The short names of the data file, and what a PaymentMethod calls the same check.
CHECKS: Final = {
    "cvc": "cvc_check",
    "line1": "address_line1_check",
    "postal": "address_postal_code_check",
}


class Mistake(msgspec.Struct, frozen=True):
    """Something typed wrong: the error's code, the field's bare name, the message."""

    code: str
    param: str
    message: str


class Decline(msgspec.Struct, frozen=True):
    """An issuer's no. `param` is None for one that is about no field in particular."""

    decline_code: str
    code: str
    message: str
    param: str | None
    advice_code: str | None
    network_advice_code: str | None
    network_decline_code: str | None


class Behaviour(msgspec.Struct, frozen=True):
    """One row of behaviours.toml, where each column is explained."""

    name: str
    attach: str | None = None
    charge: str | None = None
    needs: str | None = None
    checks: MappingProxyType[str, str] = msgspec.field(default_factory=lambda: MappingProxyType({}))
    """By the name a PaymentMethod gives the check; what is absent passes."""
    risk: str = "normal"
    blocked: bool = False
    radar: str | None = None
    captcha: bool = False
    three_d_secure: str | None = None
    authentication: str | None = None
    challenge: str | None = None
    off_session: str | None = None
    pin: str | None = None
    dispute: str | None = None
    mandate: str | None = None
    refund: str | None = None
    balance: str | None = None
    payout: str | None = None
    instant_payouts: bool = True
    flexible: bool = True
    connect: str | None = None


ORDINARY: Final = Behaviour("ordinary")
"""A card that nothing is said about: everything succeeds."""

# The words each column knows; `attach` and `charge` know the declines, and `checks` has a table of its own.
_WORDS: Final[dict[str, frozenset[str]]] = {
    "needs": frozenset({"cvc"}),
    "risk": frozenset({"normal", "elevated", "highest"}),
    "radar": frozenset(
        {"adaptive_three_d_secure", "dispute_score", "dynamic_risk_threshold", "early_fraud_warning_score"}
    ),
    "three_d_secure": frozenset({"frictionless", "optional", "required"}),
    "authentication": frozenset({"processing_error"}),
    "challenge": frozenset({"multi_select", "one_time_code", "out_of_band", "single_select"}),
    "off_session": frozenset({"accepted", "declined", "declined_until_set_up", "stopped"}),
    "pin": frozenset({"offline", "offline_retry", "online", "online_retry"}),
    "dispute": frozenset(
        {
            "auto_representment",
            "compelling_evidence",
            "compelling_evidence_block",
            "compliance",
            "early_fraud_warning",
            "ethoca_alert",
            "fraudulent",
            "inquiry",
            "multiple",
            "product_not_received",
            "rapid_resolution",
        }
    ),
    "mandate": frozenset({"cancelled"}),
    "refund": frozenset({"fails", "pending"}),
    "balance": frozenset({"available"}),
    "payout": frozenset({"could_not_process"}),
    "connect": frozenset({"charge_block", "next_requirements", "payout_block"}),
}
_SWITCHES: Final = ("blocked", "captcha", "flexible", "instant_payouts")
_CHECK_RESULTS: Final = frozenset({"fail", "pass", "unavailable"})
_COLUMNS: Final[dict[str, type]] = {
    "attach": str,
    "charge": str,
    "checks": dict,
    **dict.fromkeys(_WORDS, str),
    **dict.fromkeys(_SWITCHES, bool),
}


def build_behaviours(document: Document, known_declines: dict[str, Decline]) -> dict[str, Behaviour]:
    """Return the rows of behaviours.toml by name.

    Raises:
        CatalogError: an unknown column, word or decline.
    """
    return {name: _behaviour(name, given, known_declines) for name, given in document.items()}


def _behaviour(name: str, given: object, known_declines: dict[str, Decline]) -> Behaviour:
    where = f"behaviours: {name}"
    columns = row(where, given, {}, _COLUMNS)
    for column in ("attach", "charge"):
        one_of(where, columns.get(column, "generic_decline"), known_declines)
    for column in _WORDS.keys() & columns.keys():
        one_of(where, columns[column], _WORDS[column])
    checks = {
        CHECKS[one_of(where, check, CHECKS)]: one_of(where, result, _CHECK_RESULTS)
        for check, result in columns.get("checks", {}).items()
    }
    return Behaviour(name, **{**columns, "checks": MappingProxyType(checks)})


def build_declines(document: Document) -> dict[str, Decline]:
    """Return the declines of decline_codes.toml by decline code.

    Raises:
        CatalogError: an unknown column, or a code that stands twice.
    """
    plain = row("decline_codes: plain", document["plain"], {"message": str, "codes": list}, {})
    rows: Document = {**{code: {} for code in plain["codes"]}, **document["declines"]}
    if len(rows) != len(plain["codes"]) + len(document["declines"]):
        raise CatalogError("decline_codes: a code stands twice")
    return {code: _decline(code, given, plain["message"]) for code, given in rows.items()}


def _decline(decline_code: str, given: object, plain_message: str) -> Decline:
    where = f"decline_codes: {decline_code}"
    columns = row(where, given, {}, {"code": str, "message": str, "param": str, "advice": list})
    advice, network_advice, network_decline = columns.get("advice", ("", "", ""))
    return Decline(
        decline_code,
        columns.get("code", CARD_DECLINED),
        columns.get("message", plain_message),
        columns.get("param"),
        advice or None,
        network_advice or None,
        network_decline or None,
    )


def build_mistakes(document: Document) -> dict[str, Mistake]:
    """Return the mistakes of decline_codes.toml by error code.

    Raises:
        CatalogError: an unknown or missing column.
    """
    columns: dict[str, type] = {"param": str, "message": str}
    rows = document["mistakes"].items()
    return {code: Mistake(code, **row(f"decline_codes: {code}", given, columns, {})) for code, given in rows}


@cache
def mistake_table() -> dict[str, Mistake]:
    """Return what can be typed wrong, by error code."""
    return build_mistakes(read("decline_codes"))


@cache
def decline_table() -> dict[str, Decline]:
    """Return every decline, by decline code."""
    return build_declines(read("decline_codes"))


@cache
def behaviour_table() -> dict[str, Behaviour]:
    """Return every behaviour of test cards, by name."""
    return build_behaviours(read("behaviours"), decline_table())


def behaviour(name: str | None) -> Behaviour:
    """Return the behaviour called `name`; for None the ordinary one.

    Raises:
        KeyError: no behaviour has that name.
    """
    return ORDINARY if name is None else behaviour_table()[name]
