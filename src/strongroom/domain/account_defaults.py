"""What an account's settings are until somebody says otherwise."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from strongroom.catalog.accounts import RECIPIENT, account_tables
from strongroom.domain.account_rules import (
    DESCRIPTOR_LENGTHS,
    PREFIX_LENGTHS,
    check_statement_descriptor,
    check_statement_descriptor_prefix,
)
from strongroom.domain.controllers import CUSTOM, Controller
from strongroom.errors import InvalidRequest

MANUAL: Final = "manual"
_DAILY: Final = "daily"
_MANUAL_DELAY_DAYS: Final = 1
_NOT_IN_DESCRIPTORS: Final = str.maketrans("", "", "<>\\'\"*")


def default_settings(
    business_profile: Mapping[str, Any] | None, *, country: str, agreement: str, controller: Controller
) -> dict[str, Any]:
    """Return the settings of a new account.

    Args:
        business_profile: what was sent: `name` and `url` are looked at.
        country: one in which accounts can be.
        agreement: `full` or `recipient`.
        controller: the account's.
    """
    profile = business_profile or {}
    descriptor = default_descriptor(profile)
    return {
        "branding": dict.fromkeys(("icon", "logo", "primary_color", "secondary_color")),
        "card_payments": {
            "decline_on": {"avs_failure": False, "cvc_failure": False},
            "statement_descriptor_prefix": default_prefix(descriptor),
        },
        "dashboard": {"display_name": default_display_name(profile), "timezone": "Etc/UTC"},
        "payments": {"statement_descriptor": descriptor},
        "payouts": {
            "debit_negative_balances": controller.type != CUSTOM,
            "schedule": {"delay_days": default_delay_days(country, agreement), "interval": _DAILY},
            "statement_descriptor": None,
        },
    }


def default_delay_days(country: str, agreement: str, interval: str = _DAILY) -> int:
    """Return how many days a payout waits, which is also what `delay_days=minimum` means.

    Recipients of payouts across borders wait for nothing, and a manual schedule reports one day.
    """
    if interval == MANUAL:
        return _MANUAL_DELAY_DAYS
    return 0 if agreement == RECIPIENT else account_tables().countries[country].delay_days


def default_descriptor(profile: Mapping[str, Any]) -> str | None:
    """Return the business's name in capitals, else the host of its website; None where that makes no descriptor."""
    text = (profile.get("name") or _host(profile.get("url")) or "").upper().translate(_NOT_IN_DESCRIPTORS)
    text = text[: DESCRIPTOR_LENGTHS[1]].strip()
    try:
        check_statement_descriptor(text)
    except InvalidRequest:
        return None
    return text


def default_prefix(descriptor: str | None) -> str | None:
    """Return the first ten characters of a statement descriptor, trimmed; None where they make no prefix."""
    text = (descriptor or "")[: PREFIX_LENGTHS[1]].strip()
    try:
        check_statement_descriptor_prefix(text)
    except InvalidRequest:
        return None
    return text


def default_display_name(profile: Mapping[str, Any]) -> str | None:
    """Return the business's name, else the host of its website without the last label."""
    host = _host(profile.get("url"))
    return profile.get("name") or (host.rpartition(".")[0] or host if host else None)


def _host(url: str | None) -> str | None:
    """Return a website's host without `www.`; None for what cannot be read as one."""
    try:
        host = urlsplit(url if url and "//" in url else f"//{url or ''}").hostname
    except ValueError:
        return None
    return host.removeprefix("www.") if host else None
