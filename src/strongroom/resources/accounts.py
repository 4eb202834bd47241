"""Accounts: who is connected to a platform, and what they may do.

    POST   /v1/accounts                     create
    GET    /v1/accounts                     list
    GET    /v1/accounts/{account}           retrieve
    POST   /v1/accounts/{account}           update
    DELETE /v1/accounts/{account}           delete
    POST   /v1/accounts/{account}/reject    reject
    GET    /v1/account                      retrieve one's own

All of an account lives in a partition of its own; `connections` says whose it is. What is written, and what is shown of
it, is in `account_forms` and `account_views`; what it owes is computed anew with every change (`account_parts`).
"""

import asyncio
from typing import Any, Final

from strongroom import errors, ids
from strongroom.resources import account_checks as checks
from strongroom.resources import (
    account_documents,
    account_tokens,
    connections,
    documents,
    external_accounts,
    person_parts,
    records,
)
from strongroom.resources import account_forms as forms
from strongroom.resources import account_views as views
from strongroom.resources import accounts_access as access
from strongroom.resources.account_parts import ACCOUNT, Part, Whole, load
from strongroom.resources.applications import announce_application
from strongroom.resources.call import Call
from strongroom.resources.cards import EMPTY_ADDRESS, PRIVATE
from strongroom.resources.changes import merge_metadata
from strongroom.resources.connected_methods import OFFERED, newly_on_by_default
from strongroom.resources.connections import CONNECTION, LIVING, acting_on
from strongroom.resources.kind import Document, Listing
from strongroom.resources.registry import handles
from strongroom.vault.identity import Where, check_number

PERMISSION: Final = "account"

# What the newer reasons of a rejection come to among those that an account shows; every kind of fraud is fraud.
REASONS: Final = {"credit": "other"}

# A company's numbers, and the field each is checked and kept as.
NUMBERS: Final = {name: f"company.{name}" for name in ("registration_number", "tax_id", "vat_id")}
FLAGS: Final = {"company.tax_id": "tax_id_provided", "company.vat_id": "vat_id_provided"}

NO_COMPANY: Final[Document] = {
    "address": EMPTY_ADDRESS,
    "directors_provided": False,
    "executives_provided": False,
    "name": None,
    "owners_provided": False,
    "tax_id_provided": False,
    "verification": {"document": views.NO_DOCUMENT},
}
# What is always shown of a company, and null while unknown; the rest is left out until it is given.
COMPANY_ALWAYS: Final = frozenset(NO_COMPANY)


# -- create -----------------------------------------------------------------------------------------------------------


@handles("POST /v1/accounts", permission=PERMISSION)
async def create(call: Call, params: Document) -> Document:
    """Make an account that is connected to the calling platform."""
    if call.caller.acts_for_another:
        raise errors.InvalidRequest(
            "You can only create new accounts if you've signed up for Connect, which you can do at "
            "https://dashboard.stripe.com/connect."
        )
    identity = checks.new_account(params, await access.platform_country(call))
    await access.check_inline(call, identity, params)
    whole = await _blank(call, identity)
    given = await account_tokens.opened(whole, call, params, is_new=True)
    access.check_may_write(whole, given)
    await _write(whole, call, given)
    connections.connect(call, whole.account.id)
    whole.save(silent=True)
    announce_application(whole.call, "account.application.authorized")
    return whole.shown()


async def _blank(call: Call, identity: Document) -> Whole:
    """Return a new account of which nothing is known but where it is and who controls it; its keys are made."""
    account_id = ids.new("acct")
    doc: Document = {
        "id": account_id,
        "object": "account",
        "business_profile": {
            "annual_revenue": None,
            "estimated_worker_count": None,
            "product_description": None,
        },
        "business_type": None,
        "company": NO_COMPANY,
        "created": call.now,
        "email": None,
        "groups": {"payments_pricing": None},
        "metadata": {},
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        **identity,
        PRIVATE: {
            "capabilities": {},
            "checks": {},
            "linked": False,
            "opener": None,
            "rejected": None,
            "requested": {},
        },
    }
    columns = {
        "platform": call.caller.account,
        "created": call.now,
        "record": None,
        "verify_at": None,
        "deleted_at": None,
    }
    return Whole(await call.on_account(account_id, make=True), Part(account_id, doc, columns), [], [])


# -- writing ----------------------------------------------------------------------------------------------------------


