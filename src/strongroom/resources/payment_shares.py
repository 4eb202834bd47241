"""Whose a payment is: what of it goes to a connected account (`transfer_data`), and what its platform keeps (a fee).

Asked for with the payment, checked then, and done when its money is taken: at once, when it is captured, or when the bank
has paid. What fails or is let go of has no shares to take back. A refund leaves them as they are, unless it says that its
part of the transfer (`reverse_transfer`) or of the fee (`refund_application_fee`) comes back too.
"""

from typing import Any, Final

from strongroom import errors
from strongroom.contract import fit
from strongroom.domain.money import share
from strongroom.resources import (
    application_fees,
    connections,
    fee_refunds,
    part_shares,
    transfer_reversals,
    transfers,
)
from strongroom.resources.application_fees import APPLICATION_FEE
from strongroom.resources.balance_transactions import BALANCE_TRANSACTION
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.changes import merge_metadata
from strongroom.resources.charging import CHARGE
from strongroom.resources.destinations import check_destination
from strongroom.resources.kind import Document, Stored
from strongroom.resources.transfers import TRANSFER

FEE: Final = "application_fee_amount"
TRANSFERRED: Final = "transfer_data[amount]"
DESTINATION: Final = "transfer_data[destination]"
RETURNED: Final = "returned"
"""Of how much of a charge the refunds took their part of the transfer, and of the fee; in its document."""


# -- what was asked for -----------------------------------------------------------------------------------------------


def transfer_data(old: Document | None, given: Document) -> Document:
    """Return `transfer_data` once `given` was sent; an empty text takes a part of it away."""
    kept = {**(old or {}), **fit("PaymentIntent.TransferData", given)}
    _merge_notes(kept, old or {}, given)
    if "payment_data" in given:
        before = (old or {}).get("payment_data", {})
        kept["payment_data"] = {**before, **kept.get("payment_data", {})}
        _merge_notes(kept["payment_data"], before, given["payment_data"])
    return kept


def _merge_notes(kept: Document, old: Document, given: Document) -> None:
    if "metadata" in given:
        kept["metadata"] = merge_metadata(old.get("metadata", {}), given["metadata"])
    if given.get("description") == "":
        kept.pop("description", None)


def check_amounts(doc: Document) -> None:
    """Refuse shares of a payment that are negative, or larger than it.

    Raises:
        errors.ApiError: naming the parameter.
    """
    transferred = (doc["transfer_data"] or {}).get("amount")
    for name, amount in ((FEE, doc[FEE]), (TRANSFERRED, transferred)):
        if amount is None:
            continue
        if amount < 0:
            raise errors.ParameterRefused("Invalid non-negative integer", param=name)
        if amount > doc["amount"]:
            raise errors.InvalidRequest(
                f"The {name} must be less than or equal to the amount of the payment.", param=name
            )
    if doc[FEE] is not None and transferred is not None:
        raise errors.parameters_exclusive(FEE, TRANSFERRED)


def check_fee(call: Call, doc: Document, params: Document, noun: str) -> None:
    """Refuse a fee that no connected account would pay.

    Raises:
        errors.InvalidRequest: naming the parameter.
    """
    is_asked = FEE in params and doc[FEE] is not None
    if is_asked and not doc["transfer_data"] and not call.caller.acts_for_another:
        raise errors.InvalidRequest(
            f"Can only apply an application_fee_amount when the {noun} is attempting a direct payment (using an OAuth "
            "key or Stripe-Account header) or destination payment (using `transfer_data[destination]`).",
            param=FEE,
        )


async def check_receiver(call: Call, doc: Document) -> None:
    """Refuse a destination that cannot be paid, or not any more.

    Raises:
        errors.InvalidRequest: naming the parameter.
    """
    if doc["transfer_data"]:
        await check_destination(call, doc["transfer_data"]["destination"], param=DESTINATION)


def platform_of(call: Call, doc: Document, params: Document) -> str | None:
    """Return who gets the fee of a direct payment: the platform that asked for it, which may not be who takes the money."""
    known: str | None = doc[PRIVATE].get("platform")
    return call.caller.key_account if FEE in params and call.caller.acts_for_another else known


