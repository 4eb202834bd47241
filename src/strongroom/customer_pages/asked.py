"""What the page of an intent says: who asks, how much, with what, and what the customer can answer."""

from typing import Any, Final

from markupsafe import Markup

from strongroom.catalog.customer_pages import COMPLETE, CustomerPage
from strongroom.catalog.microdeposits import microdeposits
from strongroom.customer_pages.rendering import Page, page
from strongroom.customer_pages.words import amount_of, merchant_of, name_of_type
from strongroom.domain import intents, qr_codes
from strongroom.domain.return_urls import as_header, scheme_of
from strongroom.resources import challenges
from strongroom.resources.call import Call
from strongroom.resources.kind import Document, Stored
from strongroom.resources.next_actions import QR_SVG
from strongroom.resources.payment_methods import PAYMENT_METHOD

# What of a `next_action` customers are told, and what it is called.
LABELS: Final = {
    "account_holder_name": "Account holder",
    "account_number": "Account number",
    "account_type": "Account type",
    "bank_code": "Bank code",
    "bank_name": "Bank",
    "bic": "BIC",
    "branch_code": "Branch code",
    "branch_name": "Branch",
    "clabe": "CLABE",
    "iban": "IBAN",
    "routing_number": "Routing number",
    "sort_code": "Sort code",
    "swift_code": "SWIFT code",
    "number": "Number",
    "entity": "Entity",
    "reference": "Reference",
    "payment_code": "Payment code",
    "confirmation_number": "Confirmation number",
}
LATER: Final = "The time runs out: the merchant will be told in a moment."
_WITHOUT_PLACE: Final = frozenset({"stores", "qr_code"})
_ACRONYM_LENGTH: Final = 5
_LOST: Final = frozenset({intents.REQUIRES_PAYMENT_METHOD, intents.CANCELED})


async def ask(
    call: Call, intent: Stored, action: Document, url: str, *, refusal: str | None = None, status: int = 200
) -> Page:
    """Return the page of an intent that waits for its customer.

    Args:
        call: acts on the intent's account.
        intent: what waits.
        action: what it waits for, as it remembers it.
        url: the page's own address.
        refusal: why the last answer was none.
        status: of the HTTP answer.
    """
    asks = challenges.page_of(action)
    method = await call.find(PAYMENT_METHOD, intent.doc["payment_method"])
    context = {
        **_facts(intent, action, asks),
        "merchant": await merchant_of(call),
        "card": None if method is None else method.doc.get("card"),
        "last4": None if method is None else method.doc[method["type"]].get("last4"),
        "qr": Markup(qr_codes.inline(url)) if asks.name == "qr" else None,  # noqa: S704 -- shapes drawn from our own address
        "refusal": refusal,
    }
    back = action["state"]["return_url"]
    return page(f"{asks.name}.html", context, status=status, leads_to=back and scheme_of(back))


def _facts(intent: Stored, action: Document, asks: CustomerPage) -> dict[str, Any]:
    doc, type_name = intent.doc, action["method_type"]
    rail = microdeposits().types.get(type_name)
    todo: Document = doc["next_action"].get(action["type"]) or {}
    return {
        "intent": intent.id,
        "description": doc.get("description"),
        "amount": amount_of(todo.get("amount_remaining") or doc["amount"], doc["currency"])
        if "amount" in doc
        else None,
        "method": name_of_type(type_name),
        "lines": lines_of(todo),
        "until": action["expires_at"],
        "takes": () if rail is None else rail.takes,
        "complete": asks.endings[COMPLETE].words,
        "others": [
            (name, ending.words) for name, ending in asks.endings.items() if ending.words and name != COMPLETE
        ],
    }


def lines_of(details: Document, place: str = "") -> list[tuple[str, str, str]]:
    """Return what the customer has to tell somebody, as (where, what, value): each shop and each network has its own."""
    lines: list[tuple[str, str, str]] = []
    for name, value in details.items():
        if isinstance(value, dict):
            lines += lines_of(value, "" if name in _WITHOUT_PLACE else _place(name))
        elif isinstance(value, list):
            lines += [line for one in value if isinstance(one, dict) for line in lines_of(one)]
        elif name in LABELS and value:
            lines.append((place, LABELS[name], value))
    return lines


def _place(name: str) -> str:
    """Return what a shop or a network is called: `Lawson`, `IBAN`, `Sort code`."""
    return name.upper() if len(name) <= _ACRONYM_LENGTH else name.replace("_", " ").capitalize()


def done(intent: Stored) -> Page:
    """Return what is shown to a customer who has answered and comes from nowhere."""
    return page("done.html", {"went_well": intent.doc["status"] not in _LOST})


def way_back(intent: Stored, return_url: str) -> bytes:
    """Return where a customer comes back to who has answered, as a header holds it."""
    return as_header(challenges.comes_back_to(intent, return_url))


def picture(name: str, url: str) -> tuple[bytes, bytes]:
    """Return the QR code that leads to a page, drawn as the file `name`, and its media type."""
    return (qr_codes.svg(url), b"image/svg+xml") if name == QR_SVG else (qr_codes.png(url), b"image/png")


def gone() -> Page:
    """Return what is shown where nothing is, or is any more."""
    return page("gone.html", {}, status=404)


def busy(message: str, status: int) -> Page:
    """Return what is shown to somebody whose answer could not be taken now."""
    return page("busy.html", {"message": message}, status=status)