async def _write(whole: Whole, platform: Call, params: Document) -> None:
    """Change the account as the parameters of a create or an update say."""
    given = checks.checked(whole.doc, params)
    if given.get("settings"):
        given["settings"] = await account_documents.take_settings(whole, platform, given["settings"])
    _take_fields(whole, given)
    _take_capabilities(whole, params.get("capabilities") or {})
    if "company" in given:
        await _take_company(whole, platform, given["company"])
    if "individual" in given:
        part = whole.individual() or person_parts.add(whole)
        relationship = {**(given["individual"].get("relationship") or {}), "representative": True}
        individual = {**given["individual"], "relationship": relationship}
        await person_parts.write(whole, part, individual, root="individual", platform=platform)
    if given.get("documents"):
        seen = await account_documents.take(whole, platform, given["documents"])
        _note_checks(whole, "account", {"documents": seen})
    if given.get("external_account"):
        access.check_may_write_payouts(whole)
        await external_accounts.take_the_place(whole, platform, given["external_account"])
    elif "external_account" in given:
        await external_accounts.drop_all(whole)
    request_by_default(whole, await newly_on_by_default(platform, whole))


def _take_fields(whole: Whole, given: Document) -> None:
    old = whole.doc
    written: Document = {}
    for name in ("business_type", "email"):
        if name in given:
            written[name] = given[name] or None
    if given.get("default_currency"):
        written["default_currency"] = given["default_currency"]
    for name in ("business_profile", "groups", "settings", "tos_acceptance"):
        if name in given:
            written[name] = forms.merge(old.get(name), given[name])
    written["metadata"] = merge_metadata(old["metadata"], given.get("metadata"))
    new = {**old, **written}
    new["settings"] = checks.settings_in_use(new)
    whole.doc = new
    examined: Document = {
        name: given[name] for name in ("business_profile", "email", "settings") if name in given
    }
    _note_checks(whole, "account", examined)


def _note_checks(whole: Whole, subject: str, examined: Document, prefix: str = "") -> None:
    known = whole.private["checks"]
    found = forms.checks_of(whole.call, examined, known.get(subject, {}), prefix)
    whole.note(checks={**known, subject: found})


def _take_capabilities(whole: Whole, given: Document) -> None:
    """Note which capabilities are requested, and since when; one that is no longer requested is forgotten."""
    wanted = {name: one["requested"] for name, one in given.items() if "requested" in one}
    request_capabilities(whole, wanted)


def request_capabilities(whole: Whole, wanted: dict[str, bool]) -> None:
    """Request capabilities of an account, or no longer.

    Raises:
        errors.InvalidRequest: capabilities that go together are not requested together.
    """
    old: dict[str, int] = whole.private["requested"]
    requested = {name: since for name, since in old.items() if wanted.get(name, True)}
    newly = [name for name, is_on in wanted.items() if is_on and name not in old]
    requested |= dict.fromkeys(newly, whole.call.now)
    checks.check_capabilities(whole.doc, newly, requested)
    whole.note(requested=requested)


def request_by_default(whole: Whole, names: list[str]) -> None:
    """Request capabilities for what a platform has set on by default, and note it, so that each is asked for once."""
    if names:
        request_capabilities(whole, dict.fromkeys(names, True))
        whole.note(**{OFFERED: sorted({*whole.private.get(OFFERED, []), *names})})


async def _take_company(whole: Whole, platform: Call, given: Document) -> None:
    plain, numbers = forms.secrets_of(given, NUMBERS)
    plain, examined = await documents.take_verification(
        whole.call, platform, plain, purposes=documents.OF_COMPANIES, root="company"
    )
    _note_checks(whole, "company", examined, "company.")
    company = forms.merge(whole.doc["company"], plain)
    company = {key: value for key, value in company.items() if value is not None or key in COMPANY_ALWAYS}
    if numbers:
        await _take_numbers(whole, numbers)
        company |= {FLAGS[name]: number is not None for name, number in numbers.items() if name in FLAGS}
    whole.doc = {**whole.doc, "company": company}


async def _take_numbers(whole: Whole, numbers: records.Numbers) -> None:
    """Check and vault a company's numbers."""
    call = whole.call
    where = Where(whole.doc["country"], call.caller.livemode, call.now)
    found = dict(whole.private["checks"].get("company", {}))
    for field, number in numbers.items():
        param = f"company[{field.partition('.')[2]}]"
        check = None
        if number is not None:
            numbers[field], check = check_number(field, number, where, param=param)
        forms.note(found, field, check)
    whole.note(checks={**whole.private["checks"], "company": found})
    record = await records.with_numbers(call, whole.account.stored, numbers)
    whole.account.columns = {**whole.account.columns, "record": record}


