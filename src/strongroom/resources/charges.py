"""Charges: one attempt to take money, refused ones too.

    POST /v1/charges                               create
    GET  /v1/charges                               list
    GET  /v1/charges/{charge}                      retrieve
    POST /v1/charges/{charge}                      update
    POST /v1/charges/{charge}/capture              capture

Creating one is the older way to be paid: nobody is there to be asked anything, so a card that wants its holder declines.
Intents make charges too, and capture and release those themselves.
"""

from typing import Final

from strongroom import errors, ids
from strongroom.connectors.base import Authorization, Capture, Outcome
from strongroom.domain.amounts import check_amount, currency_of, written
from strongroom.domain.intent_machine import Verdict
from strongroom.resources import (
    acquiring,
    bank_charges,
    charging,
    customers,
    payment_methods,
    payment_outcomes,
    payment_shares,
    sources,
    waiting_refunds,
)
from strongroom.resources.bank_accounts import BankMaterial
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.changes import changed_leaves, merge_metadata
from strongroom.resources.charging import CHARGE, FAILED, PENDING, view
from strongroom.resources.intent_parts import application_of, shipping_of
from strongroom.resources.kind import Document, Listing, Refusal, Stored
from strongroom.resources.offers import check_parties
from strongroom.resources.payment_shares import FEE
from strongroom.resources.registry import handles
from strongroom.resources.tasks import Onward, continues
from strongroom.store import Filter

PERMISSION: Final = "charge"
LISTED_BY: Final = ("customer", "payment_intent", "transfer_group")


# -- create -----------------------------------------------------------------------------------------------------------


@handles("POST /v1/charges", permission=PERMISSION)
async def create(call: Call, params: Document) -> Onward:
    """Charge a token, or a card or bank account of a customer. A decline spends the token; a request that is refused does not."""
    for name in ("amount", "currency"):
        if name not in params:
            raise errors.parameter_missing(name)
    currency = currency_of(params["currency"])
    check_amount(params["amount"], currency)
    params = await _with_shares(call, payment_shares.in_newer_names(params))
    method = await _method(call, params)
    is_bank = method["object"] in sources.BANKS
    if is_bank:
        bank_charges.check(method, params, currency.code)
    charge_id = ids.new("py" if is_bank else CHARGE.prefix)
    if "transfer_data" in params:
        params = {"transfer_group": f"group_{charge_id}", **params}
    asked = Authorization(
        charge_id,
        acquiring.instrument_of(call, method),
        params["amount"],
        currency.code,
        capture=params.get("capture", True),
        customer_present=False,
        **await acquiring.declines_on(call),
    )
    planned = charging.plan(
        charge_id,
        method,
        amount=asked.amount,
        currency=asked.currency,
        capture=asked.capture,
        source=bank_charges.source_of(method),
        application=application_of(call),
        metadata=merge_metadata({}, params.get("metadata")),
        platform=payment_shares.platform_of(call, {PRIVATE: {}}, params),
        asks={**params, "shipping": shipping_of(params["shipping"]) if "shipping" in params else None},
    )
    return Onward(asked, "charge.created", {"charge": charge_id, "plan": planned})


async def _with_shares(call: Call, params: Document) -> Document:
    """Return the parameters with what is to become of the payment, checked.

    Raises:
        errors.ApiError: a share is too large, or somebody it is for cannot have it.
    """
    data = None
    if "transfer_data" in params:
        data = payment_shares.transfer_data(None, params["transfer_data"])
        params = {**params, "transfer_data": data}
    doc = {"amount": params["amount"], FEE: params.get(FEE), "transfer_data": data}
    payment_shares.check_amounts(doc)
    payment_shares.check_fee(call, doc, params, "Charge")
    await payment_shares.check_receiver(call, doc)
    await check_parties(call, None, params.get("on_behalf_of"))
    return params


