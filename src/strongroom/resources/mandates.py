"""Mandates: what a customer has agreed to, for the types of PaymentMethods that need it.

    GET /v1/mandates/{mandate}    retrieve

Intents make them (`make`) and end them (`set_status`); there is no way to make one alone. What a mandate says of its type
is on the type's page in the catalogue, and whether the bank has to accept it before it is active.
"""

from collections.abc import Mapping
from typing import Any, Final

from strongroom import errors, ids
from strongroom.catalog.method_pages import outcome_table
from strongroom.connectors.base import Outcome
from strongroom.contract import contract, fit
from strongroom.domain.mandates import LENGTH, with_prefix
from strongroom.resources.addresses import MANDATES, secret_address
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.changes import changed_leaves
from strongroom.resources.kind import Document, Kind, Stored
from strongroom.resources.method_pages import PAGES
from strongroom.resources.registry import handles, register_kind
from strongroom.resources.tasks import continues, later

ACTIVE: Final = "active"
INACTIVE: Final = "inactive"
PENDING: Final = "pending"
_ACCEPTED: Final = "mandate.accepted"
STATUSES: Final = frozenset({ACTIVE, INACTIVE, PENDING})
_NETWORK_STATUS: Final = {ACTIVE: "accepted", PENDING: "pending", INACTIVE: "refused"}


def view(mandate: Stored) -> Document:
    """Return the mandate's fields."""
    details = dict(mandate.doc["payment_method_details"])
    inside = details[details["type"]]
    if "network_status" in inside:
        details[details["type"]] = {**inside, "network_status": _NETWORK_STATUS[mandate["status"]]}
    return {
        **mandate.doc,
        "payment_method": mandate["payment_method"],
        "payment_method_details": details,
        "status": mandate["status"],
    }


MANDATE = register_kind(Kind("mandate", "mandates", "mandate", "mandate", "mandate", view))


@handles("GET /v1/mandates/{mandate}", permission="mandate")
async def retrieve(call: Call, params: Document, *, mandate: str) -> Document:
    """Show a mandate."""
    return view(await call.load(MANDATE, mandate, param="mandate", in_path=True))


# -- for intents ------------------------------------------------------------------------------------------------------


def make(
    call: Call,
    method: Stored,
    acceptance: Document,
    *,
    single_use: Document | None = None,
    on_behalf_of: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> Stored:
    """Stage the mandate of a PaymentMethod and return it. A published test account may refuse it: then it is inactive.

    One that its bank has to accept is pending until then, and debits wait for nothing.

    Args:
        call: the request.
        method: what is to be charged.
        acceptance: `customer_acceptance`, as the API shows it: `type`, `accepted_at`, `online` or `offline`.
        single_use: `amount` and `currency` where it is good for one payment; otherwise it is for many.
        on_behalf_of: the account that collects, where that is another.
        options: `mandate_options` of the intent: the type's own terms, such as acss_debit's `payment_schedule`.

    Raises:
        errors.InvalidRequest: the type has no mandates.
    """
    page = PAGES[method["type"]]
    if not page.save.mandate:
        raise errors.InvalidRequest(f"PaymentMethods of type {page.type} have no mandates.")
    mandate_id = ids.new("mandate")
    terms = {name: _term(call, value, mandate_id) for name, value in page.mandate.items()}
    terms = _with_options(page.type, terms, options or {})
    kind = "multi_use" if single_use is None else "single_use"
    doc: Document = {
        "id": mandate_id,
        "object": "mandate",
        "customer_acceptance": acceptance,
        "livemode": call.caller.livemode,
        kind: single_use or {},
        "payment_method_details": {"type": page.type, page.type: terms},
        "type": kind,
    }
    if on_behalf_of is not None:
        doc["on_behalf_of"] = on_behalf_of
    status = PENDING if page.save.mandate_waits else ACTIVE
    if _is_refused(method):
        status = INACTIVE
    if status == PENDING:
        later(call, call.settings.settle_after, _ACCEPTED, {"mandate": mandate_id})
    return call.insert(MANDATE, doc, object_id=mandate_id, payment_method=method.id, status=status)


def _term(call: Call, value: str, mandate_id: str) -> str:
    """Return one of the page's terms; those that begin with `@` are made here."""
    made = {
        "@network_status": "pending",
        "@reference": ids.random_base62(LENGTH).upper(),
        "@url": secret_address(call, MANDATES, mandate_id),
    }
    return made.get(value, value)


def _with_options(type_name: str, terms: Document, options: Mapping[str, Any]) -> Document:
    """Return a mandate's terms with what the intent said of them, as far as the type's mandates have room for it."""
    shape = contract().shapes.hashes["Mandate.PaymentMethodDetails"][f"{type_name}?"]
    said = {**terms, **fit(shape[1:], dict(options))}
    if "reference" in terms:
        said["reference"] = with_prefix(terms["reference"], options.get("reference_prefix"))
    return said


def _is_refused(method: Stored) -> bool:
    outcome = outcome_table().get(method.doc[PRIVATE]["behaviour"] or "")
    return outcome is not None and outcome.mandate == "refused"


def set_status(call: Call, mandate: Stored, status: str) -> Stored:
    """Stage what has become of a mandate, and tell."""
    assert status in STATUSES
    if status == mandate["status"]:
        return mandate
    changed = call.change(mandate, status=status)
    call.emit("mandate.updated", MANDATE, changed, changed_leaves(view(mandate), view(changed)))
    return changed


@continues(_ACCEPTED)
async def _accept(call: Call, state: Document, _: Outcome | None) -> None:
    """The bank accepts a mandate, unless it has ended before."""
    mandate = await call.find(MANDATE, state["mandate"])
    if mandate is not None and mandate["status"] == PENDING:
        set_status(call, mandate, ACTIVE)
