"""A customer's older sources: the `card_…`, `ba_…` and `src_…` objects that came before PaymentMethods.

They are rows of `payment_methods`, stored in a PaymentMethod's shape, so the same card shows in both APIs because it is
the same row. A bank account of the United States shows in both once it is verified; any other only here. What requests
do with them is in `customer_sources` and `customers`; a `src_…` also lives without a customer, see `source_objects`.
"""

from typing import Any, Final

from strongroom import errors, ids
from strongroom.domain import payment_methods as states
from strongroom.resources import attaching, bank_accounts, cards, expiring, payment_methods, tokens
from strongroom.resources.bank_accounts import BankMaterial
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE, CardMaterial
from strongroom.resources.changes import changed_leaves, merge_metadata
from strongroom.resources.included import sublist
from strongroom.resources.kind import Document, Kind, Refusal, Stored
from strongroom.resources.payment_methods import PAYMENT_METHOD
from strongroom.resources.registry import includes, register_kind
from strongroom.store import Filter

# What the column `object` says of a source: the last is the one that shows as a PaymentMethod too.
CARDS: Final = ("card",)
BANKS: Final = ("bank_account", states.US_BANK_ACCOUNT)
OBJECTS: Final = ("source",)
SOURCES: Final = (*CARDS, *BANKS, *OBJECTS)
PREFIX: Final = "src"

REUSABLE: Final = "reusable"
HOLDER: Final = ("account_holder_name", "account_holder_type")
AMERICAN: Final = "US"


# -- views ------------------------------------------------------------------------------------------------------------


def view(source: Stored) -> Document:
    """Return the older `card`, `bank_account` or `source` object."""
    if source["object"] in OBJECTS:
        return view_object(source)
    return view_bank(source) if source["object"] in BANKS else payment_methods.as_source(source)


def view_object(source: Stored) -> Document:
    """Return the `source` object. One that cannot be used any more is consumed."""
    doc = source.doc
    private, billing = doc[PRIVATE], doc["billing_details"]
    is_usable = source["state"] in (states.FRESH, states.ATTACHED)
    shown: Document = {
        "id": source.id,
        "object": "source",
        "allow_redisplay": source["allow_redisplay"],
        "amount": private["amount"],
        cards.CARD: cards.source_card(doc[cards.CARD], billing),
        "client_secret": private["client_secret"],
        "created": doc["created"],
        "currency": private["currency"],
        "flow": "none",
        "livemode": doc["livemode"],
        "metadata": doc["metadata"],
        "owner": {
            "address": billing["address"] if any(billing["address"].values()) else None,
            **{name: billing[name] for name in ("email", "name", "phone")},
        },
        "status": "chargeable" if is_usable else "consumed",
        "type": doc["type"],
        "usage": private["usage"],
    }
    return shown if source["customer"] is None else {**shown, "customer": source["customer"]}


def view_bank(source: Stored) -> Document:
    """Return the older `bank_account` object."""
    doc = source.doc
    bank, private = doc[states.US_BANK_ACCOUNT], doc[PRIVATE]
    return {
        "id": source.id,
        "object": "bank_account",
        "account_holder_name": doc["billing_details"]["name"],
        "account_holder_type": bank["account_holder_type"],
        "account_type": private["account_type"],
        "bank_name": bank["bank_name"],
        "country": private["country"],
        "currency": private["currency"],
        "customer": source["customer"],
        "fingerprint": bank["fingerprint"],
        "last4": bank["last4"],
        "metadata": doc["metadata"],
        "routing_number": bank["routing_number"],
        "status": private["status"],
    }


TABLE: Final = PAYMENT_METHOD.table
SOURCE: Final = Kind("bank_account|card|source", TABLE, "card", "source", "customer", view)
CARD: Final = register_kind(Kind("card", TABLE, "card", "source", "customer", view))
BANK_ACCOUNT: Final = register_kind(Kind("bank_account", TABLE, "ba", "source", "customer", view))
SOURCE_OBJECT: Final = register_kind(Kind("source", TABLE, PREFIX, "source", "source", view))


@includes("customer", "sources")
async def included(call: Call, customer: Document) -> Document:
    """The customer's ten newest sources, as the list that `expand[]=sources` shows."""
    url = f"/v1/customers/{customer['id']}/sources"
    return await sublist(call, SOURCE, of_customer(customer["id"]), url)


# -- finding ----------------------------------------------------------------------------------------------------------


def of_customer(customer: str, objects: tuple[str, ...] = SOURCES) -> list[Filter]:
    """Return the filters for a customer's sources of some kinds."""
    return [Filter("customer", "eq", customer), Filter("object", "in", objects)]


