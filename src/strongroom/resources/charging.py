"""What becomes a charge: a plan and the acquirer's answer to it. For charges made alone and for those intents make.

A plan is what was known before anybody was asked: it is kept with the task and has everything a charge shows, so that the
charge can be written down after a crash by whoever finds the task.
"""

import hashlib
from typing import Any, Final

from strongroom import errors
from strongroom.catalog.behaviours import Decline, decline_table
from strongroom.catalog.eligibility import methods
from strongroom.catalog.failures import failure_message
from strongroom.catalog.holds import holds
from strongroom.connectors.base import Outcome
from strongroom.domain.holds import EXTENDED
from strongroom.domain.intent_machine import Verdict
from strongroom.resources import account_triggers, balance_transactions, statements
from strongroom.resources.addresses import RECEIPTS, secret_address
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.charge_details import details_of
from strongroom.resources.kind import Document, Kind, Stored
from strongroom.resources.payment_methods import PAYMENT_METHOD
from strongroom.resources.registry import register_kind
from strongroom.resources.tasks import later

CARD: Final = "card"
DESCRIPTOR: Final = "calculated_statement_descriptor"
SUCCEEDED: Final = "succeeded"
PENDING: Final = "pending"
FAILED: Final = "failed"
_TAKEN: Final = frozenset({Verdict.APPROVED, Verdict.AUTHORIZED})

# What a plan takes over from what was asked for.
_COPIED: Final = (
    "application_fee_amount",
    "customer",
    "description",
    "on_behalf_of",
    "receipt_email",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)


def view(charge: Stored) -> Document:
    """Return the charge's fields."""
    doc = {key: value for key, value in charge.doc.items() if key != PRIVATE}
    return {**doc, "customer": charge["customer"], "transfer_group": charge["transfer_group"]}


CHARGE: Final = register_kind(Kind("charge", "charges", "ch", "charge", "charge", view))


def plan(
    charge_id: str,
    method: Stored,
    *,
    amount: int,
    currency: str,
    capture: bool,
    source: Document | None = None,
    payment_intent: str | None = None,
    application: str | None = None,
    metadata: dict[str, str] | None = None,
    books_later: bool = False,
    platform: str | None = None,
    asks: Document,
) -> Document:
    """Return what a charge will say, whatever is answered.

    Args:
        charge_id: its id, under which the acquirer is asked.
        method: what is charged.
        amount: in minor units.
        currency: of the amount.
        capture: whether the money is to be taken at once.
        source: the older card object it was charged by, which only charges made alone show.
        payment_intent: the intent that makes it.
        application: the Connect application that asks for it.
        metadata: the merchant's notes.
        books_later: whether the balance hears of it after the answer.
        platform: who gets the fee, if it is a connected account that takes the money.
        asks: where the rest is copied from: a request, or an intent.
    """
    data: Document | None = asks.get("transfer_data") or None
    return {
        "id": charge_id,
        "amount": amount,
        "currency": currency,
        "application": application,
        "billing_details": method.doc["billing_details"],
        "metadata": metadata or {},
        "payment_intent": payment_intent,
        "payment_method": method.id,
        "source": source,
        "transfer_data": data and {"amount": data.get("amount"), "destination": data["destination"]},
        **{name: asks.get(name) or None for name in _COPIED},
        PRIVATE: {
            "books_later": books_later,
            "at_once": False,
            "busy": None,
            "capture": capture,
            "charged_back": 0,
            "details": method.doc[method.doc["type"]],
            "dispute": None,
            "platform": platform,
            "released": False,
            "transfer": data,
            "triggers": account_triggers.trigger_of(method),
            "type": method.doc["type"],
        },
    }


# -- from an answer to a charge ---------------------------------------------------------------------------------------


