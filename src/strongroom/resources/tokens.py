"""Tokens: a card, a bank account, an id number, somebody's data or a security code, handed over once and spent once.

    POST /v1/tokens            create
    GET  /v1/tokens/{token}    retrieve

A token is spent in the write set of what it is spent on (`spend`), guarded by the version at which it was read: of any
number of requests that spend it at once, one commits. There are no events about tokens, no list and no update.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from strongroom import catalog, errors, ids
from strongroom.resources import bank_accounts, cards, records
from strongroom.resources.bank_accounts import BankMaterial
from strongroom.resources.call import Call
from strongroom.resources.caller import KeyKind
from strongroom.resources.cards import PRIVATE, CardMaterial
from strongroom.resources.kind import Document, Kind, Stored
from strongroom.resources.registry import PUBLISHABLE_TOO, handles, register_kind
from strongroom.secret import Secret
from strongroom.vault.cards import check_security_code
from strongroom.vault.identity import PERSONAL, token_id_in
from strongroom.vault.payload import pack, unpack

# In the order in which the API reference lists them; a second one is named in the refusal.
SOURCES: Final = ("card", "bank_account", "pii", "account", "person", "cvc_update")


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
    given = [source for source in SOURCES if isinstance(params.get(source), dict)]
    if "customer" in params and given and not _names_payment_method(params):
        raise errors.parameters_exclusive("customer", given[0])
    if isinstance(params.get("card"), str) and given:
        raise errors.parameters_exclusive("card", given[0])
    if isinstance(params.get("card"), str) or ("customer" in params and not given):
        return view(await _clone(call, params))
    if not given:
        raise errors.ParameterRefused(
            "You must supply either a card, customer, PII data, bank account, account, person or CVC to create a token."
        )
    if len(given) > 1:
        raise errors.parameters_exclusive(given[0], given[1])
    if _names_payment_method(params):
        return view(await _of_payment_method(call, params["bank_account"], params.get("customer")))
    return view(await _MAKERS[given[0]](call, params[given[0]]))


def _names_payment_method(params: Document) -> bool:
    return "payment_method" in (params.get("bank_account") or {})


async def _clone(call: Call, params: Document) -> Stored:
    from strongroom.resources import clones

    return await clones.card_token(call, params)


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
    return insert(call, token_id, "card", material.record, {PRIVATE: private})


async def _from_bank_account(call: Call, details: Document) -> Stored:
    for required in ("account_number", "country"):
        if required not in details:
            raise errors.parameter_missing(f"bank_account[{required}]")
        if details[required] == "":
            raise errors.parameter_empty(f"bank_account[{required}]")
    taken = await bank_accounts.take_in(call, details, param="bank_account")
    extra = {"bank_account": taken.shown, PRIVATE: {"behaviour": taken.behaviour}}
    return insert(call, ids.new("btok"), "bank_account", taken.record, extra)


async def _of_payment_method(call: Call, details: Document, customer: str | None) -> Stored:
    from strongroom.resources import bank_tokens

    others = sorted(details.keys() - {"payment_method"})
    if others:
        raise errors.parameters_exclusive(f"bank_account[{others[0]}]", "bank_account[payment_method]")
    return await bank_tokens.of_method(call, details["payment_method"], customer)


async def _from_pii(call: Call, details: Document) -> Stored:
    number: Secret[str] | str | None = details.get("id_number") or details.get("personal_id_number")
    if not isinstance(number, Secret):
        raise errors.parameter_missing("pii[id_number]")
    record = ids.new("rec")
    call.stage_record(record, "id_number", call.keyring.seal_record("id_number", record, number))
    return insert(call, ids.new("pii"), "pii", record, {})


async def _from_security_code(call: Call, details: Document) -> Stored:
    code: Secret[str] = details["cvc"]
    digits = check_security_code(code)
    token_id = ids.new("cvctok")
    call.hold_code(token_id, code)
    return insert(call, token_id, "cvc_update", None, {PRIVATE: {"digits": digits}})


async def _from_account(call: Call, details: Document) -> Stored:
    _check_key_for_data(call, "account")
    individual = details.get("individual")
    if individual:
        details = {**details, "individual": await _with_numbers(call, individual, "account[individual]")}
    return _insert_payload(call, ids.new("ct"), "account", details)


async def _from_person(call: Call, details: Document) -> Stored:
    _check_key_for_data(call, "person")
    return _insert_payload(call, ids.new("cpt"), "person", await _with_numbers(call, details, "person"))


def _check_key_for_data(call: Call, kind: str) -> None:
    """In live mode such data goes from the browser straight to us: no server is to send it (inferred shape)."""
    if call.caller.livemode and call.caller.kind is not KeyKind.PUBLISHABLE:
        raise errors.InvalidRequest(
            f"In live mode, {kind} tokens can only be created with your publishable API key."
        )


async def _with_numbers(call: Call, details: Document, root: str) -> Document:
    """Return a person's parameters with the number in the place of each PII token, which is spent."""
    numbers = {
        name: await number_behind(call, None, details[name], param=f"{root}[{name}]")
        for name in PERSONAL
        if details.get(name)
    }
    return {**details, **numbers}