async def find(
    call: Call, customer: str, source_id: str, objects: tuple[str, ...] = SOURCES
) -> Stored | None:
    """Return the source if this customer has it and it is one of `objects`, or None."""
    source = await call.find(SOURCE, source_id)
    is_here = source is not None and source["object"] in objects and source["customer"] == customer
    return source if is_here else None


async def load_object(call: Call, source_id: str, *, param: str, in_path: bool = False) -> Stored:
    """Return a `src_…`, whoever has it, or raise `resource_missing`."""
    source = await call.load(SOURCE_OBJECT, source_id, param=param, in_path=in_path)
    if source["object"] not in OBJECTS:
        raise await call.missing(SOURCE_OBJECT, source_id, param=param, in_path=in_path)
    return source


def is_object(given: Document | str) -> bool:
    """Whether what was sent as a source is the id of a `src_…`."""
    return isinstance(given, str) and given.startswith(f"{PREFIX}_")


async def newest_but(call: Call, customer: str, gone: str) -> str | None:
    """Return the id of the customer's newest source other than `gone`, and hold on to it until this call has committed."""
    newest, _ = await call.page(SOURCE, {"limit": 2}, of_customer(customer))
    left = next((source for source in newest if source.id != gone), None)
    if left is None:
        return None
    call.guard(left)
    return left.id


# -- adding -----------------------------------------------------------------------------------------------------------


async def add(
    call: Call,
    customer: str,
    given: Document | str,
    *,
    param: str,
    metadata: Any = None,
    objects: tuple[str, ...] = SOURCES,
    validates: bool = True,
) -> Stored | Refusal:
    """Make a source of this customer from a token, which is spent, from what was sent along, or of a `src_…` there is.

    The caller guards the customer; for a bank account it changes the customer, so that of two requests that bring the
    same account at once one finds the other's.

    Args:
        call: the request.
        customer: who gets it.
        given: the id of a token or a `src_…`, or the hash of a card or a bank account.
        param: the parameter it came in, for the `param` of errors.
        metadata: what to note about it; None: what stands in the hash.
        objects: the kinds that are welcome.
        validates: whether the issuer is asked about a card.

    Raises:
        errors.InvalidRequest: the first thing wrong.
        errors.CardError: the card is wrong; that it was declined is a `Refusal`.
    """
    if isinstance(given, str) and is_object(given):
        source = await _attachable(call, given, param, metadata, objects)
        return _attach(call, source, customer, validates=validates)
    material = await material_of(call, given, param)
    kind = "bank_account" if isinstance(material, BankMaterial) else "card"
    if kind not in objects:
        raise errors.InvalidRequest(f"A {kind} cannot be used here.", param=param)
    if metadata is None and isinstance(given, dict):
        metadata = given.get("metadata")
    if isinstance(material, BankMaterial):
        bank = await _add_bank(call, customer, material, merge_metadata({}, metadata))
        call.emit("customer.source.created", SOURCE, bank)
        return bank
    card = payment_methods.insert(call, material.card_id, material, {"metadata": metadata}, kind="card")
    outcome = _attach(call, card, customer, validates=validates)
    if isinstance(outcome, Refusal):
        await call.erase_record(material.record)
    return outcome


def _attach(call: Call, source: Stored, customer: str, *, validates: bool) -> Stored | Refusal:
    outcome = attaching.attach_to(call, source, customer, silent=True, validates=validates)
    if isinstance(outcome, Stored):
        call.emit("customer.source.created", SOURCE, outcome)
    return outcome


async def _attachable(
    call: Call, source_id: str, param: str, metadata: Any, objects: tuple[str, ...]
) -> Stored:
    """Return a `src_…` that can be attached: it stays what it is."""
    source = await load_object(call, source_id, param=param)
    if source["object"] not in objects:
        raise errors.InvalidRequest("A source cannot be used here.", param=param)
    if source.doc[PRIVATE]["usage"] != REUSABLE:
        raise errors.InvalidRequest(
            "This source is for a single use, and cannot be attached to a customer.", param=param
        )
    if source["state"] != states.FRESH:
        states.after(states.ATTACH, source["state"], param=param)
    if metadata is None:
        return source
    merged = merge_metadata(source.doc["metadata"], metadata)
    return call.change(source, {**source.doc, "metadata": merged})


async def material_of(call: Call, given: Document | str, param: str) -> CardMaterial | BankMaterial:
    """Return the card or bank account of a token, which is spent, or of what was sent along.

    Raises:
        errors.ApiError: the first thing wrong.
    """
    if not isinstance(given, str):
        return await _material_of_hash(call, given, param)
    if given.startswith("pm_"):
        raise errors.InvalidRequest(
            "You cannot use a PaymentMethod as a source. Attach it to the customer instead.", param=param
        )
    if given.startswith("btok_"):
        return await tokens.spend_bank(call, given, param=param)
    spent = await tokens.spend_card(call, given, param=param)
    call.hand_over_code(spent.code_owner, spent.material.card_id)
    return spent.material