@continues("charge.created", if_unknown="charge.settles")
async def created(call: Call, state: Document, outcome: Outcome | None) -> Document | Refusal:
    """Write the charge down. A decline is an answer with a charge of its own, unless nobody outside was asked."""
    assert outcome is not None
    if outcome.verdict is Verdict.DECLINED and not outcome.reached_network:
        await charging.note_checks(call, state["plan"]["payment_method"], outcome)
        return Refusal(charging.decline_error(outcome))
    charge = await charging.record(call, state["plan"], outcome)
    if outcome.verdict is Verdict.DECLINED:
        return Refusal(charging.decline_error(outcome, charge=charge.id))
    charging.watch(call, charge, outcome)
    return view(charge)


async def _method(call: Call, params: Document) -> Stored:
    """Return what to charge, which this call uses: a customer's, or the card of a token, which is spent.

    Raises:
        errors.ApiError: neither was named, or what was is not there.
    """
    if "customer" in params:
        customer = await customers.load_living(call, params["customer"], param="customer")
        return await _of_customer(call, customer, params.get("source"))
    if "source" not in params:
        raise errors.ParameterRefused("Must provide source or customer.")
    given = params["source"]
    if isinstance(given, str) and given.startswith("card_"):
        raise errors.ParameterRefused(
            "You must supply the customer of a card that is charged by its id.", param="source"
        )
    if isinstance(given, str) and sources.is_object(given):
        return payment_methods.consume(call, await sources.load_object(call, given, param="source"))
    material = await sources.material_of(call, given, "source")
    if isinstance(material, BankMaterial):
        raise bank_charges.not_a_customers()
    staged = payment_methods.insert(call, material.card_id, material, {}, kind="card")
    return payment_methods.consume(call, staged)


async def _of_customer(call: Call, customer: Stored, source: Document | str | None) -> Stored:
    call.guard(customer)
    named = source if source is not None else customer.doc["default_source"]
    if named is None:
        raise errors.CardError(
            "Cannot charge a customer that has no active card", code="missing", param="card"
        )
    held = await sources.find(call, customer.id, named) if isinstance(named, str) else None
    if held is None:
        raise errors.InvalidRequest(
            f"Customer {customer.id} does not have a linked source with ID {errors.echo(named)}.",
            code="missing",
            param="source",
        )
    return payment_methods.consume(call, held, customer.id)


# -- retrieve, list, update -------------------------------------------------------------------------------------------


@handles("GET /v1/charges/{charge}", permission=PERMISSION)
async def retrieve(call: Call, params: Document, *, charge: str) -> Document:
    """Show a charge."""
    return view(await call.load(CHARGE, charge, param="id", in_path=True))


@handles("GET /v1/charges", permission=PERMISSION)
async def list_all(call: Call, params: Document) -> Listing:
    """List charges, newest first, failed ones too: all, or those of a customer, an intent or a group."""
    return await call.listing(
        CHARGE, params, [Filter(name, "eq", params[name]) for name in LISTED_BY if name in params]
    )


@handles("POST /v1/charges/{charge}", permission=PERMISSION)
async def update(call: Call, params: Document, *, charge: str) -> Document:
    """Change what is noted about a charge; nothing moves."""
    stored = await call.load(CHARGE, charge, param="id", in_path=True)
    await _check_unset(call, stored, params)
    doc = {**stored.doc, "metadata": merge_metadata(stored.doc["metadata"], params.get("metadata"))}
    for name in ("description", "receipt_email"):
        if name in params:
            doc[name] = params[name] or None
    if "shipping" in params:
        doc["shipping"] = shipping_of(params["shipping"])
    if "fraud_details" in params:
        doc["fraud_details"] = {**doc["fraud_details"], **params["fraud_details"]}
    columns = {name: params.get(name, stored[name]) for name in ("customer", "transfer_group")}
    if doc == stored.doc and all(columns[name] == stored[name] for name in columns):
        return view(stored)
    changed = call.change(stored, doc, **columns)
    call.emit("charge.updated", CHARGE, changed, changed_leaves(view(stored), view(changed)))
    return view(changed)


