"""The endpoints of a customer's older sources, cards and bank accounts alike.

    POST   /v1/customers/{customer}/sources                create
    GET    /v1/customers/{customer}/sources                list
    GET    /v1/customers/{customer}/sources/{id}           retrieve
    POST   /v1/customers/{customer}/sources/{id}           update
    DELETE /v1/customers/{customer}/sources/{id}           delete
    POST   /v1/customers/{customer}/sources/{id}/verify    verify a bank account

The still older names `/cards` and `/bank_accounts` do the same for one kind. A customer's first source becomes the
default, later ones do not; when the default goes, the newest that is left takes its place.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from strongroom import errors
from strongroom.catalog.microdeposits import AMOUNTS
from strongroom.domain import microdeposits
from strongroom.domain import payment_methods as states
from strongroom.domain.cards import check_expiry
from strongroom.domain.microdeposits import Report, Verdict
from strongroom.resources import customers, source_objects, sources
from strongroom.resources.call import Call
from strongroom.resources.cards import ADDRESS_FIELDS, PRIVATE
from strongroom.resources.changes import merge_metadata
from strongroom.resources.kind import Document, Listing, Refusal, Stored
from strongroom.resources.registry import handles
from strongroom.resources.sources import BANKS, CARDS, HOLDER, OBJECTS, SOURCE, SOURCES, view

PERMISSION: Final = "customer"
FOLDERS: Final = {"sources": SOURCES, "cards": CARDS, "bank_accounts": BANKS}
# What `object` of a list may say.
LISTED: Final[dict[str, tuple[str, ...]]] = {"card": CARDS, "bank_account": BANKS, "source": OBJECTS}

OF_CARDS: Final = (*ADDRESS_FIELDS, "exp_month", "exp_year", "name")
OF_OBJECTS: Final = ("owner",)
# What an update may say of each, beside metadata.
OWN: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(CARDS, OF_CARDS),
    **dict.fromkeys(BANKS, HOLDER),
    **dict.fromkeys(OBJECTS, OF_OBJECTS),
}
# The checks that an address stands for: a new one has not been asked about.
CHECKED: Final = {"line1": "address_line1_check", "postal_code": "address_postal_code_check"}


def _handles(method: str, rest: str = "") -> Callable[[Any], Any]:
    """Register a function under all three names of a customer's sources."""

    def register(operate: Any) -> Any:
        for folder in FOLDERS:
            handles(f"{method} /v1/customers/{{customer}}/{folder}{rest}", permission=PERMISSION)(operate)
        return operate

    return register


def _objects(call: Call) -> tuple[str, ...]:
    """The kinds that live under the name by which this request calls them."""
    return FOLDERS[call.origin.path.split("/")[4]]


async def _owner(call: Call, customer: str) -> Stored:
    return await customers.load_living(call, customer, param="customer", in_path=True)


async def _load(call: Call, customer: str, source_id: str) -> Stored:
    found = await sources.find(call, customer, source_id, _objects(call))
    if found is None:
        raise await call.missing(SOURCE, source_id, param="id", in_path=True)
    return found


# -- create -----------------------------------------------------------------------------------------------------------


@_handles("POST")
async def create(call: Call, params: Document, *, customer: str) -> Document | Refusal:
    """Add a card or a bank account. A card is validated as when a PaymentMethod is attached."""
    owner = await _owner(call, customer)
    added = await sources.add(
        call,
        customer,
        params["source"],
        param="source",
        metadata=params.get("metadata"),
        objects=_objects(call),
        validates=params.get("validate", True),
    )
    if isinstance(added, Refusal):
        return added
    if owner.doc["default_source"] is None:
        customers.change(call, owner, {**owner.doc, "default_source": added.id})
    elif added["object"] in BANKS:
        # Written as it is: of two requests that bring the same account at once the second starts over and sees it.
        call.change(owner)
    else:
        call.guard(owner)
    return view(added)


# -- retrieve and list ------------------------------------------------------------------------------------------------


@_handles("GET", "/{id}")
async def retrieve(call: Call, params: Document, *, customer: str, id: str) -> Document:  # noqa: A002 -- the contract's own name
    """Show a source of this customer."""
    await _owner(call, customer)
    return view(await _load(call, customer, id))


@_handles("GET")
async def list_all(call: Call, params: Document, *, customer: str) -> Listing:
    """List a customer's sources, newest first, of one kind (`object`) or of all."""
    await _owner(call, customer)
    wanted = params.get("object")
    if wanted is not None and wanted not in LISTED:
        kinds = ", ".join(LISTED)
        raise errors.ParameterRefused(f"Invalid object: must be one of {kinds}", param="object")
    objects = tuple(one for one in _objects(call) if wanted is None or one in LISTED[wanted])
    return await call.listing(SOURCE, params, sources.of_customer(customer, objects))


# -- update -----------------------------------------------------------------------------------------------------------