async def record(call: Call, planned: Document, outcome: Outcome) -> Stored:
    """Stage the charge that a plan and its answer come to, with its event and its share of the balance."""
    doc: Document = {
        "object": "charge",
        "amount_refunded": 0,
        "application_fee": None,
        "balance_transaction": None,
        "created": call.now,
        "disputed": False,
        "failure_balance_transaction": None,
        "fraud_details": {},
        "livemode": call.caller.livemode,
        "radar_options": {},
        "receipt_number": None,
        "refunded": False,
        "review": None,
        "source_transfer": None,
        **planned,
    }
    doc[DESCRIPTOR] = await _descriptor(call, doc)
    columns = {name: doc[name] for name in ("customer", "payment_intent", "transfer_group")}
    charge = call.insert(CHARGE, _answered(call, doc, outcome), object_id=doc["id"], **columns)
    await note_checks(call, planned["payment_method"], outcome)
    return await _told(call, charge, outcome)


async def _descriptor(call: Call, doc: Document) -> str | None:
    return await statements.descriptor_of(call, doc) if doc[PRIVATE]["type"] == CARD else None


async def settle(call: Call, charge: Stored, outcome: Outcome) -> Stored:
    """Stage what a charge becomes that was not certain, with its event and its share of the balance."""
    return await _told(call, call.change(charge, _answered(call, charge.doc, outcome)), outcome)


async def _told(call: Call, charge: Stored, outcome: Outcome) -> Stored:
    if outcome.verdict is Verdict.APPROVED and not charge.doc[PRIVATE]["books_later"]:
        return await take(call, charge, charge.doc["amount"], event=f"charge.{charge.doc['status']}")
    call.emit(f"charge.{charge.doc['status']}", CHARGE, charge)
    return charge


def watch(call: Call, charge: Stored, outcome: Outcome) -> None:
    """Stage what has to be looked at later: what was not certain, what was said to change, and what is only held."""
    account_triggers.watch(call, charge)
    if charge.doc["status"] == PENDING:
        if outcome.changes_after is not None:
            later(call, outcome.changes_after, "charge.settles", {"charge": charge.id})
    elif charge.doc["paid"] and not charge.doc["captured"]:
        later(call, _hold_seconds(charge.doc, outcome), "charge.hold_ends", {"charge": charge.id})
    elif charge.doc["captured"]:
        if charge.doc[PRIVATE]["books_later"]:
            later(call, call.settings.settle_after, "charge.booked", {"charge": charge.id})
        _watch_bank(call, charge)


def _watch_bank(call: Call, charge: Stored) -> None:
    """Stage that the customer's bank comes back to what was taken, where the sandbox will have it do so."""
    if charge.doc[PRIVATE].get("dispute") is not None:
        later(call, call.settings.settle_after, "charge.disputed", {"charge": charge.id})


async def captured(call: Call, charge: Stored, amount: int, *, is_final: bool = True, **notes: Any) -> Stored:
    """Stage that a part of what was held was taken, with its event and its share of the balance.

    Args:
        call: the second half's.
        charge: held, and perhaps taken in part already.
        amount: how much is taken now, in minor units; 0: nothing, only the rest is let go of.
        is_final: whether the rest is let go of.
        notes: fields that change with it.
    """
    doc, taken = charge.doc, charge.doc["amount_captured"] + amount
    # The network may let more be taken than was held; then that is what was charged.
    whole = max(doc["amount"], taken)
    private = {**doc[PRIVATE], "busy": None, "captures": doc[PRIVATE].get("captures", 0) + 1}
    changes = {
        "amount": whole,
        "amount_captured": taken,
        "amount_refunded": whole - taken if is_final else 0,
        "captured": is_final,
    }
    changed = {**doc, **notes, **changes, PRIVATE: private}
    if notes:
        changed[DESCRIPTOR] = await _descriptor(call, changed)
    charge = call.change(charge, changed)
    if amount:
        charge = await take(call, charge, amount, event="charge.captured")
    else:
        call.emit("charge.captured", CHARGE, charge)
    if is_final:
        _watch_bank(call, charge)
    return charge


def let_rest_go(call: Call, charge: Stored) -> Stored:
    """Stage that what is left of a hold of which something was taken is not held any more, with `charge.updated`."""
    left = charge.doc["amount"] - charge.doc["amount_captured"]
    gone = call.change(charge, vacated(charge, amount_refunded=left, captured=True))
    call.emit("charge.updated", CHARGE, gone, {"amount_refunded": 0, "captured": False})
    _watch_bank(call, gone)
    return gone


