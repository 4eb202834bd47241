"""Persons: who is behind a connected account.

    POST   /v1/accounts/{account}/persons             create
    GET    /v1/accounts/{account}/persons             list
    GET    /v1/accounts/{account}/persons/{person}    retrieve
    POST   /v1/accounts/{account}/persons/{person}    update
    DELETE /v1/accounts/{account}/persons/{person}    delete

All of them answer under the older name `people` too. The `individual` of an account is one of its persons, and is
written through either door (`person_parts`).
"""

from typing import Final

from strongroom.domain import account_rules
from strongroom.domain import persons as rules
from strongroom.resources import account_views as views
from strongroom.resources import accounts_access as access
from strongroom.resources import person_parts, tokens
from strongroom.resources.account_checks import controller_of
from strongroom.resources.account_parts import PERSON, ROLES, Part, Whole, load_account
from strongroom.resources.call import Call
from strongroom.resources.connections import acting_on
from strongroom.resources.kind import Document, Listing, Stored
from strongroom.resources.registry import handles
from strongroom.store import Filter

PERMISSION: Final = PERSON.permission
PARAM: Final = "person"


# -- create and update ------------------------------------------------------------------------------------------------


@handles("POST /v1/accounts/{account}/persons", permission=PERMISSION)
@handles("POST /v1/accounts/{account}/people", permission=PERMISSION)
async def create(call: Call, params: Document, *, account: str) -> Document:
    """Add a person to an account. Nothing is required of one."""
    whole = await _writable(call, account)
    given = await _given(whole, await access.platform_of(call), params)
    _check_may_join(whole, given)
    part = person_parts.add(whole)
    await _write(whole, part, given, await access.platform_of(call))
    return whole.shown_person(part.doc)


@handles("POST /v1/accounts/{account}/persons/{person}", permission=PERMISSION)
@handles("POST /v1/accounts/{account}/people/{person}", permission=PERMISSION)
async def update(call: Call, params: Document, *, account: str, person: str) -> Document:
    """Change what is given of a person."""
    whole = await _writable(call, account)
    part = await _part(whole, person)
    given = await _given(whole, await access.platform_of(call), params)
    await _write(whole, part, given, await access.platform_of(call))
    return whole.shown_person(part.doc)


async def _writable(call: Call, account: str) -> Whole:
    """Return an account whose persons are the platform's to write.

    Raises:
        errors.Forbidden: `account_invalid`, or `oauth_not_supported` once the holder gives such things themselves.
        errors.InvalidRequest: it is the caller's own.
    """
    whole = await access.controlled(call, account)
    account_rules.check_platform_may_write_persons(
        controller_of(whole.doc), account=account, is_onboarding=whole.private["linked"]
    )
    return whole


async def _part(whole: Whole, person: str) -> Part:
    part = whole.persons.get(person)
    if part is None:
        raise await whole.call.missing(PERSON, person, param=PARAM, in_path=True)
    return part


async def _given(whole: Whole, platform: Call, params: Document) -> Document:
    """Return what is to be written: the parameters, or what the token among them holds, which is spent."""
    if "person_token" not in params:
        country = await access.platform_country(platform)
        account_rules.check_inline_allowed(
            controller_of(whole.doc), params, platform_country=country, what="persons"
        )
        return params
    account_rules.check_person_token(params)
    held = await tokens.spend_payload(
        whole.call, platform, params["person_token"], kind="person", param="person_token"
    )
    beside = {name: value for name, value in params.items() if name != "person_token"}
    relationship = {**(held.params.get("relationship") or {}), **(beside.get("relationship") or {})}
    return {**held.params, **beside, "relationship": relationship}


def _check_may_join(whole: Whole, given: Document) -> None:
    """An individual is one person; the first to come may be the account's holder."""
    relationship = given.get("relationship") or {}
    if whole.individual() is None and relationship.get("representative"):
        return
    rules.check_may_join(whole.doc["business_type"], relationship)


async def _write(whole: Whole, part: Part, given: Document, platform: Call) -> None:
    holder = whole.individual()
    await person_parts.write(whole, part, given, platform=platform)
    now = whole.individual()
    rules.check_holder(
        whole.doc["business_type"], None if holder is None else holder.id, None if now is None else now.id
    )
    whole.save()


# -- retrieve and list ------------------------------------------------------------------------------------------------


@handles("GET /v1/accounts/{account}/persons/{person}", permission=PERMISSION)
@handles("GET /v1/accounts/{account}/people/{person}", permission=PERMISSION)
async def retrieve(call: Call, params: Document, *, account: str, person: str) -> Document:
    """Show a person."""
    acting = await acting_on(call, account)
    owner = await load_account(acting)
    stored = await acting.load(PERSON, person, param=PARAM, in_path=True)
    return _shown(acting, owner, stored)


@handles("GET /v1/accounts/{account}/persons", permission=PERMISSION)
@handles("GET /v1/accounts/{account}/people", permission=PERMISSION)
async def list_all(call: Call, params: Document, *, account: str) -> Listing:
    """List an account's persons, newest first, perhaps those of some roles alone."""
    acting = await acting_on(call, account)
    owner = await load_account(acting)
    filters = _filters(params)
    found, has_more = await acting.page(PERSON, params, filters)
    shown = [_shown(acting, owner, stored) for stored in found]
    return Listing(shown, has_more, count=acting.counting(PERSON, params, filters))


def _filters(params: Document) -> list[Filter]:
    wanted = params.get("relationship") or {}
    return [Filter(role, "eq", wanted[role]) for role in ROLES if role in wanted]


def _shown(call: Call, owner: Stored, person: Stored) -> Document:
    is_platform = call.caller.key_account == owner["platform"]
    return views.person(person.doc, is_hidden=is_platform and views.hides(owner.doc))


# -- delete -----------------------------------------------------------------------------------------------------------


@handles("DELETE /v1/accounts/{account}/persons/{person}", permission=PERMISSION)
@handles("DELETE /v1/accounts/{account}/people/{person}", permission=PERMISSION)
async def delete(call: Call, params: Document, *, account: str, person: str) -> Document:
    """Take a person out of an account for good; every number of theirs is erased."""
    whole = await _writable(call, account)
    part = await _part(whole, person)
    rules.check_may_leave(
        person,
        opener=whole.private["opener"],
        business_type=whole.doc["business_type"],
        persons={key: views.public(one.doc) for key, one in whole.persons.items()},
    )
    await person_parts.remove(whole, part)
    whole.save()
    return {"id": person, "object": "person", "deleted": True}
