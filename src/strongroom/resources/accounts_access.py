"""What a platform may do with an account of its own: who collects what, and what that leaves to the platform."""

from strongroom import errors
from strongroom.domain import account_rules
from strongroom.resources.account_checks import controller_of
from strongroom.resources.account_parts import ACCOUNT, Whole, load
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.connections import acting_on
from strongroom.resources.kind import Document


async def platform_of(call: Call) -> Call:
    """Return a call that acts on the platform itself, whatever `Stripe-Account` says."""
    return await call.on_account(call.caller.key_account) if call.caller.acts_for_another else call


async def platform_country(call: Call) -> str:
    """Return where the platform is: what its account says, or in the sandbox its key."""
    platform = await platform_of(call)
    stored = await platform.find(ACCOUNT, call.caller.key_account)
    country: str = (stored.doc if stored is not None else {}).get("country") or call.caller.country
    return country


async def controlled(call: Call, account: str) -> Whole:
    """Return an account that the caller's platform controls, as a whole.

    Raises:
        errors.Forbidden: `account_invalid`.
        errors.InvalidRequest: it is the caller's own.
    """
    if account == call.caller.key_account:
        raise errors.InvalidRequest(
            "You cannot change your own account through the API, only connected accounts."
        )
    return await load(await acting_on(call, account))


def check_may_write(whole: Whole, params: Document) -> None:
    """Refuse what is for the account's holder alone to write.

    Raises:
        errors.Forbidden: `oauth_not_supported`.
    """
    account_rules.check_platform_may_write(
        controller_of(whole.doc),
        params,
        account=whole.account.id,
        is_onboarding=whole.doc[PRIVATE]["linked"],
    )


def check_may_write_payouts(whole: Whole) -> None:
    """Refuse external accounts once the holder looks after them.

    Raises:
        errors.Forbidden: `oauth_not_supported`.
    """
    if whole.doc["controller"]["requirement_collection"] != "application" and whole.doc[PRIVATE]["linked"]:
        raise not_permitted(whole.account.id, "external_account")


def not_permitted(account: str, param: str) -> errors.Forbidden:
    """Return the refusal of a parameter that is not the platform's to write."""
    return errors.Forbidden(
        f"This application does not have the required permissions for the parameter '{param}' on account '{account}'.",
        code="oauth_not_supported",
    )


async def check_inline(call: Call, doc: Document, params: Document) -> None:
    """Refuse personal data sent along by a platform that must hand it over in account tokens.

    Args:
        call: the request.
        doc: the account, or what of it is known before it is made.
        params: those of a creation or an update.

    Raises:
        errors.InvalidRequest: no code; it is.
    """
    account_rules.check_inline_allowed(
        controller_of(doc), params, platform_country=await platform_country(call)
    )
