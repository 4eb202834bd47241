"""Tokens: a card, a bank account, an id number or a security code, handed over once and spent once.

    POST /v1/tokens            create
    GET  /v1/tokens/{token}    retrieve

A token is spent in the write set of what it is spent on (`spend`), guarded by the version at which it was read: of any
number of requests that spend it at once, one commits. There are no events about tokens, no list and no update.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from strongroom import catalog, errors, ids, limits
from strongroom.resources import bank_accounts, cards
from strongroom.resources.bank_accounts import BankMaterial
from strongroom.resources.call import Call
from strongroom.resources.caller import KeyKind
from strongroom.resources.cards import PRIVATE, CardMaterial
from strongroom.resources.kind import Document, Kind, Stored
from strongroom.resources.registry import PUBLISHABLE_TOO, handles, register_kind
from strongroom.secret import Secret
from strongroom.vault.cards import check_security_code

# In the order in which the API reference lists them; a second one is named in the refusal.
SOURCES: Final = ("card", "bank_account", "pii", "account", "person", "cvc_update")
NOT_YET: Final = frozenset({"account", "person"})


def view(token: Stored) -> Document:
    """Return the token's fields; the nested card or bank account is written out from what is stored."""
    doc = {key: value for key, value in token.doc.items() if key != PRIVATE}
    doc["used"] = token["used_at"] is not None
    if doc["type"] == "card":
        inside = token.doc[PRIVATE]
        doc["card"] = cards.legacy_card(
            inside["card_id"], inside["card"], inside["billing_details"], currency=inside["currency"]
        )
    else:
        doc["redaction"] = None
    return doc


TOKEN = register_kind(Kind("token", "tokens", "tok", "token", "token", view))


# -- create -----------------------------------------------------------------------------------------------------------


@handles("POST /v1/tokens", permission="token", allow=PUBLISHABLE_TOO)
async def create(call: Call, params: Document) -> Document:
    """Make a single-use token from exactly one kind of sensitive detail."""
    given = [source for source in SOURCES if source in params]
    if "customer" in params or isinstance(params.get("card"), str):
        raise _cannot_clone(call, params)
    if not given:
        raise errors.ParameterRefused(
            "You must supply either a card, customer, PII data, bank account, account, person or CVC to create a token."
        )
    if len(given) > 1:
        raise errors.parameters_exclusive(given[0], given[1])
    if given[0] in NOT_YET:
        raise errors.not_implemented(f"POST /v1/tokens with `{given[0]}`")
    return view(await _MAKERS[given[0]](call, params[given[0]]))


def _cannot_clone(call: Call, params: Document) -> errors.ApiError:
    if call.caller.kind is KeyKind.PUBLISHABLE:
        return errors.secret_key_required()
    if "customer" not in params:
        return errors.ParameterRefused("The card's id needs its customer beside it.", param="card")
    return errors.InvalidRequest(
        "You can only create a token from a customer with the Stripe-Account header of a connected account.",
        param="customer",
    )


async def _from_card(call: Call, details: Document) -> Stored:
    token_id = ids.new("tok")
    billing = cards.billing_of_raw_card(details)
    material = await cards.take_in(call, details, code_owner=token_id, billing_details=billing)
    private = {
        **material.private(),
        "card": material.card,
        "billing_details": material.billing_details,
        "card_id": ids.new("card"),
    }
    return _insert(call, token_id, "card", material.record, {PRIVATE: private})


async def _from_bank_account(call: Call, details: Document) -> Stored:
    if "payment_method" in details:
        raise errors.parameters_exclusive("bank_account[account_number]", "bank_account[payment_method]")
    taken = await bank_accounts.take_in(call, details, param="bank_account")
    extra = {"bank_account": taken.shown, PRIVATE: {"behaviour": taken.behaviour}}
    return _insert(call, ids.new("btok"), "bank_account", taken.record, extra)


async def _from_pii(call: Call, details: Document) -> Stored:
    number: Secret[str] | str | None = details.get("id_number") or details.get("personal_id_number")
    if not isinstance(number, Secret):
        raise errors.parameter_missing("pii[id_number]")
    record = ids.new("rec")
    call.stage_record(record, "id_number", call.keyring.seal_record("id_number", record, number))
    return _insert(call, ids.new("pii"), "pii", record, {})


async def _from_security_code(call: Call, details: Document) -> Stored:
    code: Secret[str] = details["cvc"]
    check_security_code(code)
    token_id = ids.new("cvctok")
    call.hold_code(token_id, code)
    return _insert(call, token_id, "cvc_update", None, {})


_MAKERS: Final[dict[str, Callable[[Call, Document], Awaitable[Stored]]]] = {
    "card": _from_card,
    "bank_account": _from_bank_account,
    "pii": _from_pii,
    "cvc_update": _from_security_code,
}


