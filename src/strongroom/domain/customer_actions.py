"""Until when a customer can do what is asked of them, and the numbers they are given. Pure."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from strongroom import errors
from strongroom.catalog.next_actions import AT, TIMES, next_actions


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


def check_times(type_name: str, options: Mapping[str, Any], now: int) -> None:
    """Refuse what a customer cannot be given as their time.

    Args:
        type_name: what is paid with.
        options: what was sent of `payment_method_options` for that type.
        now: in seconds.

    Raises:
        errors.ParameterRefused: naming the option: it is out of range, or there are two of them.
    """
    limits = next_actions().limits.get(type_name, {})
    sent = {name: options[name] for name in TIMES if name in limits and options.get(name) not in {None, ""}}
    params = [f"payment_method_options[{type_name}][{name}]" for name in sent]
    if len(params) > 1:
        raise errors.parameters_exclusive(params[1], params[0])
    for name, value in sent.items():
        ahead = value - now if name == AT else value
        least, most = limits[name]
        if not least <= ahead <= most:
            relation, bound = ("greater", least) if ahead < least else ("less", most)
            what = "The time from now, in seconds," if name == AT else "This value"
            raise errors.ParameterRefused(
                f"{what} must be {relation} than or equal to {bound}.",
                code="parameter_invalid_integer",
                param=params[0],
            )


def made_up(field: str) -> str | None:
    """Return a number such as a shop's till wants, or None if the field has none."""
    pattern = next_actions().numbers.get(field)
    if pattern is None:
        return None
    return "".join(str(secrets.randbelow(10)) if one == "#" else one for one in pattern)
