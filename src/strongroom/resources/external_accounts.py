"""External accounts: the bank accounts and debit cards a connected account is paid out to.

    POST   /v1/accounts/{account}/external_accounts         create
    GET    /v1/accounts/{account}/external_accounts         list
    GET    /v1/accounts/{account}/external_accounts/{id}    retrieve
    POST   /v1/accounts/{account}/external_accounts/{id}    update
    DELETE /v1/accounts/{account}/external_accounts/{id}    delete

The older path `/bank_accounts` means the same. Each currency has one default. Here a new one is the default if it is the first of its currency or is asked to be; the
`external_account` of the account itself takes the place of the default, which is deleted.
"""

from dataclasses import dataclass
from typing import Any, Final

from strongroom import catalog, errors, ids
from strongroom.catalog.behaviours import behaviour
from strongroom.domain import ownership
from strongroom.domain.cards import check_expiry
from strongroom.resources import account_forms as forms
from strongroom.resources import account_views as views
from strongroom.resources import accounts_access as access
from strongroom.resources import bank_accounts, cards, documents, records, tokens
from strongroom.resources.account_parts import EXTERNAL_ACCOUNT, Part, Whole, load
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.changes import merge_metadata
from strongroom.resources.connections import acting_on
from strongroom.resources.kind import Document, Listing
from strongroom.resources.registry import handles
from strongroom.store import Filter