async def take(
    call: Call, charge: Stored, amount: int, *, event: str, previous: Document | None = None
) -> Stored:
    """Stage what a charge brings into the balance and what of that goes on to others, with the events of all.

    Args:
        call: the request.
        charge: its money was taken.
        amount: how much of it, in minor units.
        event: what is told of the charge.
        previous: for an update, the changed fields with their old values.
    """
    from strongroom.resources import payment_shares

    family = family_of(charge.doc[PRIVATE]["type"])
    transaction = balance_transactions.book(
        call,
        "charge" if charge.id.startswith("ch_") else "payment",
        charge.id,
        amount,
        charge.doc["currency"],
        fee=balance_transactions.fee_of(family, amount),
        application_fee=payment_shares.fee_detail(charge, amount),
        description=charge.doc["description"],
        at_once=charge.doc[PRIVATE]["at_once"],
    )
    charge = call.change(charge, {**charge.doc, "balance_transaction": transaction.id})
    before, charge = charge, await payment_shares.pass_on(call, charge, amount)
    call.emit(event, CHARGE, charge, previous)
    await payment_shares.tell(call, charge, before)
    return charge


async def book_now(call: Call, charge: Stored) -> Stored:
    """Stage that what was taken without waiting for the balance is in it, unless it is, with `charge.updated`."""
    is_taken = charge.doc["captured"] and charge.doc["status"] == SUCCEEDED
    if charge.doc["balance_transaction"] is not None or not is_taken:
        return charge
    names = ["balance_transaction"]
    names += ["transfer"] if charge.doc["transfer_data"] else []
    names += ["application_fee"] if charge.doc["application_fee_amount"] else []
    return await take(
        call,
        charge,
        charge.doc["amount_captured"],
        event="charge.updated",
        previous=dict.fromkeys(names),
    )


def family_of(method_type: str) -> str:
    """Return what family of payment methods a type belongs to, by which it is priced."""
    offer = methods().get(method_type)
    return CARD if offer is None else offer.family


async def note_checks(call: Call, method_id: str, outcome: Outcome) -> None:
    """Stage on a card what was found out about its code and address."""
    method = await call.find(PAYMENT_METHOD, method_id)
    if method is None or method.doc["type"] != CARD or not outcome.checks:
        return
    card = method.doc[CARD]
    checks = {**card["checks"], **outcome.checks}
    if checks != card["checks"]:
        call.change(method, {**method.doc, CARD: {**card, "checks": checks}})


def _answered(call: Call, doc: Document, outcome: Outcome) -> Document:
    """Return a charge's document with what was answered."""
    verdict, private = outcome.verdict, doc[PRIVATE]
    is_failed, is_taken = verdict is Verdict.DECLINED, verdict in _TAKEN
    captured = not is_failed and private["capture"]
    decline = decline_of(outcome) if is_failed and private["type"] == CARD else None
    details = details_of(
        doc, outcome, hold_until=None if captured else doc["created"] + _hold_seconds(doc, outcome)
    )
    return {
        **doc,
        "amount_captured": doc["amount"] if captured else 0,
        "captured": captured,
        "failure_code": None if not is_failed else decline.code if decline else outcome.code,
        "failure_message": None
        if not is_failed
        else decline.message
        if decline
        else failure_message(outcome.code),
        "outcome": _outcome(doc["id"], outcome, decline),
        "paid": is_taken,
        "payment_method_details": details,
        PRIVATE: {
            **private,
            "at_once": outcome.available_at_once,
            "dispute": outcome.dispute,
            "granted": list(outcome.granted),
        },
        "receipt_url": secret_address(call, RECEIPTS, doc["id"]) if is_taken else None,
        "source": _checked_source(doc["source"], details),
        "status": FAILED if is_failed else SUCCEEDED if is_taken else PENDING,
    }


def _hold_seconds(doc: Document, outcome: Outcome) -> int:
    """Return how long money is held: of a card, `capture_before` was seen to be exactly a week later."""
    is_extended = EXTENDED in outcome.granted
    return holds().seconds(doc[PRIVATE]["type"], livemode=doc["livemode"], extended=is_extended)