def _insert(call: Call, token_id: str, kind: str, record: str | None, extra: Document) -> Stored:
    doc = {
        "id": token_id,
        "object": "token",
        "client_ip": call.origin.client_ip,
        "created": call.now,
        "livemode": call.caller.livemode,
        "type": kind,
        **extra,
    }
    expires_at = call.now + limits.TOKEN_SECONDS
    return call.insert(
        TOKEN, doc, object_id=token_id, kind=kind, used_at=None, expires_at=expires_at, record=record
    )


# -- retrieve ---------------------------------------------------------------------------------------------------------


@handles("GET /v1/tokens/{token}", permission="token")
async def retrieve(call: Call, params: Document, *, token: str) -> Document:
    """Show a token, spent or not. It is not spent by being looked at."""
    magic = catalog.magic_token(token) if not call.caller.livemode else None
    if magic is not None:
        return view(await _mint(call, magic))
    stored = await call.load(TOKEN, token, param="token", in_path=True)
    if _is_expired(call, stored):
        raise await call.missing(TOKEN, token, param="token", in_path=True)
    return view(stored)


async def _mint(call: Call, magic: Any) -> Stored:
    """A magic name stands for a token that was never made; looking at it makes one."""
    if isinstance(magic, catalog.MagicBank):
        return await _from_bank_account(call, magic.details())
    return await _from_card(call, magic.details(call.now))


def _is_expired(call: Call, token: Stored) -> bool:
    return token["used_at"] is None and token["expires_at"] <= call.now


# -- spending ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Spent:
    """A card token that this call spends."""

    material: CardMaterial
    code_owner: str
    """The id under which its security code is held."""


async def spend_card(call: Call, token_id: str, *, param: str) -> Spent:
    """Spend a card token on what this call makes, and return its card.

    Raises:
        errors.InvalidRequest: no such token, another kind of token, or one that was spent before.
    """
    magic = None if call.caller.livemode else catalog.magic_token(token_id)
    if isinstance(magic, catalog.MagicBank):
        raise _wrong_kind(token_id, param)
    if magic is not None:
        material = await _magic_material(call, magic)
        return Spent(material, material.card_id)
    token = await spend(call, token_id, kinds=("card",), param=param)
    inside = token.doc[PRIVATE]
    return Spent(
        CardMaterial(
            card=inside["card"],
            billing_details=inside["billing_details"],
            record=token["record"],
            fingerprint=inside["card"]["fingerprint"],
            behaviour=inside["behaviour"],
            cvc_given=inside["cvc_given"],
            zip_given=inside["zip_given"],
            currency=inside["currency"],
            card_id=inside["card_id"],
        ),
        token.id,
    )


async def spend_bank(call: Call, token_id: str, *, param: str) -> BankMaterial:
    """Spend a bank account token on what this call makes, and return its account. A magic name's is verified.

    Raises:
        errors.InvalidRequest: no such token, another kind of token, or one that was spent before.
    """
    magic = None if call.caller.livemode else catalog.magic_token(token_id)
    if isinstance(magic, catalog.MagicBank):
        taken = await bank_accounts.take_in(call, magic.details(), param=param)
        return replace(taken, shown={**taken.shown, "status": "verified"})
    token = await spend(call, token_id, kinds=("bank_account",), param=param)
    return BankMaterial(token.doc["bank_account"], token["record"], token.doc[PRIVATE]["behaviour"])


async def spend(call: Call, token_id: str, *, kinds: tuple[str, ...], param: str) -> Stored:
    """Mark a token of one of `kinds` as used, valid only if no other request does so first."""
    token = await call.load(TOKEN, token_id, param=param)
    if _is_expired(call, token):
        raise await call.missing(TOKEN, token_id, param=param)
    if token["kind"] not in kinds:
        raise _wrong_kind(token_id, param)
    if token["used_at"] is not None:
        raise already_used(token_id)
    return call.change(token, used_at=call.now)


def already_used(token_id: str) -> errors.InvalidRequest:
    """Return the refusal of a token's second use."""
    return errors.InvalidRequest(
        f"You cannot use a Stripe token more than once: {errors.echo(token_id)}.",
        code="token_already_used",
    )


def _wrong_kind(token_id: str, param: str) -> errors.InvalidRequest:
    return errors.InvalidRequest(f"The token '{errors.echo(token_id)}' cannot be used here.", param=param)


async def _magic_material(call: Call, magic: catalog.MagicCard) -> CardMaterial:
    details = magic.details(call.now)
    billing = cards.billing_of_raw_card(details)
    owner = ids.new("card")
    material = await cards.take_in(call, details, code_owner=owner, billing_details=billing)
    return cards.with_card_id(cards.with_zip_given(material, given=magic.zip_given), owner)
