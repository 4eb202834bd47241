"""Links that take the holder of an account to a page of ours: to onboard, or to a dashboard.

    POST /v1/account_links                     create
    POST /v1/accounts/{account}/login_links    create

Links are not kept: one is used within five minutes, and what it opens decides again who may. That one was made is noted
in the account, for from then on its holder gives what a platform that does not collect requirements no longer may.
"""

from typing import Final

from strongroom import errors, ids, limits
from strongroom.resources import accounts_access as access
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.kind import Document
from strongroom.resources.registry import handles

SECRET_LENGTH: Final = 40


@handles("POST /v1/account_links", permission="account_link")
async def create_account_link(call: Call, params: Document) -> Document:
    """Make a link to onboarding, which ends after five minutes."""
    whole = await access.controlled(call, params["account"])
    collects = whole.doc["controller"]["requirement_collection"] == "application"
    for name in ("refresh_url", "return_url"):
        if not params.get(name):
            raise errors.parameter_missing(name)
    if params["type"] == "account_update" and not collects:
        raise errors.InvalidRequest(
            "You cannot create `account_update` type Account Links for this account: its holder updates it in a "
            "dashboard of their own.",
            param="type",
        )
    if not whole.doc[PRIVATE]["linked"]:
        whole.note(linked=True)
        whole.save(silent=True)
    return {
        "object": "account_link",
        "created": call.now,
        "expires_at": call.now + limits.ACCOUNT_LINK_SECONDS,
        "url": _url(call, f"setup/{_letter(whole.doc['type'])}/{whole.account.id}"),
    }


@handles("POST /v1/accounts/{account}/login_links", permission="login_link")
async def create_login_link(call: Call, params: Document, *, account: str) -> Document:
    """Make a link to the Express dashboard, for accounts that have one and have been onboarded."""
    whole = await access.controlled(call, account)
    if whole.doc["controller"]["stripe_dashboard"]["type"] != "express":
        raise errors.InvalidRequest(
            "Cannot create a login link for an account without access to the Express dashboard."
        )
    if not whole.doc["details_submitted"]:
        raise errors.InvalidRequest(
            "Cannot create a login link for an account that has not completed onboarding."
        )
    return {"object": "login_link", "created": call.now, "url": _url(call, f"express/{account}")}


def _url(call: Call, path: str) -> str:
    """Return an address of this server that nobody can guess."""
    return f"{call.settings.own_address}/connect/{path}/{ids.random_base62(SECRET_LENGTH)}"


def _letter(account_type: str) -> str:
    return {"standard": "s", "express": "e", "custom": "c"}.get(account_type, "n")
