"""The shares of a payment that is taken in parts: each part has a transfer and a fee of its own.

What a capture says of its shares is meant for that part alone, and every later one has to say it too. What was said before,
with the payment, is meant for the whole of it: each part takes what earlier ones left (inferred). Refunds take shares back
only together with all that is left of the payment, and not once some were taken back by hand. From the documentation of
multicapture.
"""

from typing import Any, Final

from strongroom import errors
from strongroom.resources.cards import PRIVATE
from strongroom.resources.kind import Document, Stored

SAID: Final = "shares_said"
"""The parameters by which captures have said their shares, in a charge's document."""
MADE: Final = "shares_made"
"""What was made of a charge, by kind: the ids, oldest first, and their sum in minor units; in its document."""
KINDS: Final = {"application_fee_amount": "application_fee", "transfer_data[amount]": "transfer"}


# -- captures ---------------------------------------------------------------------------------------------------------


def said_by(params: Document) -> list[str]:
    """Return the names of the parameters by which a capture says its shares."""
    sent = {
        "application_fee_amount": "application_fee_amount" in params,
        "transfer_data[amount]": "amount" in (params.get("transfer_data") or {}),
    }
    return [name for name, is_sent in sent.items() if is_sent]


def check_said(charge: Stored, params: Document) -> None:
    """Refuse a capture that is silent about shares which an earlier one has said.

    Raises:
        errors.ParameterRefused: `parameter_missing`, naming the parameter.
    """
    said = said_by(params)
    for name in charge.doc[PRIVATE].get(SAID, ()):
        if name not in said:
            raise errors.parameter_missing(name)


def saying(charge: Stored, said: list[str]) -> Document:
    """Return a charge's document once a capture has said its shares."""
    if not said:
        return charge.doc
    names = sorted({*charge.doc[PRIVATE].get(SAID, ()), *said})
    return {**charge.doc, PRIVATE: {**charge.doc[PRIVATE], SAID: names}}


def due(charge: Stored, name: str, amount: int) -> int:
    """Return how much of a share is still to be taken, in minor units.

    Args:
        charge: a part of it was just taken.
        name: of the parameter that says the share.
        amount: what it says.
    """
    if name in charge.doc[PRIVATE].get(SAID, ()):
        return amount
    before: int = _made(charge, KINDS[name])["sum"]
    return max(0, amount - before)


def with_made(doc: Document, kind: str, made_id: str, amount: int) -> Document:
    """Return a charge's document, which names what was made of it last, with another transfer or fee."""
    made: Document = doc[PRIVATE].get(MADE, {})
    known = made.get(kind, {"ids": [], "sum": 0})
    made = {**made, kind: {"ids": [*known["ids"], made_id], "sum": known["sum"] + amount}}
    return {**doc, kind: made_id, PRIVATE: {**doc[PRIVATE], MADE: made}}


def ids_of(charge: Stored, kind: str) -> list[str]:
    """Return the ids of the transfers or fees of a charge, oldest first; older charges name their only one."""
    made: list[str] = _made(charge, kind)["ids"]
    only = charge.doc.get(kind)
    return made or ([] if only is None else [only])


def _made(charge: Stored, kind: str) -> dict[str, Any]:
    made: dict[str, Any] = charge.doc[PRIVATE].get(MADE, {}).get(kind, {"ids": [], "sum": 0})
    return made


# -- refunds ----------------------------------------------------------------------------------------------------------


def is_in_parts(charge: Stored) -> bool:
    """Return whether a charge was captured more than once."""
    captures: int = charge.doc[PRIVATE].get("captures", 0)
    return captures > 1


def check_whole(charge: Stored, amount: int, param: str) -> None:
    """Refuse to take shares back with less than all that is left of a charge in parts.

    Raises:
        errors.InvalidRequest: `charge_invalid_parameter`.
    """
    if is_in_parts(charge) and amount < charge.doc["amount"] - charge.doc["amount_refunded"]:
        raise errors.InvalidRequest(
            f"Charge {charge.id} was captured more than once, so {param} can only be used when all that is left of it is "
            "refunded.",
            code="charge_invalid_parameter",
            param=param,
        )


def check_untouched(charge: Stored, taken_back: int, param: str) -> None:
    """Refuse to take shares back of a charge in parts of which some were taken back already.

    Args:
        charge: to be refunded.
        taken_back: how much of its transfers, or of its fees, in minor units.
        param: by which the refund asks for them.

    Raises:
        errors.InvalidRequest: `charge_invalid_parameter`.
    """
    if is_in_parts(charge) and taken_back:
        raise errors.InvalidRequest(
            f"Charge {charge.id} was captured more than once, and some of what {param} takes back was taken back already.",
            code="charge_invalid_parameter",
            param=param,
        )