@_handles("POST", "/{id}")
async def update(call: Call, params: Document, *, customer: str, id: str) -> Document:  # noqa: A002 -- the contract's own name
    """Change metadata, and of a card its holder, address and expiry, of a bank account its holder, of a source its owner."""
    await _owner(call, customer)
    source = await _load(call, customer, id)
    own = OWN[source["object"]]
    foreign = [name for name in (*OF_CARDS, *HOLDER, *OF_OBJECTS) if name in params and name not in own]
    if foreign:
        raise errors.parameter_unknown(foreign)
    if source["object"] in OBJECTS:
        return view(source_objects.change(call, source, params))
    doc = {**source.doc, "metadata": merge_metadata(source.doc["metadata"], params.get("metadata"))}
    doc |= _holder_changes(doc, params) if source["object"] in BANKS else _card_changes(call, doc, params)
    return view(source) if doc == source.doc else view(sources.change(call, source, doc))


def _holder_changes(doc: Document, params: Document) -> Document:
    """What a debit of a bank account cannot do without cannot be unset."""
    changes: Document = {}
    if "account_holder_name" in params:
        if not params["account_holder_name"]:
            raise errors.parameter_empty("account_holder_name")
        changes["billing_details"] = {**doc["billing_details"], "name": params["account_holder_name"]}
    if "account_holder_type" in params:
        details = {**doc[states.US_BANK_ACCOUNT], "account_holder_type": params["account_holder_type"]}
        changes[states.US_BANK_ACCOUNT] = details
    return changes


def _card_changes(call: Call, doc: Document, params: Document) -> Document:
    billing, card = doc["billing_details"], dict(doc["card"])
    address = {**billing["address"], **dict(_address_changes(params))}
    if "exp_month" in params or "exp_year" in params:
        month, year = params.get("exp_month") or card["exp_month"], params.get("exp_year") or card["exp_year"]
        expiry = check_expiry(str(month), str(year), now=call.now)
        card["exp_month"], card["exp_year"] = expiry.month, expiry.year
    asked_anew = {
        check: "unchecked" if address[field] else None
        for field, check in CHECKED.items()
        if address[field] != billing["address"][field]
    }
    card["checks"] = {**card["checks"], **asked_anew}
    name = params["name"] or None if "name" in params else billing["name"]
    return {"billing_details": {**billing, "address": address, "name": name}, "card": card}


def _address_changes(params: Document) -> Iterator[tuple[str, str | None]]:
    for old, new in ADDRESS_FIELDS.items():
        if old in params:
            yield new, params[old] or None


# -- delete -----------------------------------------------------------------------------------------------------------


@_handles("DELETE", "/{id}")
async def delete(call: Call, params: Document, *, customer: str, id: str) -> Document:  # noqa: A002 -- the contract's own name
    """Take a source away for good; its number is erased. Of a `src_…`, which is consumed, the object is shown."""
    await _owner(call, customer)
    source = await _load(call, customer, id)
    left = await sources.remove(call, source)
    await customers.forget_method(call, customer, source.id)
    return left


# -- verify -----------------------------------------------------------------------------------------------------------


@_handles("POST", "/{id}/verify")
async def verify(call: Call, params: Document, *, customer: str, id: str) -> Document | Refusal:  # noqa: A002 -- the contract's own name
    """Say how much the two small deposits to a bank account were. Nobody sends any in test mode; see the catalogue."""
    await _owner(call, customer)
    source = await _load(call, customer, id)
    if "amounts" not in params:
        raise errors.parameter_missing("amounts")
    microdeposits.check_pair(params["amounts"])
    private = _unverified(call, source)
    verdict = microdeposits.judge(Report(AMOUNTS, params["amounts"]), private["wrong_amounts"])
    if verdict is Verdict.RIGHT:
        return view(sources.change(call, source, {**source.doc, PRIVATE: {**private, "status": "verified"}}))
    # A refusal leaves nothing behind but spent tokens, so that it was one is written down in a commit of its own.
    call.afterwards(lambda again: _count_wrong(again, customer, source.id, verdict))
    return Refusal(microdeposits.refusal(verdict))


def _unverified(call: Call, source: Stored) -> Document:
    if source["object"] not in BANKS:
        raise errors.InvalidRequest("Only bank accounts can be verified.", param="id")
    private: Document = source.doc[PRIVATE]
    if private["status"] == "verified":
        raise errors.InvalidRequest("This bank account has already been verified.")
    if private["status"] == "verification_failed":
        raise microdeposits.refusal(Verdict.EXCEEDED)
    if call.caller.livemode:
        raise errors.not_implemented("sending small deposits to bank accounts in live mode")
    return private


async def _count_wrong(call: Call, customer: str, source_id: str, verdict: Verdict) -> None:
    source = await sources.find(call, customer, source_id, BANKS)
    if source is None or source.doc[PRIVATE]["status"] != "new":
        return
    private = source.doc[PRIVATE]
    failed = microdeposits.is_final(verdict, private["wrong_amounts"])
    counted = {**private, "wrong_amounts": private["wrong_amounts"] + 1}
    if failed:
        counted["status"] = "verification_failed"
    sources.change(call, source, {**source.doc, PRIVATE: counted})
