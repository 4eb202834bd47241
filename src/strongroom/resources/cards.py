"""A card as both faces of the API show it: `payment_method.card`, and the older `card` object of tokens and sources.

One shape is stored, the PaymentMethod's; the older one is derived from it. What the number itself says (brand, country,
test behaviour) is decided once, by the vault, when the number comes in.
"""

from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from strongroom import errors, ids
from strongroom.catalog import MagicNumber
from strongroom.domain import cards as rules
from strongroom.resources.call import Call
from strongroom.resources.fingerprints import fingerprint
from strongroom.resources.kind import Document
from strongroom.secret import Secret
from strongroom.vault.cards import TakenCard, take_card

CARD: Final = "card"
PRIVATE: Final = "_"
"""The key of a document under which lives what no answer shows."""

EMPTY_ADDRESS: Final[Document] = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))

# The older card's address fields, and where a PaymentMethod keeps them.
ADDRESS_FIELDS: Final = {
    "address_city": "city",
    "address_country": "country",
    "address_line1": "line1",
    "address_line2": "line2",
    "address_state": "state",
    "address_zip": "postal_code",
}


class CardMaterial(Struct, frozen=True):
    """A card that has just been taken in, or taken out of a token: all that an object about it is made from."""

    card: Document
    """`payment_method.card`, complete."""
    billing_details: Document
    record: str
    """Where the vault keeps the number."""
    fingerprint: str
    behaviour: str | None
    """What the sandbox acquirer does with it: a name in the catalogue."""
    cvc_given: bool
    zip_given: bool = False
    currency: str | None = None
    card_id: str = ""
    """The `card_…` id it had inside a token, which survives in sources."""

    @property
    def type(self) -> str:
        """The type of the PaymentMethod it becomes."""
        return "card"

    @property
    def details(self) -> Document:
        """The hash of that type."""
        return self.card

    def private(self) -> Document:
        """Return what the stored document keeps for itself."""
        return {
            "behaviour": self.behaviour,
            "currency": self.currency,
            "cvc_given": self.cvc_given,
            "zip_given": self.zip_given,
        }


async def take_in(
    call: Call, details: Document, *, code_owner: str, billing_details: Document, param: str = "card"
) -> CardMaterial:
    """Check a raw card, vault its number, hold its security code in memory, and describe it.

    Args:
        call: the request; its write set receives the vaulted record.
        details: `number`, `exp_month`, `exp_year`, and perhaps `cvc` and `networks`; secrets still wrapped.
        code_owner: the id of the token or PaymentMethod whose first validation uses the security code.
        billing_details: name and address that came with the card.
        param: the parameter that holds the card, for the `param` of errors.

    Raises:
        errors.CardError: the first thing wrong with the card.
        errors.ParameterRefused: number or expiry missing.
    """
    if not isinstance(details.get("number"), MagicNumber):
        _check_gate(call)
    for required in ("number", "exp_month", "exp_year"):
        if details.get(required) in (None, ""):
            raise errors.parameter_missing(f"{param}[{required}]")
    code: Secret[str] | None = details.get("cvc") or None
    taken = take_card(
        details["number"],
        details["exp_month"],
        details["exp_year"],
        code,
        livemode=call.caller.livemode,
        now=call.now,
    )
    record = _vault_number(call, taken)
    if code is not None and taken.cvc_given:
        call.hold_code(code_owner, code)
    mark = await fingerprint(call, "card", taken.canonical)
    preferred = (details.get("networks") or {}).get("preferred")
    return CardMaterial(
        card=describe(taken, mark, preferred, billing_details),
        billing_details=billing_details,
        record=record,
        fingerprint=mark,
        behaviour=_behaviour(call, taken),
        cvc_given=taken.cvc_given,
        zip_given=bool(billing_details["address"]["postal_code"]),
        currency=details.get("currency") or None,
    )


def _check_gate(call: Call) -> None:
    """A server should not see card numbers; where it may send them all the same is the operator's choice."""
    allowed = call.settings.raw_card_data
    if call.caller.is_client or allowed == "on" or (allowed == "test_only" and not call.caller.livemode):
        return
    raise errors.RawCardRefused(
        "Sending credit card numbers directly to the API is generally unsafe. Collect them in the browser with your "
        "publishable key, or start the server with --raw-card-data on."
    )


def _vault_number(call: Call, taken: TakenCard) -> str:
    record = ids.new("rec")
    sealed = call.keyring.seal_record("card", record, taken.canonical)
    call.stage_record(record, "card", sealed)
    return record


def _behaviour(call: Call, taken: TakenCard) -> str | None:
    """In test mode a number that is no test number is refused by the acquirer, as a real one would refuse a test card."""
    if not call.caller.livemode and not taken.facts.is_test_number:
        return "test_mode_live_card"
    return taken.facts.behaviour