def with_platform(call: Call, charge: Stored, params: Document) -> Stored:
    """Stage who gets the fee that the capture of a direct charge asks for first, and return the charge."""
    platform = platform_of(call, charge.doc, params)
    if platform == charge.doc[PRIVATE].get("platform"):
        return charge
    return call.change(charge, {**charge.doc, PRIVATE: {**charge.doc[PRIVATE], "platform": platform}})


def in_newer_names(params: Document) -> Document:
    """Return parameters of a charge with those that have been renamed under the names of today.

    Raises:
        errors.ParameterRefused: both names were sent.
    """
    newer = dict(params)
    for old, new in (("application_fee", FEE), ("destination", "transfer_data")):
        if old not in newer:
            continue
        if new in newer:
            raise errors.parameters_exclusive(old, new)
        value = newer.pop(old)
        if old == "destination":
            value = {
                "destination": value["account"],
                **({"amount": value["amount"]} if "amount" in value else {}),
            }
        newer[new] = value
    return newer


def said_anew(call: Call, params: Document, doc: Document, most: int) -> Document:
    """Return what a capture or an increment says anew of a payment's shares, as fields of it.

    Args:
        call: the request.
        params: what was sent.
        doc: the intent or charge.
        most: how much is captured, or held from now on, in minor units.

    Raises:
        errors.ApiError: naming the parameter.
    """
    fields: Document = {}
    sent = params.get("transfer_data") or {}
    if FEE in params:
        fields[FEE] = params[FEE]
    if "amount" in sent:
        if not doc["transfer_data"]:
            raise errors.InvalidRequest(
                "This payment has no transfer_data[destination], so none of it can be transferred.",
                param="transfer_data",
            )
        if sent["amount"] > most:
            raise errors.InvalidRequest(
                "The transfer_data[amount] must be less than or equal to the amount of the payment.",
                param=TRANSFERRED,
            )
        fields["transfer_data"] = {**doc["transfer_data"], "amount": sent["amount"]}
    whole = {**doc, **fields}
    check_amounts(whole)
    check_fee(call, whole, params, "payment")
    return fields


def as_shown(shares: Document) -> Document:
    """Return fields of an intent as its charge has them."""
    data = shares.get("transfer_data")
    if data is None:
        return shares
    return {**shares, "transfer_data": {"amount": data.get("amount"), "destination": data["destination"]}}


# -- when money is taken ----------------------------------------------------------------------------------------------


def fee_detail(charge: Stored, amount: int) -> Document | None:
    """Return what `fee_details` say of a platform's fee on a direct charge of which `amount` is taken; None: there is none."""
    platform, fee = charge.doc[PRIVATE].get("platform"), _fee(charge, amount)
    if platform is None or charge.doc["transfer_data"] or not fee:
        return None
    return application_fees.detail(platform, fee, charge.doc["currency"])


def _fee(charge: Stored, amount: int) -> int:
    """A fee is never more than what is taken, and no part takes again what earlier ones took."""
    return min(part_shares.due(charge, FEE, charge.doc[FEE] or 0), amount)


async def pass_on(call: Call, charge: Stored, amount: int) -> Stored:
    """Stage the shares of what a charge has just brought into the balance, and return the charge that names them.

    The money of a payment whose destination was let go of stays with its platform.
    """
    if charge.doc["transfer_data"]:
        if await connections.is_living(call, charge.doc["transfer_data"]["destination"]):
            return await _transferred(call, charge, amount)
        return charge
    detail = fee_detail(charge, amount)
    if detail is None:
        return charge
    platform = await connections.of_platform(call, charge.doc[PRIVATE]["platform"])
    fee = application_fees.collect(
        platform,
        application_fees.new_id(),
        detail["amount"],
        charge.doc["currency"],
        account=call.caller.account,
        charge=charge.id,
        waits_until=await _waits_until(call, charge),
    )
    return call.change(charge, part_shares.with_made(charge.doc, "application_fee", fee.id, detail["amount"]))


async def _waits_until(call: Call, charge: Stored) -> int | None:
    booked = await call.find(BALANCE_TRANSACTION, charge.doc["balance_transaction"])
    assert booked is not None
    until: int | None = booked["pending_until"]
    return until


