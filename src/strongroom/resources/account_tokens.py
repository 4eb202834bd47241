"""Account tokens on their way into an account: what one holds, put in the place of the parameters it stands for."""

from typing import Final

from strongroom.domain import account_rules
from strongroom.resources import tokens
from strongroom.resources.account_parts import Whole
from strongroom.resources.call import Call
from strongroom.resources.kind import Document

PARAM: Final = "account_token"


async def opened(whole: Whole, platform: Call, params: Document, *, is_new: bool = False) -> Document:
    """Return the parameters of an account with those that its token holds among them; the token is spent.

    Args:
        whole: the account.
        platform: the call that acts on the platform, whose tokens may be spent as well.
        params: those of a creation or an update.
        is_new: whether the account is being made.

    Raises:
        errors.InvalidRequest: something stands beside the token that belongs into it, or the token is not for this account.
    """
    if PARAM not in params:
        return params
    account_rules.check_account_token(params)
    held = await tokens.spend_payload(whole.call, platform, params[PARAM], kind="account", param=PARAM)
    given = dict(held.params)
    are_accepted = given.pop("tos_shown_and_accepted", None)
    if is_new:
        account_rules.check_accepted_terms(are_accepted=are_accepted)
    else:
        account_rules.check_same_business(whole.doc["business_type"], given)
    if are_accepted and whole.doc["controller"]["requirement_collection"] == "application":
        given["tos_acceptance"] = held.origin
    if "company" in given:
        given["company"] = _with_declaration(given["company"], held.origin)
    return {**{name: value for name, value in params.items() if name != PARAM}, **given}


def _with_declaration(company: Document, origin: Document) -> Document:
    """Return a company in which `ownership_declaration_shown_and_signed` has become when, from where and with what."""
    given = dict(company)
    if given.pop("ownership_declaration_shown_and_signed", False):
        given["ownership_declaration"] = origin
    return given
