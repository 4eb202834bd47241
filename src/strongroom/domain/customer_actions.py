"""Until when a customer can do what is asked of them, and the numbers they are given. Pure."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from strongroom.catalog.next_actions import next_actions


def expires_at(type_name: str, options: Mapping[str, Any], now: int) -> int:
    """Return when it is too late, in seconds.

    Args:
        type_name: what is paid with.
        options: what `payment_method_options` says of that type.
        now: in seconds.
    """
    rules = next_actions()
    if options.get("expires_at"):
        return int(options["expires_at"])
    if options.get("expires_after_seconds"):
        return now + int(options["expires_after_seconds"])
    days = options.get("expires_after_days")
    days = rules.days.get(type_name) if days is None else days
    if days is None:
        return now + rules.seconds.get(type_name, rules.default_seconds)
    last = datetime.fromtimestamp(now, UTC).date() + timedelta(days=days)
    return int(datetime.combine(last, time(23, 59, 59), UTC).timestamp())


def made_up(field: str) -> str | None:
    """Return a number such as a shop's till wants, or None if the field has none."""
    pattern = next_actions().numbers.get(field)
    if pattern is None:
        return None
    return "".join(str(secrets.randbelow(10)) if one == "#" else one for one in pattern)