async def _transferred(call: Call, charge: Stored, taken: int) -> Stored:
    """Stage the transfer of a payment, and the fee that comes back of it."""
    asked: Document = charge.doc[PRIVATE]["transfer"]
    wished = charge.doc["transfer_data"]["amount"]
    amount = taken if wished is None else min(part_shares.due(charge, TRANSFERRED, wished), taken)
    if not amount:
        return charge
    fee, currency = _fee(charge, amount), charge.doc["currency"]
    fee_id = application_fees.new_id() if fee else None
    receiver = await call.on_account(charge.doc["transfer_data"]["destination"])
    transfer = await transfers.move(
        call,
        receiver,
        amount=amount,
        currency=currency,
        source=charge,
        group=charge["transfer_group"],
        notes={"description": asked.get("description"), "metadata": asked.get("metadata", {})},
        payment={
            **asked.get("payment_data", {}),
            "application_fee": fee_id,
            "application_fee_amount": fee or None,
        },
        fee_detail=application_fees.detail(call.caller.account, fee, currency) if fee else None,
        of_payment=True,
    )
    if fee_id is not None:
        application_fees.collect(
            call,
            fee_id,
            fee,
            currency,
            account=receiver.caller.account,
            charge=transfer.doc["destination_payment"],
            waits_until=await _waits_until(call, charge),
            originating=charge.id,
        )
    doc = part_shares.with_made(transfers.drawn(charge, amount), "transfer", transfer.id, amount)
    if fee_id is not None:
        doc = part_shares.with_made(doc, "application_fee", fee_id, fee)
    return call.change(charge, doc)


async def tell(call: Call, charge: Stored, before: Stored) -> None:
    """Stage the events of the shares that were made of a charge since it was as `before`."""
    if charge.doc.get("transfer") != before.doc.get("transfer"):
        transfer = await call.find(TRANSFER, charge.doc["transfer"])
        assert transfer is not None
        transfers.tell_created(call, transfer)
    if charge.doc["application_fee"] != before.doc["application_fee"]:
        platform = await _fee_home(call, charge)
        fee = await platform.find(APPLICATION_FEE, charge.doc["application_fee"])
        assert fee is not None
        platform.emit("application_fee.created", APPLICATION_FEE, fee)


async def _fee_home(call: Call, charge: Stored) -> Call:
    """Return a call that acts on the platform whose fee a charge names."""
    if charge.doc["transfer_data"]:
        return call
    return await connections.of_platform(call, charge.doc[PRIVATE]["platform"])


# -- when money is given back -----------------------------------------------------------------------------------------


async def check_returns(call: Call, charge: Stored, amount: int, params: Document) -> Document:
    """Return what a refund of an amount takes back with it, by the names of its parameters.

    Raises:
        errors.InvalidRequest: `charge_invalid_parameter`, there is nothing of the kind; or the account is gone.
    """
    wished = {name: bool(params.get(name)) for name in ("refund_application_fee", "reverse_transfer")}
    for name, is_wished in wished.items():
        if is_wished:
            part_shares.check_whole(charge, amount, name)
    if wished["reverse_transfer"]:
        await _check_reversible(call, charge)
    is_booked = charge.doc["balance_transaction"] is not None
    has_fee = charge.doc["application_fee"] if is_booked else charge.doc[FEE]
    if wished["refund_application_fee"] and not has_fee:
        raise _nothing_there("refund_application_fee", charge, "an application fee")
    is_direct = not charge.doc["transfer_data"]
    platform = charge.doc[PRIVATE].get("platform")
    if wished["refund_application_fee"] and is_direct and call.caller.key_account != platform:
        raise errors.InvalidRequest(
            "Only the platform that took an application fee can refund it.", param="refund_application_fee"
        )
    if wished["refund_application_fee"]:
        refunded = sum(one.doc["amount_refunded"] for one in await _fees_of(call, charge))
        part_shares.check_untouched(charge, refunded, "refund_application_fee")
    return wished