def _checked_source(source: Document | None, details: Document) -> Document | None:
    if source is None or CARD not in details:
        return source
    checks = details[CARD]["checks"]
    checked = {
        "address_line1_check": checks["address_line1_check"],
        "address_zip_check": checks["address_postal_code_check"],
        "cvc_check": checks["cvc_check"],
    }
    # A card is the source itself; a `src_…` has one.
    return {**source, **checked} if CARD not in source else {**source, CARD: {**source[CARD], **checked}}


_SELLER_MESSAGES: Final = {
    "blocked": "Stripe blocked this payment as too risky.",
    "insufficient_funds": "The bank returned the decline code `insufficient_funds`.",
    "generic_decline": "The bank did not return any further details with this decline.",
}


def _outcome(charge_id: str, outcome: Outcome, decline: Decline | None) -> Document:
    """Return `outcome`: what the network and the risk engine said."""
    doc: Document = {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network",
        "reason": None,
        "risk_level": outcome.risk,
        "risk_score": risk_score(charge_id, outcome.risk),
        "seller_message": "Payment complete.",
        "type": "authorized",
    }
    if outcome.verdict is not Verdict.DECLINED:
        return doc
    if outcome.blocked:
        said = {"network_status": "not_sent_to_network", "reason": "highest_risk_level", "type": "blocked"}
        return {**doc, **said, "seller_message": _SELLER_MESSAGES["blocked"]}
    message = f"The bank returned the decline code `{outcome.code}`."
    doc |= {
        "network_status": "declined_by_network",
        "reason": outcome.code,
        "seller_message": _SELLER_MESSAGES.get(outcome.code or "", message),
        "type": "issuer_declined",
    }
    if decline is not None:
        doc |= {
            name: getattr(decline, name)
            for name in ("advice_code", "network_advice_code", "network_decline_code")
        }
    return doc


_SCORES: Final = {"normal": (0, 65), "elevated": (65, 10), "highest": (75, 25)}


def risk_score(charge_id: str, level: str) -> int:
    """Return a score of 0 to 99 within a level's range, the same for the same charge."""
    first, many = _SCORES[level]
    return first + hashlib.sha256(charge_id.encode()).digest()[0] % many


# -- refusals ---------------------------------------------------------------------------------------------------------


def decline_of(outcome: Outcome) -> Decline:
    """Return what the catalogue says of a card's decline."""
    return decline_table()[outcome.code or "generic_decline"]


def decline_error(outcome: Outcome, **members: Any) -> errors.CardError:
    """Return the refusal of a card.

    Args:
        outcome: the acquirer's answer.
        members: what else the error holds, such as the id of the `charge`.
    """
    row = decline_of(outcome)
    said = {
        "advice_code": row.advice_code,
        "decline_code": row.decline_code,
        "network_advice_code": row.network_advice_code,
        "network_decline_code": row.network_decline_code,
    }
    return errors.CardError(row.message, code=row.code, param=row.param, **said, **members)


def failure_error(outcome: Outcome, **members: Any) -> errors.ApiError:
    """Return the refusal of a payment that is not by card."""
    return errors.CardError(
        failure_message(outcome.code),
        code="payment_method_provider_decline",
        decline_code=outcome.code,
        **members,
    )


# -- one at a time ----------------------------------------------------------------------------------------------------


def occupy(call: Call, charge: Stored, reference: str) -> Stored:
    """Stage that a question about a charge is under way; until it is answered, no other may be asked.

    Raises:
        errors.RateLimited: one is.
    """
    if charge.doc[PRIVATE]["busy"] is not None:
        raise errors.lock_timeout()
    return call.change(charge, {**charge.doc, PRIVATE: {**charge.doc[PRIVATE], "busy": reference}})


def is_busy(charge: Stored) -> bool:
    """Whether a question about a charge is under way."""
    return charge.doc[PRIVATE]["busy"] is not None


def vacated(charge: Stored, **changes: Any) -> Document:
    """Return a charge's document with `changes`, free for the next question."""
    return {**charge.doc, **changes, PRIVATE: {**charge.doc[PRIVATE], "busy": None}}