def _insert_payload(call: Call, token_id: str, kind: str, details: Document) -> Stored:
    """Stage a token whose parameters are vaulted whole, with when and from where they came."""
    origin = {"date": call.now, "ip": call.origin.client_ip, "user_agent": call.origin.user_agent}
    record = ids.new("rec")
    packed = pack({"params": details, "origin": origin})
    call.stage_record(record, kind, call.keyring.seal_record(kind, record, packed))
    return insert(call, token_id, kind, record, {})


_MAKERS: Final[dict[str, Callable[[Call, Document], Awaitable[Stored]]]] = {
    "card": _from_card,
    "bank_account": _from_bank_account,
    "pii": _from_pii,
    "account": _from_account,
    "person": _from_person,
    "cvc_update": _from_security_code,
}


def insert(call: Call, token_id: str, kind: str, record: str | None, extra: Document) -> Stored:
    """Stage a token.

    Args:
        call: the request.
        token_id: its id.
        kind: its `type`.
        record: where the vault keeps what it stands for, if it does.
        extra: what its document has besides what every token has.
    """
    doc = {
        "id": token_id,
        "object": "token",
        "client_ip": call.origin.client_ip,
        "created": call.now,
        "livemode": call.caller.livemode,
        "type": kind,
        **extra,
    }
    expires_at = call.now + call.settings.token_lifetime
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
    """Mark a token of one of `kinds` as used, valid only if no other request does so first.

    Raises:
        errors.InvalidRequest: no such token, another kind of token, or one that was spent before.
    """
    if _is_magic(call, token_id):
        raise _wrong_kind(token_id, param)
    token = await call.load(TOKEN, token_id, param=param)
    if _is_expired(call, token):
        raise await call.missing(TOKEN, token_id, param=param)
    if token["kind"] not in kinds:
        raise _wrong_kind(token_id, param)
    if token["used_at"] is not None:
        raise errors.token_already_used(token_id)
    return call.change(token, used_at=call.now)


async def owner_of(call: Call, platform: Call | None, token_id: str) -> Call:
    """Return the call of the account that a token belongs to: on an account's routes its own or its platform's."""
    if platform is None or _is_magic(call, token_id):
        return call
    return platform if await call.find(TOKEN, token_id) is None else call


def _is_magic(call: Call, token_id: str) -> bool:
    return not call.caller.livemode and catalog.magic_token(token_id) is not None


async def number_behind(call: Call, platform: Call | None, number: Secret[str], *, param: str) -> Secret[str]:
    """Return an id number, or the one that the PII token in its place holds; the token is spent.

    Args:
        call: acts on the account whose number it is.
        platform: the call that acts on the platform, if its tokens may be spent as well.
        number: what was sent.
        param: the parameter it was sent in.

    Raises:
        errors.InvalidRequest: see `spend`.
    """
    token_id = token_id_in(number)
    if token_id is None:
        return number
    owner = await owner_of(call, platform, token_id)
    token = await spend(owner, token_id, kinds=("pii",), param=param)
    return await records.take(owner, token, "id_number")


@dataclass(frozen=True, slots=True)
class Payload:
    """What an account or person token holds."""

    params: Document
    """As they were sent; numbers wrapped."""
    origin: Document
    """`date`, `ip` and `user_agent` of the request that made the token."""


async def spend_payload(call: Call, platform: Call, token_id: str, *, kind: str, param: str) -> Payload:
    """Spend an account or person token, of the account or of its platform, and return what it holds.

    The vaulted payload is erased with the same commit.

    Raises:
        errors.InvalidRequest: see `spend`.
    """
    owner = await owner_of(call, platform, token_id)
    token = await spend(owner, token_id, kinds=(kind,), param=param)
    held = unpack(await records.take(owner, token, kind))
    return Payload(held["params"], held["origin"])


def _wrong_kind(token_id: str, param: str) -> errors.InvalidRequest:
    return errors.InvalidRequest(f"The token '{errors.echo(token_id)}' cannot be used here.", param=param)


async def _magic_material(call: Call, magic: catalog.MagicCard) -> CardMaterial:
    details = magic.details(call.now)
    billing = cards.billing_of_raw_card(details)
    owner = ids.new("card")
    material = await cards.take_in(call, details, code_owner=owner, billing_details=billing)
    return cards.with_card_id(cards.with_zip_given(material, given=magic.zip_given), owner)