async def _check_reversible(call: Call, charge: Stored) -> None:
    if not charge.doc["transfer_data"]:
        raise _nothing_there("reverse_transfer", charge, "a transfer")
    if charge.doc.get("transfer") is None:
        if charge.doc["balance_transaction"] is not None:
            raise _nothing_there("reverse_transfer", charge, "a transfer")
        return
    if not await connections.is_living(call, charge.doc["transfer_data"]["destination"]):
        raise errors.resource_missing(
            "destination", charge.doc["transfer_data"]["destination"], param="reverse_transfer"
        )
    made = await _transfers_of(call, charge)
    part_shares.check_untouched(charge, sum(one.doc["amount_reversed"] for one in made), "reverse_transfer")
    if not any(map(transfer_reversals.left_of, made)):
        raise errors.InvalidRequest(
            f"Transfer {charge.doc['transfer']} is already fully reversed.",
            code="charge_invalid_parameter",
            param="reverse_transfer",
        )


def _nothing_there(param: str, charge: Stored, what: str) -> errors.InvalidRequest:
    return errors.InvalidRequest(
        f"Charge {charge.id} has no such thing as {what}, so {param} cannot be used.",
        code="charge_invalid_parameter",
        param=param,
    )


async def take_back(call: Call, charge: Stored, amount: int, wished: Document, refund: str) -> str | None:
    """Stage that a refund's parts of transfer and fee come back, and return the id of the reversal, if there is one.

    Args:
        call: the request.
        charge: what is refunded; its money is in the balance.
        amount: how much is given back, in minor units.
        wished: what `check_returns` returned.
        refund: the refund's id.
    """
    reversal = None
    if wished.get("reverse_transfer"):
        reversal = await _reversed(call, charge.id, amount, refund)
    if wished.get("refund_application_fee"):
        await _fee_given_back(call, charge.id, amount)
    return reversal


async def _reversed(call: Call, charge_id: str, amount: int, refund: str) -> str | None:
    charge = await _counted(call, charge_id, "transfer", amount)
    reversal = None
    for transfer in await _transfers_of(call, charge):
        if not await connections.is_living(call, transfer["destination"]):
            continue
        part = _part(charge, "transfer", transfer.doc["amount"], transfer.doc["amount_reversed"], amount)
        if part:
            reversal = (await transfer_reversals.reverse(call, transfer, part, refund=refund)).id
    return reversal


async def _fee_given_back(call: Call, charge_id: str, amount: int) -> None:
    charge = await _counted(call, charge_id, "fee", amount)
    platform = await _fee_home(call, charge)
    for fee in await _fees_of(call, charge):
        if not await connections.is_living(platform, fee.doc["account"]):
            continue
        part = _part(charge, "fee", fee.doc["amount"], fee.doc["amount_refunded"], amount)
        if part:
            await fee_refunds.give_back(platform, fee, part)


async def _transfers_of(call: Call, charge: Stored) -> list[Stored]:
    """Return the transfers of a charge, oldest first: one, or one of each part."""
    found = [await call.find(TRANSFER, one) for one in part_shares.ids_of(charge, "transfer")]
    return [one for one in found if one is not None]


async def _fees_of(call: Call, charge: Stored) -> list[Stored]:
    """Return the fees of a charge, oldest first: one, or one of each part."""
    platform = await _fee_home(call, charge)
    found = [
        await platform.find(APPLICATION_FEE, one) for one in part_shares.ids_of(charge, "application_fee")
    ]
    return [one for one in found if one is not None]


async def _counted(call: Call, charge_id: str, what: str, amount: int) -> Stored:
    """Stage that refunds of another `amount` took their part of a charge's transfer or fee."""
    charge = await call.find(CHARGE, charge_id)
    assert charge is not None
    counted: dict[str, Any] = charge.doc[PRIVATE].get(RETURNED, {})
    returned = {**counted, what: counted.get(what, 0) + amount}
    return call.change(charge, {**charge.doc, PRIVATE: {**charge.doc[PRIVATE], RETURNED: returned}})


def _part(charge: Stored, what: str, whole: int, given_before: int, amount: int) -> int:
    """Return what goes with a refund: the rest goes with the one that completes the charge, if all took their parts."""
    taken = charge.doc["amount_captured"]
    is_last = charge.doc[PRIVATE][RETURNED][what] == taken
    return share(whole, amount, taken, given_before=given_before, is_last=is_last)