# -- retrieve and list ------------------------------------------------------------------------------------------------


@handles("GET /v1/accounts/{account}", permission=PERMISSION)
async def retrieve(call: Call, params: Document, *, account: str) -> Document:
    """Show an account: one's own, or a connected one."""
    if account == call.caller.key_account == call.caller.account:
        return await _own(call)
    return (await load(await acting_on(call, account))).shown()


@handles("GET /v1/account", permission=PERMISSION)
async def retrieve_current(call: Call, params: Document) -> Document:
    """Show the account that the request acts on."""
    return (await load(call)).shown() if call.caller.acts_for_another else await _own(call)


async def _own(call: Call) -> Document:
    """Return the caller's own account; of a platform hardly anything is kept here."""
    stored = await call.find(ACCOUNT, call.caller.account)
    if stored is not None and stored["platform"] is not None:
        return (await load(call)).shown()
    identity = checks.new_account({}, await access.platform_country(call))
    return views.own(
        {
            "id": call.caller.account,
            "object": "account",
            "charges_enabled": True,
            "details_submitted": True,
            "email": None,
            "payouts_enabled": True,
            **identity,
            PRIVATE: {"capabilities": {}},
        }
    )


@handles("GET /v1/accounts", permission=PERMISSION)
async def list_all(call: Call, params: Document) -> Listing:
    """List the accounts connected to the platform, newest first; none if it is no platform."""
    found, has_more = await call.page(CONNECTION, params, [LIVING])
    shown = await asyncio.gather(*[_shown(call, connection.id) for connection in found])
    return Listing(list(shown), has_more, count=call.counting(CONNECTION, params, [LIVING]))


async def _shown(call: Call, account: str) -> Document:
    return (await load(await call.on_account(account))).shown()


# -- update -----------------------------------------------------------------------------------------------------------


@handles("POST /v1/accounts/{account}", permission=PERMISSION)
async def update(call: Call, params: Document, *, account: str) -> Document:
    """Change what is given; country, controller and type never change."""
    whole = await access.controlled(call, account)
    await access.check_inline(call, whole.doc, params)
    platform = await access.platform_of(call)
    given = await account_tokens.opened(whole, platform, params)
    access.check_may_write(whole, given)
    await _write(whole, platform, given)
    whole.save()
    return whole.shown()


# -- delete and reject ------------------------------------------------------------------------------------------------


@handles("DELETE /v1/accounts/{account}", permission=PERMISSION)
async def delete(call: Call, params: Document, *, account: str) -> Document:
    """Delete for good: persons, external accounts and every number go. The id stays taken, and is nobody's."""
    whole = await access.controlled(call, account)
    controller = whole.doc["controller"]
    if call.caller.livemode and controller["stripe_dashboard"]["type"] == "full":
        raise errors.InvalidRequest("Live accounts with access to the full dashboard cannot be deleted.")
    for part in (*whole.persons.values(), *whole.externals.values()):
        call.writes.deletes.append(_row(part))
        await whole.call.erase_record(part.columns["record"])
    await whole.call.erase_record(whole.account.columns["record"])
    gone = {"deleted_at": call.now, "record": None, "verify_at": None}
    assert whole.account.stored is not None
    stub = whole.call.change(whole.account.stored, {"id": account}, **gone)
    await connections.end(await access.platform_of(call), account)
    return ACCOUNT.view(stub)


def _row(part: Part) -> Any:
    assert part.stored is not None
    return part.stored.row


@handles("POST /v1/accounts/{account}/reject", permission=PERMISSION)
async def reject(call: Call, params: Document, *, account: str) -> Document:
    """Reject an account that the platform suspects: nothing of it stays active."""
    whole = await access.controlled(call, account)
    if whole.doc["controller"]["losses"]["payments"] != "application":
        raise errors.Forbidden(
            "You cannot reject this account: only accounts for whose losses the platform is liable can be rejected.",
            code="oauth_not_supported",
        )
    reason: str = params["reason"]
    whole.note(rejected="fraud" if reason.startswith("fraud") else REASONS.get(reason, reason))
    whole.save()
    return whole.shown()


@handles("POST /v1/accounts/{account}/unreject", permission=PERMISSION)
async def unreject(call: Call, params: Document, *, account: str) -> Document:
    """Take a rejection back: what the account may do is what its data says again."""
    whole = await access.controlled(call, account)
    if whole.private["rejected"] is None:
        raise errors.InvalidRequest("This account has not been rejected.")
    whole.note(rejected=None)
    whole.save()
    return whole.shown()
