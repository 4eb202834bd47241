"""The review tool: why a payment offers a method or not, step by step, in the words of the API's own verdicts."""

import re
from typing import Any, Final

from starlette.responses import Response

from strongroom import errors, limits
from strongroom.catalog.eligibility import REQUEST_ONLY
from strongroom.dashboard.pages_methods import facts_of
from strongroom.dashboard.routes import page
from strongroom.dashboard.visit import Visit
from strongroom.domain.eligibility import CHAIN, types_of
from strongroom.domain.intents import Choosing, choosing_again
from strongroom.resources import offers, payment_intents, setup_intents
from strongroom.resources.call import Call
from strongroom.resources.connections import acting_on
from strongroom.resources.offers import Review, Wish

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
            found = await _reviewed(visit, given)
        except errors.ApiError as refusal:
            problem, status = refusal.message, refusal.http_status
    return visit.page(
        "review.html",
        given=given,
        found=found,
        types=[] if found is None else types_of(found.verdicts),
        rows=_rows(found),
        problem=problem,
        status=status,
    )


async def _reviewed(visit: Visit, given: dict[str, str]) -> Review:
    """Return the verdicts on what was described, or on an intent as it would be decided now.

    Raises:
        errors.ApiError: something cannot be meant, or is not there.
    """
    call = await visit.call()
    if given["account"]:
        call = await acting_on(call, given["account"])
    wish = await _wish_of_intent(call, given["intent"]) if given["intent"] else _wish(given)
    return await offers.review(call, wish)


async def _wish_of_intent(call: Call, intent: str) -> Wish:
    if intent.startswith(setup_intents.SETUP_INTENT.prefix + "_"):
        setup = await call.load(setup_intents.SETUP_INTENT, intent, param="intent")
        return setup_intents.wish_of(setup.doc, choosing_again(setup.doc, {}))
    payment = await call.load(payment_intents.PAYMENT_INTENT, intent, param="intent")
    return payment_intents.wish_of(payment.doc, choosing_again(payment.doc, {}))


def _rows(found: Review | None) -> list[dict[str, Any]]:
    """Return the methods that can be offered at all, those that are offered first."""
    if found is None:
        return []
    shown = [one for one in found.verdicts.values() if one.method.status != REQUEST_ONLY]
    shown.sort(key=lambda one: (not one.is_offered, one.method.name.casefold()))
    return [{**facts_of(one.method), "verdict": one, "steps": len(CHAIN)} for one in shown]


def _wish(given: dict[str, str]) -> Wish:
    """Return what was described.

    Raises:
        errors.ApiError: a field that cannot be meant, by name.
    """
    is_setup = given["purpose"] == "setup"
    amount = _amount(given["amount"])
    if amount is None and not is_setup:
        raise errors.ParameterRefused("Give an amount, or choose saving a method only.")
    return Wish(
        noun="Setup Intent" if is_setup else "Payment Intent",
        choosing=Choosing(None, "never" if given["redirects"] == "never" else "always"),
        configuration=given["configuration"] or None,
        destination=given["destination"] or None,
        on_behalf_of=given["on_behalf_of"] or None,
        currency=_shaped("currency", given["currency"].lower(), _CURRENCY),
        amount=None if is_setup else amount,
        setup_future_usage=_one_of("setup_future_usage", given["setup_future_usage"], USAGES),
        capture_method=_one_of("capture_method", given["capture_method"], CAPTURES) or "automatic",
        has_customer=True,
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