async def _check_unset(call: Call, charge: Stored, params: Document) -> None:
    """Refuse to replace what can only be said once.

    Raises:
        errors.InvalidRequest: naming the parameter.
    """
    for name in ("customer", "transfer_group"):
        if name in params and charge[name] not in (None, params[name]):
            raise errors.InvalidRequest(f"The {name} of a charge that has one cannot be changed.", param=name)
    if "customer" in params:
        call.guard(await customers.load_living(call, params["customer"], param="customer"))


# -- capture ----------------------------------------------------------------------------------------------------------


@handles("POST /v1/charges/{charge}/capture", permission=PERMISSION)
async def capture(call: Call, params: Document, *, charge: str) -> Onward:
    """Take what is held, or a part of it; the rest is let go of."""
    params = payment_shares.in_newer_names(params)
    stored = await call.load(CHARGE, charge, param="charge", in_path=True)
    _check_capturable(stored)
    amount: int = params["amount"] if "amount" in params else stored.doc["amount"]
    _check_part(stored, amount)
    await payment_shares.check_receiver(call, stored.doc)
    shares = payment_shares.said_anew(call, params, stored.doc, amount)
    reference = ids.new("capture")
    charging.occupy(call, payment_shares.with_platform(call, stored, params), reference)
    noted = ("receipt_email", "statement_descriptor", "statement_descriptor_suffix")
    notes = {name: params[name] for name in noted if name in params} | shares
    state = {"charge": stored.id, "amount": amount, "notes": notes}
    return Onward(Capture(reference, stored.id, amount), "charge.captured", state)


def _check_capturable(charge: Stored) -> None:
    doc = charge.doc
    if doc["captured"]:
        raise errors.InvalidRequest(
            f"Charge {charge.id} has already been captured.", code="charge_already_captured"
        )
    if doc["payment_intent"] is not None:
        raise errors.InvalidRequest(
            f"Charge {charge.id} belongs to the PaymentIntent {doc['payment_intent']}. Capture the PaymentIntent instead."
        )
    if doc["status"] in {FAILED, PENDING}:
        raise errors.InvalidRequest(f"Charge {charge.id} cannot be captured: its status is {doc['status']}.")
    if doc[PRIVATE]["released"]:
        raise errors.InvalidRequest(
            f"Charge {charge.id} has expired or was refunded: the money is no longer held.",
            code="charge_expired_for_capture",
        )


def _check_part(charge: Stored, amount: int) -> None:
    if amount < 1:
        raise errors.ParameterRefused(
            "This value must be greater than or equal to 1.", code="parameter_invalid_integer", param="amount"
        )
    if amount > charge.doc["amount"]:
        most = written(charge.doc["amount"], currency_of(charge.doc["currency"]))
        raise errors.InvalidRequest(
            f"You cannot capture more than the {most} that is held.", code="amount_too_large", param="amount"
        )


@continues("charge.captured")
async def captured(call: Call, state: Document, outcome: Outcome | None) -> Document | Refusal:
    """Write down what was taken."""
    charge = await call.find(CHARGE, state["charge"])
    assert charge is not None
    assert outcome is not None
    if outcome.verdict is Verdict.DECLINED:
        call.change(charge, charging.vacated(charge))
        return Refusal(charging.decline_error(outcome, charge=charge.id), keeps_all=True)
    return view(await charging.captured(call, charge, state["amount"], **state["notes"]))


@continues("charge.settles", if_unknown="charge.settles")
async def settles(call: Call, state: Document, outcome: Outcome | None) -> None:
    """Write down what has become of a charge that was not certain."""
    charge = await call.find(CHARGE, state["charge"])
    outcome = outcome or await acquiring.acquirer_of(call).look_up(state["charge"])
    if charge is None or charge.doc["status"] != PENDING or outcome is None:
        return
    if outcome.verdict not in {Verdict.PENDING, Verdict.UNKNOWN}:
        charge = await charging.settle(call, charge, outcome)
        charge = await waiting_refunds.charge_settled(call, charge)
        if charge["payment_intent"] is not None:
            await payment_outcomes.charge_settled(call, charge)
    charging.watch(call, charge, outcome)
