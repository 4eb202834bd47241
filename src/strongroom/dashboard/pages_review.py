"""The review tool: why a payment offers a method or not, step by step, in the words of the API's own verdicts."""

import re
from typing import Any, Final

from starlette.responses import Response

from strongroom import errors, limits
from strongroom.dashboard.pages_methods import facts_of
from strongroom.dashboard.routes import page
from strongroom.dashboard.visit import Visit
from strongroom.domain.eligibility import CHAIN
from strongroom.resources import review as reviewing
from strongroom.resources.review import Question

FIELDS: Final = (
    "intent",
    "account",
    "destination",
    "on_behalf_of",
    "configuration",
    "amount",
    "currency",
    "buyer_country",
    "setup_future_usage",
    "capture_method",
    "redirects",
    "purpose",
)
USAGES: Final = frozenset({"", "on_session", "off_session"})
CAPTURES: Final = frozenset({"", "automatic", "manual"})
_CURRENCY: Final = re.compile(r"[a-z]{3}", re.ASCII)
_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)


@page("/{mode}/review")
async def show(visit: Visit) -> Response:
    """Ask about a payment and, once something was asked, show every method's verdict."""
    given = {name: visit.request.query_params.get(name, "").strip() for name in FIELDS}
    found, problem, status = None, None, 200
    if visit.request.query_params:
        try:
            found = await reviewing.review(await visit.call(), _question(given))
        except errors.ApiError as refusal:
            problem, status = refusal.message, refusal.http_status
    return visit.page(
        "review.html", given=given, found=found, rows=_rows(found), problem=problem, status=status
    )


def _rows(found: reviewing.Review | None) -> list[dict[str, Any]]:
    """Return the methods, those that are offered first."""
    if found is None:
        return []
    decided = sorted(
        found.verdicts.values(), key=lambda one: (not one.is_offered, one.method.name.casefold())
    )
    steps = len(CHAIN)
    return [{**facts_of(one.method), "verdict": one, "steps": steps} for one in decided]


def _question(given: dict[str, str]) -> Question:
    """Return what was asked.

    Raises:
        errors.ApiError: a field that cannot be meant, by name; or an intent, of which there are none yet.
    """
    if given["intent"]:
        raise errors.not_implemented("looking at an intent by its id")
    return Question(
        account=given["account"] or None,
        destination=given["destination"] or None,
        on_behalf_of=given["on_behalf_of"] or None,
        configuration=given["configuration"] or None,
        currency=_shaped("currency", given["currency"].lower(), _CURRENCY),
        amount=_amount(given["amount"]),
        setup_future_usage=_one_of("setup_future_usage", given["setup_future_usage"], USAGES),
        capture_method=_one_of("capture_method", given["capture_method"], CAPTURES) or "automatic",
        redirects=given["redirects"] != "never",
        is_setup=given["purpose"] == "setup",
        buyer_country=_shaped("buyer country", given["buyer_country"].upper(), _COUNTRY),
    )


def _amount(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= limits.INTEGER_DIGITS_MAX):
        raise errors.ParameterRefused("An amount is a whole number of the currency's smallest unit.")
    return int(text)


def _shaped(name: str, text: str, shape: re.Pattern[str]) -> str | None:
    if not text:
        return None
    if shape.fullmatch(text) is None:
        raise errors.ParameterRefused(f"That is no {name}.")
    return text


def _one_of(name: str, text: str, allowed: frozenset[str]) -> str | None:
    if text not in allowed:
        raise errors.ParameterRefused(f"That is no {name}.")
    return text or None