async def _material_of_hash(call: Call, given: Document, param: str) -> CardMaterial | BankMaterial:
    if "token" in given:
        return await material_of(call, given["token"], f"{param}[token]")
    if given.get("object") == "bank_account":
        if not given.get("country"):
            raise errors.parameter_missing(f"{param}[country]")
        return await bank_accounts.take_in(call, given, param=param)
    card_id = ids.new("card")
    billing = cards.billing_of_raw_card(given)
    material = await cards.take_in(call, given, code_owner=card_id, billing_details=billing, param=param)
    return cards.with_card_id(material, card_id)


async def _add_bank(call: Call, customer: str, material: BankMaterial, metadata: dict[str, str]) -> Stored:
    shown = material.shown
    for name in HOLDER:
        if not shown[name]:
            raise errors.parameter_missing(name)
    same = [*of_customer(customer, BANKS), Filter("fingerprint", "eq", shown["fingerprint"])]
    already, _ = await call.page(SOURCE, {"limit": 1}, same)
    if already:
        raise errors.InvalidRequest(
            "A bank account with that routing number and account number already exists for this customer.",
            code="bank_account_exists",
        )
    return call.insert(
        SOURCE,
        _bank_document(call, material, metadata),
        object_id=shown["id"],
        object=_object_of(shown["country"], shown["status"]),
        type=states.US_BANK_ACCOUNT,
        customer=customer,
        allow_redisplay="unspecified",
        state=states.ATTACHED,
        record=material.record,
        fingerprint=shown["fingerprint"],
        detached_at=None,
    )


def _object_of(country: str, status: str) -> str:
    """Return what the column `object` says: PaymentMethods know bank accounts of one country, once they are verified."""
    return states.US_BANK_ACCOUNT if (country, status) == (AMERICAN, "verified") else "bank_account"


def _bank_document(call: Call, material: BankMaterial, metadata: dict[str, str]) -> Document:
    shown = material.shown
    details = {
        "account_holder_type": shown["account_holder_type"],
        "account_type": shown["account_type"],
        "bank_name": shown["bank_name"],
        "financial_connections_account": None,
        "fingerprint": shown["fingerprint"],
        "last4": shown["last4"],
        "networks": {"preferred": None, "supported": ["ach"]},
        "routing_number": shown["routing_number"],
        "status_details": None,
    }
    return {
        "id": shown["id"],
        "object": "payment_method",
        "billing_details": {**cards.billing_of_raw_card({}), "name": shown["account_holder_name"]},
        "created": call.now,
        "livemode": call.caller.livemode,
        "metadata": metadata,
        "type": states.US_BANK_ACCOUNT,
        states.US_BANK_ACCOUNT: details,
        PRIVATE: {
            "account_type": shown["account_type"],
            "behaviour": material.behaviour,
            "country": shown["country"],
            "currency": shown["currency"],
            "status": shown["status"],
            "wrong_amounts": 0,
        },
    }


# -- changing and removing --------------------------------------------------------------------------------------------


def change(call: Call, source: Stored, doc: Document) -> Stored:
    """Stage a source's new document, and tell what changed of what it shows; nothing shown, nothing told."""
    status = doc[PRIVATE].get("status")
    seen_as = source["object"] if status is None else _object_of(doc[PRIVATE]["country"], status)
    changed = call.change(source, doc, object=seen_as)
    expiring.watch(call, changed, source.doc)
    previous = changed_leaves(view(source), view(changed))
    if previous:
        call.emit("customer.source.updated", SOURCE, changed, previous)
    return changed


async def remove(call: Call, source: Stored) -> Document:
    """Stage the end of a source and of its number, and return what is left: the stub, or a consumed `src_…`."""
    await call.erase_record(source["record"])
    if source["object"] in OBJECTS:
        source = _consumed(call, source, source.doc)
        left = view(source)
    else:
        call.delete(source)
        left = {"id": source.id, "object": view(source)["object"], "deleted": True}
    call.emit("customer.source.deleted", SOURCE, source)
    return left


def _consumed(call: Call, source: Stored, doc: Document) -> Stored:
    state = states.after(states.DETACH, source["state"])
    return call.change(source, doc, customer=None, record=None, state=state, detached_at=call.now)


def end(call: Call, source: Stored) -> None:
    """Stage the end of a source whose customer goes; its number has been erased, and what is left says nobody's name."""
    if source["object"] in OBJECTS:
        _consumed(call, source, payment_methods.shell(source))
    else:
        call.delete(source)