def describe(taken: TakenCard, mark: str, preferred: str | None, billing_details: Document) -> Document:
    """Return `payment_method.card` for a card nobody has validated yet."""
    facts = taken.facts
    chosen = rules.preferred_network(preferred, facts.networks) if preferred else None
    return {
        "brand": facts.brand,
        "checks": _unasked_checks(billing_details, cvc_given=taken.cvc_given),
        "country": facts.country,
        "display_brand": rules.display_brand(facts.brand, chosen, facts.networks),
        "exp_month": taken.exp_month,
        "exp_year": taken.exp_year,
        "fingerprint": mark,
        "funding": facts.funding,
        "generated_from": None,
        "last4": facts.last4,
        "networks": {"available": list(facts.networks), "preferred": chosen},
        "regulated_status": facts.regulated_status,
        "three_d_secure_usage": {"supported": facts.three_d_secure_supported},
        "wallet": None,
    }


def _unasked_checks(billing_details: Document, *, cvc_given: bool) -> Document:
    address = billing_details["address"]
    return {
        "address_line1_check": "unchecked" if address["line1"] else None,
        "address_postal_code_check": "unchecked" if address["postal_code"] else None,
        "cvc_check": "unchecked" if cvc_given else None,
    }


def billing_of_raw_card(details: Document) -> Document:
    """Return the billing details that the older card parameters (`address_zip`, `name`, …) stand for."""
    address = {new: details.get(old) or None for old, new in ADDRESS_FIELDS.items()}
    return {
        "address": address,
        "email": None,
        "name": details.get("name") or None,
        "phone": None,
        "tax_id": None,
    }


def legacy_card(
    card_id: str, card: Document, billing_details: Document, *, currency: str | None = None, **more: Any
) -> Document:
    """Return the older `card` object for a card stored as a PaymentMethod's."""
    address, checks = billing_details["address"], card["checks"]
    shown: Document = {
        "id": card_id,
        "object": "card",
        **{old: address[new] for old, new in ADDRESS_FIELDS.items()},
        "address_line1_check": checks["address_line1_check"],
        "address_zip_check": checks["address_postal_code_check"],
        "allow_redisplay": "unspecified",
        "brand": rules.legacy_brand(card["brand"]),
        "country": card["country"],
        "cvc_check": checks["cvc_check"],
        "dynamic_last4": None,
        "exp_month": card["exp_month"],
        "exp_year": card["exp_year"],
        "fingerprint": card["fingerprint"],
        "funding": card["funding"],
        "last4": card["last4"],
        "metadata": {},
        "name": billing_details["name"],
        "networks": {"preferred": card["networks"]["preferred"]},
        "regulated_status": card["regulated_status"],
        "tokenization_method": None,
        "wallet": None,
        **more,
    }
    if currency is not None:
        shown["currency"] = currency.lower()
    return shown


def source_card(card: Document, billing_details: Document) -> Document:
    """Return the `card` hash of a `source` object for a card stored as a PaymentMethod's."""
    checks, supported = card["checks"], card["three_d_secure_usage"]["supported"]
    same = ("country", "exp_month", "exp_year", "fingerprint", "funding", "last4")
    return {
        **{name: card[name] for name in same},
        "address_line1_check": checks["address_line1_check"],
        "address_zip_check": checks["address_postal_code_check"],
        "brand": rules.legacy_brand(card["brand"]),
        "cvc_check": checks["cvc_check"],
        "dynamic_last4": None,
        "name": billing_details["name"],
        "three_d_secure": "optional" if supported else "not_supported",
        "tokenization_method": None,
    }


def with_card_id(material: CardMaterial, card_id: str) -> CardMaterial:
    """Return the same card under the id its older form will have."""
    return replace(material, card_id=card_id)


def with_record(material: CardMaterial, record: str) -> CardMaterial:
    """Return the same card with its number kept elsewhere: beside another account's things."""
    return replace(material, record=record)


def with_zip_given(material: CardMaterial, *, given: bool) -> CardMaterial:
    """Return the same card, as the acquirer sees it when a magic name counts as sent with a postal code."""
    return replace(material, zip_given=material.zip_given or given)


def with_billing_details(material: CardMaterial, override: Document) -> CardMaterial:
    """Return the same card with the billing details of the request, completed from those that came with the card."""
    came_with = material.billing_details
    address = {key: override["address"][key] or came_with["address"][key] for key in EMPTY_ADDRESS}
    merged = {key: override[key] or came_with[key] for key in ("email", "name", "phone", "tax_id")}
    checks = _unasked_checks({"address": address}, cvc_given=material.cvc_given)
    return replace(
        material, billing_details={"address": address, **merged}, card={**material.card, "checks": checks}
    )


def with_preferred_network(material: CardMaterial, requested: str) -> CardMaterial:
    """Return the same card with the network its holder prefers."""
    card = material.card
    available = tuple(card["networks"]["available"])
    preferred = rules.preferred_network(requested, available)
    chosen = {
        "networks": {**card["networks"], "preferred": preferred},
        "display_brand": rules.display_brand(card["brand"], preferred, available),
    }
    return replace(material, card={**card, **chosen})
