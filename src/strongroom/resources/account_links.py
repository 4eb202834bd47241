"""Links that take the holder of an account to a page of ours: to onboard, or to a dashboard.

    POST /v1/account_links                     create
    POST /v1/accounts/{account}/login_links    create

Links are not kept: they hold all they are good for, sealed (`onboarding`). That one was made is noted in the account, for
from then on its holder gives what a platform that does not collect requirements no longer may; so is that one was followed.
"""

from strongroom import errors, ids, limits
from strongroom.resources import accounts_access as access
from strongroom.resources import onboarding
from strongroom.resources.call import Call
from strongroom.resources.kind import Document
from strongroom.resources.onboarding import Ticket
from strongroom.resources.registry import handles


@handles("POST /v1/account_links", permission="account_link")
async def create_account_link(call: Call, params: Document) -> Document:
    """Make a link to onboarding, which ends after five minutes."""
    whole = await access.controlled(call, params["account"])
    collects = whole.doc["controller"]["requirement_collection"] == "application"
    for name in ("refresh_url", "return_url"):
        _check_url(params.get(name), name, livemode=call.caller.livemode)
    if params["type"] == "account_update" and not collects:
        raise errors.InvalidRequest(
            "You cannot create `account_update` type Account Links for this account: its holder updates it in a "
            "dashboard of their own.",
            param="type",
        )
    onboarding.note_link(whole)
    expires_at = call.now + limits.ACCOUNT_LINK_SECONDS
    ticket = Ticket(
        onboarding.SETUP,
        expires_at,
        params["return_url"],
        params["refresh_url"],
        type=params["type"],
        nonce=ids.new("link"),
        **_collected(params),
    )
    return {
        "object": "account_link",
        "created": call.now,
        "expires_at": expires_at,
        "url": onboarding.link(whole.call, ticket),
    }


def _check_url(url: str | None, name: str, *, livemode: bool) -> None:
    """Refuse what no browser could be sent to; in live mode it is sent nowhere without TLS."""
    if not url:
        raise errors.parameter_missing(name)
    if onboarding.WEB_ADDRESS.fullmatch(url) is None:
        raise errors.InvalidRequest("Not a valid URL", code="url_invalid", param=name)
    if livemode and not url.startswith("https://"):
        raise errors.InvalidRequest(
            "Livemode requests must always be redirected via HTTPS.", code="url_invalid", param=name
        )


def _collected(params: Document) -> Document:
    """Return what the link collects; `collect` is the older word for the fields."""
    options = params.get("collection_options") or {}
    if options and "collect" in params:
        raise errors.parameters_exclusive("collection_options", "collect")
    fields = options.get("fields") or params.get("collect") or onboarding.CURRENTLY
    return {"fields": fields, "future": options.get("future_requirements") == "include"}


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
    ticket = Ticket(onboarding.DASHBOARD, call.now + limits.ACCOUNT_LINK_SECONDS)
    return {"object": "login_link", "created": call.now, "url": onboarding.link(whole.call, ticket)}
