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
from strongroom.resources import account_tokens, connections, keys
from strongroom.resources import account_views as views
from strongroom.resources import accounts_access as access
from strongroom.resources.account_names import older_names
from strongroom.resources.account_parts import ACCOUNT, Part, Whole, load
from strongroom.resources.account_writing import NO_COMPANY, write
from strongroom.resources.applications import announce_application
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.connections import CONNECTION, LIVING, acting_on
from strongroom.resources.kind import Document, Listing
from strongroom.resources.registry import handles

PERMISSION: Final = "account"

# What the newer reasons of a rejection come to among those that an account shows; every kind of fraud is fraud.
REASONS: Final = {"credit": "other"}


# -- create -----------------------------------------------------------------------------------------------------------


@handles("POST /v1/accounts", permission=PERMISSION)
@older_names
async def create(call: Call, params: Document) -> Document:
    """Make an account that is connected to the calling platform."""
    if call.caller.acts_for_another or await _is_connected(call):
        raise errors.InvalidRequest(
            "You can only create new accounts if you've signed up for Connect, which you can do at "
            "https://dashboard.stripe.com/connect."
        )
    identity = checks.new_account(params, await access.platform_country(call))
    await access.check_inline(call, identity, params)
    whole = await _blank(call, identity)
    given = await account_tokens.opened(whole, call, params, is_new=True)
    access.check_may_write(whole, given)
    await write(whole, call, given)
    connections.connect(call, whole.account.id)
    whole.save(silent=True)
    announce_application(whole.call, "account.application.authorized")
    return whole.shown()


async def _is_connected(call: Call) -> bool:
    """Whether the caller is somebody's connected account itself, with a key of its own: no platform."""
    stored = await call.find(ACCOUNT, call.caller.account)
    return stored is not None and stored["platform"] is not None


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
@older_names
async def update(call: Call, params: Document, *, account: str) -> Document:
    """Change what is given; country, controller and type never change."""
    whole = await access.controlled(call, account)
    await access.check_inline(call, whole.doc, params)
    platform = await access.platform_of(call)
    given = await account_tokens.opened(whole, platform, params)
    access.check_may_write(whole, given)
    await write(whole, platform, given)
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
    await keys.end_all(whole.call)
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