PARAM: Final = "external_account"
PERMISSION: Final = "external_account"
PAYOUT_FUNDING: Final = "debit"
OF_BANKS: Final = ("account_holder_name", "account_holder_type", "account_type")
DOCUMENTS: Final = "documents"
OF_CARDS: Final = (*cards.ADDRESS_FIELDS, "name")
INSTANT_COUNTRY: Final = "US"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where money could go: all that an external account is made from."""

    shown: Document
    """The object without what only an external account has."""
    record: str
    currency: str
    behaviour: str | None
    is_instant: bool


# -- create -----------------------------------------------------------------------------------------------------------


@handles("POST /v1/accounts/{account}/external_accounts", permission=PERMISSION)
@handles("POST /v1/accounts/{account}/bank_accounts", permission=PERMISSION)
async def create(call: Call, params: Document, *, account: str) -> Document:
    """Add an external account: from a token, or from a bank account or card sent along."""
    whole = await load(await acting_on(call, account))
    access.check_may_write_payouts(whole)
    given = params[PARAM]
    destination = await take_in(whole, await access.platform_of(call), given)
    part = _insert(whole, destination, _metadata(given, params))
    has_default = any(_is_default(one, part.columns["currency"]) for one in whole.living_externals())
    whole.externals = {part.id: part, **whole.externals}
    if params.get("default_for_currency") or not has_default:
        _make_default(whole, part)
    whole.save()
    return views.public(part.doc)


async def take_the_place(whole: Whole, platform: Call, given: Document | str) -> None:
    """Make what is given the default of its currency, in the place of the one there is, which is deleted."""
    destination = await take_in(whole, platform, given)
    for old in whole.living_externals():
        if _is_default(old, destination.currency):
            await _remove(whole, old)
    part = _insert(whole, destination, _metadata(given, {}))
    whole.externals = {part.id: part, **whole.externals}
    _make_default(whole, part)


async def drop_all(whole: Whole) -> None:
    """Take every external account away, and erase the numbers."""
    for part in whole.living_externals():
        await _remove(whole, part)


async def _remove(whole: Whole, part: Part) -> None:
    part.removed = True
    await whole.call.erase_record(part.columns["record"])


def _metadata(given: Document | str, params: Document) -> dict[str, str]:
    inside = given.get("metadata") if isinstance(given, dict) else None
    return merge_metadata({}, params.get("metadata") or inside)


def _is_default(part: Part, currency: str) -> bool:
    return bool(part.columns["default_for_currency"]) and part.columns["currency"] == currency


def _make_default(whole: Whole, chosen: Part) -> None:
    for part in whole.living_externals():
        if part.columns["currency"] == chosen.columns["currency"]:
            _set_default(part, is_default=part is chosen)


def _set_default(part: Part, *, is_default: bool) -> None:
    part.columns = {**part.columns, "default_for_currency": is_default}
    part.doc = {**part.doc, "default_for_currency": is_default}


def _insert(whole: Whole, destination: Destination, metadata: dict[str, str]) -> Part:
    shown = destination.shown
    doc = {
        **shown,
        "account": whole.account.id,
        "available_payout_methods": ["standard", "instant"] if destination.is_instant else ["standard"],
        "currency": destination.currency,
        "default_for_currency": False,
        "metadata": metadata,
        "status": "new",
        PRIVATE: {"behaviour": destination.behaviour, "checks": _checks_of_number(destination.behaviour)},
    }
    if shown["object"] == "bank_account":
        doc |= {"future_requirements": _nothing_due(), "requirements": _nothing_due()}
    columns = {
        "created": whole.call.now,
        "object": shown["object"],
        "currency": destination.currency,
        "default_for_currency": False,
        "record": destination.record,
        "fingerprint": shown["fingerprint"],
    }
    return Part(shown["id"], doc, columns)


def _checks_of_number(outcome: str | None) -> Document:
    found = ownership.check_of_number(outcome)
    return {} if found is None else {ownership.FIELD: found.as_document()}


def _nothing_due() -> Document:
    return {"currently_due": [], "errors": [], "past_due": [], "pending_verification": []}


# -- taking in --------------------------------------------------------------------------------------------------------


async def take_in(whole: Whole, platform: Call, given: Document | str) -> Destination:
    """Return where money is to go: what a token holds, which is spent, or what was sent along.

    Raises:
        errors.InvalidRequest: the first thing wrong; `invalid_card_type` for a card that is not a debit card.
    """
    if isinstance(given, str):
        return await _from_token(whole, platform, given, None, PARAM)
    if "token" in given:
        return await _from_token(whole, platform, given["token"], given.get("currency"), f"{PARAM}[token]")
    if given["object"] == "bank_account":
        if not given.get("country"):
            raise errors.parameter_missing(f"{PARAM}[country]")
        return _of_bank(await bank_accounts.take_in(whole.call, given, param=PARAM))
    card_id = ids.new("card")
    billing = cards.billing_of_raw_card(given)
    material = await cards.take_in(
        whole.call, given, code_owner=card_id, billing_details=billing, param=PARAM
    )
    code_known = whole.call.use_code(card_id)
    return _of_card(cards.with_card_id(material, card_id), given.get("currency"), code_known=code_known)


async def _from_token(
    whole: Whole, platform: Call, token_id: str, currency: str | None, param: str
) -> Destination:
    call = whole.call
    magic = None if call.caller.livemode else catalog.magic_token(token_id)
    if isinstance(magic, catalog.MagicBank):
        return _of_bank(await bank_accounts.take_in(call, magic.details(), param=param))
    owner = await tokens.owner_of(call, platform, token_id)
    token = None if magic is not None else await owner.load(tokens.TOKEN, token_id, param=param)
    if token is not None and token["kind"] != "card":
        spent = await tokens.spend(owner, token_id, kinds=("bank_account",), param=param)
        record = await records.of_token(owner, call, spent, bank_accounts.KIND)
        inside = spent.doc[PRIVATE]["behaviour"]
        return _of_bank(bank_accounts.BankMaterial(spent.doc["bank_account"], record, inside))
    card = await tokens.spend_card(owner, token_id, param=param)
    code_known = owner.use_code(card.code_owner)
    material = card.material
    if token is not None:
        material = cards.with_record(material, await records.of_token(owner, call, token, "card"))
    return _of_card(material, currency, code_known=code_known)


def _of_bank(material: bank_accounts.BankMaterial) -> Destination:
    shown = material.shown
    return Destination(
        shown, material.record, shown["currency"], material.behaviour, shown["country"] == INSTANT_COUNTRY
    )


def _of_card(material: cards.CardMaterial, currency: str | None, *, code_known: bool) -> Destination:
    if material.card["funding"] != PAYOUT_FUNDING:
        raise errors.InvalidRequest(
            "This card doesn't appear to be a debit card.", code="invalid_card_type", param=PARAM
        )
    wanted = currency or material.currency
    if not wanted:
        raise errors.InvalidRequest(
            "The card object must have the currency field set to add it as an external account.", param=PARAM
        )
    shown = cards.legacy_card(material.card_id, material.card, material.billing_details)
    if shown["cvc_check"] == "unchecked":
        shown["cvc_check"] = "pass" if code_known else "unavailable"
    is_instant = behaviour(material.behaviour).instant_payouts
    return Destination(shown, material.record, wanted.lower(), material.behaviour, is_instant)


# -- retrieve and list ------------------------------------------------------------------------------------------------


@handles("GET /v1/accounts/{account}/external_accounts/{id}", permission=PERMISSION)
@handles("GET /v1/accounts/{account}/bank_accounts/{id}", permission=PERMISSION)
async def retrieve(call: Call, params: Document, *, account: str, id: str) -> Document:  # noqa: A002 -- the contract's own name
    """Show an external account."""
    acting = await acting_on(call, account)
    return views.of_stored(await acting.load(EXTERNAL_ACCOUNT, id, param="id", in_path=True))


@handles("GET /v1/accounts/{account}/external_accounts", permission=PERMISSION)
@handles("GET /v1/accounts/{account}/bank_accounts", permission=PERMISSION)
async def list_all(call: Call, params: Document, *, account: str) -> Listing:
    """List external accounts, newest first, of one kind (`object`) or of both."""
    acting = await acting_on(call, account)
    wanted = [Filter("object", "eq", params["object"])] if "object" in params else []
    return await acting.listing(EXTERNAL_ACCOUNT, params, wanted)


# -- update and delete ------------------------------------------------------------------------------------------------


@handles("POST /v1/accounts/{account}/external_accounts/{id}", permission=PERMISSION)
@handles("POST /v1/accounts/{account}/bank_accounts/{id}", permission=PERMISSION)
async def update(call: Call, params: Document, *, account: str, id: str) -> Document:  # noqa: A002 -- the contract's own name
    """Change metadata, holder, expiry, or which one is the default. What identifies the account never changes."""
    whole = await load(await acting_on(call, account))
    part = await _part(whole, id)
    access.check_may_write_payouts(whole)
    part.doc = _with_params(call, part.doc, params)
    if params.get(DOCUMENTS):
        await _take_documents(whole, part, params[DOCUMENTS], await access.platform_of(call))
    if params.get("default_for_currency"):
        _make_default(whole, part)
    elif "default_for_currency" in params and part.columns["default_for_currency"]:
        raise errors.InvalidRequest(
            "You cannot unset the default external account of a currency. Set another one as the default instead.",
            param="default_for_currency",
        )
    whole.save()
    return views.public(part.doc)


async def _part(whole: Whole, external_id: str) -> Part:
    part = whole.externals.get(external_id)
    if part is None:
        raise await whole.call.missing(EXTERNAL_ACCOUNT, external_id, param="id", in_path=True)
    return part


async def _take_documents(whole: Whole, part: Part, given: Document, platform: Call) -> None:
    """Take in what proves whose a bank account is."""
    kept, seen = await documents.take_lists(whole.call, platform, given)
    inside = part.doc[PRIVATE]
    checks = forms.checks_of(whole.call, {DOCUMENTS: seen}, inside.get("checks", {}))
    held = {**inside.get(DOCUMENTS, {}), **kept}
    part.doc = {**part.doc, PRIVATE: {**inside, "checks": checks, DOCUMENTS: held}}


def _with_params(call: Call, old: Document, params: Document) -> Document:
    is_bank = old["object"] == "bank_account"
    of_banks = (*OF_BANKS, DOCUMENTS)
    mine, others = (OF_BANKS, (*OF_CARDS, "exp_month", "exp_year")) if is_bank else (OF_CARDS, of_banks)
    foreign = [name for name in others if name in params]
    if foreign:
        raise errors.parameter_unknown(foreign)
    changes: dict[str, Any] = {name: params[name] or None for name in mine if name in params}
    if not is_bank:
        changes |= _expiry(call, old, params)
    return {**old, **changes, "metadata": merge_metadata(old["metadata"], params.get("metadata"))}


def _expiry(call: Call, old: Document, params: Document) -> Document:
    if not params.get("exp_month") and not params.get("exp_year"):
        return {}
    expiry = check_expiry(
        str(params.get("exp_month") or old["exp_month"]),
        str(params.get("exp_year") or old["exp_year"]),
        now=call.now,
    )
    return {"exp_month": expiry.month, "exp_year": expiry.year}


@handles("DELETE /v1/accounts/{account}/external_accounts/{id}", permission=PERMISSION)
@handles("DELETE /v1/accounts/{account}/bank_accounts/{id}", permission=PERMISSION)
async def delete(call: Call, params: Document, *, account: str, id: str) -> Document:  # noqa: A002 -- the contract's own name
    """Delete an external account, unless payouts depend on it; its numbers are erased."""
    whole = await load(await acting_on(call, account))
    part = await _part(whole, id)
    access.check_may_write_payouts(whole)
    _check_may_delete(whole, part)
    await _remove(whole, part)
    whole.save()
    return {"id": part.id, "object": part.doc["object"], "deleted": True}


def _check_may_delete(whole: Whole, part: Part) -> None:
    if not part.columns["default_for_currency"]:
        return
    others = [one for one in whole.living_externals() if one is not part]
    siblings = any(one.columns["currency"] == part.columns["currency"] for one in others)
    automatic = whole.doc["settings"]["payouts"]["schedule"]["interval"] != "manual"
    if siblings or (automatic and not others):
        raise errors.InvalidRequest(
            "You cannot delete the default external account for your default currency. Please make another external "
            "account the default using the `default_for_currency` param, and then delete this one.",
            param="id",
        )
