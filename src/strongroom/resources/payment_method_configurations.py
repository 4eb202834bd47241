"""PaymentMethodConfigurations: which payment methods an account's buyers are offered.

    POST /v1/payment_method_configurations                    create
    GET  /v1/payment_method_configurations                    list
    GET  /v1/payment_method_configurations/{configuration}    retrieve
    POST /v1/payment_method_configurations/{configuration}    update

There are an account's own (direct), and those that a platform's parents come to on its connected accounts (children).
Parents themselves are not here: they are the dashboard's (`parent_configurations`). No event tells of any of them.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from strongroom import errors, ids, limits
from strongroom.catalog.eligibility import methods, shown_in
from strongroom.domain.charges import Kind as Whose
from strongroom.domain.configurations import lacking
from strongroom.resources.call import Call
from strongroom.resources.configurations import (
    CONFIGURATION,
    Configuration,
    Shelf,
    parents_of,
    save,
    shelf_of,
)
from strongroom.resources.connections import application_id
from strongroom.resources.kind import Document, Listing
from strongroom.resources.registry import handles

PERMISSION: Final = CONFIGURATION.permission
UNNAMED: Final = "Untitled configuration"
OWN_MAX: Final = 100
NEEDS: Final = {name: method.needs for name, method in methods().items() if method.needs is not None}
NEEDS_CARD: Final = "Invalid configuration. Apple Pay and Google Pay require Card to be enabled."
FAILED: Final = "payment_method_configuration_failures"


# -- create --------------------------------------------------------------------------------------------------------------


@handles("POST /v1/payment_method_configurations", permission=PERMISSION)
async def create(call: Call, params: Document) -> Document:
    """Make a configuration of the account's own, or write down the child of a parent."""
    _refuse_empty(params)
    shelf = await shelf_of(call)
    if "parent" in params:
        new = await _new_child(call, shelf, params["parent"])
    else:
        new = _new_direct(shelf)
    made = _changed(new, params)
    save(call, made)
    return made.view(livemode=call.caller.livemode)


def _refuse_empty(params: Document) -> None:
    """Refuse an empty text for what cannot be unset."""
    for name in ("name", "parent"):
        if params.get(name) == "":
            raise errors.parameter_empty(name)


def _new_direct(shelf: Shelf) -> Configuration:
    own = [one for one in shelf.configurations if one.kind is Whose.DIRECT]
    if len(own) >= OWN_MAX:
        raise errors.InvalidRequest(
            f"An account can have up to {OWN_MAX} payment method configurations.", code=FAILED
        )
    return Configuration(
        ids.new(CONFIGURATION.prefix), shelf.standing, None, UNNAMED, active=True, is_default=False
    )


async def _new_child(call: Call, shelf: Shelf, parent: str) -> Configuration:
    """Return the child that was not written down yet.

    Raises:
        errors.InvalidRequest: `parent` is no parent of the account's platform, or the child is there already.
    """
    if not call.caller.acts_for_another:
        raise await _no_parent_of_own(call, shelf, parent)
    child = next((one for one in shelf.configurations if one.parent and one.parent.id == parent), None)
    if child is None:
        if shelf.find(parent) is not None:
            raise errors.InvalidRequest("The parent must be a parent configuration.", param="parent")
        raise await call.missing(CONFIGURATION, parent, param="parent")
    if child.stored is not None:
        raise errors.InvalidRequest(
            f"The account already has a payment method configuration with the parent '{errors.echo(parent)}'.",
            code=FAILED,
        )
    return child


async def _no_parent_of_own(call: Call, shelf: Shelf, parent: str) -> errors.ApiError:
    if any(one.id == parent for one in await parents_of(call)):
        return errors.InvalidRequest(
            "A child is a configuration of a connected account. Name the account with the Stripe-Account header.",
            param="parent",
        )
    if shelf.find(parent) is not None:
        return errors.InvalidRequest("The parent must be a parent configuration.", param="parent")
    return await call.missing(CONFIGURATION, parent, param="parent")


# -- retrieve and list ---------------------------------------------------------------------------------------------------


@handles("GET /v1/payment_method_configurations/{configuration}", permission=PERMISSION)
async def retrieve(call: Call, params: Document, *, configuration: str) -> Document:
    """Show a configuration of the account; parents are nobody's to see."""
    found = await load(call, configuration)
    return found.view(livemode=call.caller.livemode)


async def load(call: Call, configuration: str) -> Configuration:
    """Return the configuration of a path, or raise `resource_missing`."""
    found = (await shelf_of(call)).find(configuration)
    if found is None:
        raise await call.missing(CONFIGURATION, configuration, param="configuration", in_path=True)
    return found


@handles("GET /v1/payment_method_configurations", permission=PERMISSION)
async def list_all(call: Call, params: Document) -> Listing:
    """List the account's configurations, newest first: all, or those that are active, or those of an application."""
    shelf = await shelf_of(call)
    wanted = [one for one in shelf.configurations if _is_wanted(one, params)]
    start, end = await _window(call, shelf, wanted, params)
    limit = params.get("limit", limits.PAGE_SIZE_DEFAULT)
    if "ending_before" in params:
        page, has_more = wanted[max(end - limit, start) : end], end - limit > start
    else:
        page, has_more = wanted[start : start + limit], start + limit < end
    shown = [one.view(livemode=call.caller.livemode) for one in page]
    return Listing(shown, has_more, count=lambda: _counted(wanted))


async def _counted(wanted: Sequence[Configuration]) -> int:
    return len(wanted)


def _is_wanted(one: Configuration, params: Document) -> bool:
    if "active" in params and one.active is not params["active"]:
        return False
    if "application" not in params:
        return True
    application: str = params["application"]
    return application == ("" if one.parent is None else application_id(one.parent.platform))


async def _window(call: Call, shelf: Shelf, wanted: list[Configuration], params: Document) -> tuple[int, int]:
    """Return the stretch of `wanted` between the cursors."""
    if "starting_after" in params and "ending_before" in params:
        raise errors.ParameterRefused(
            "Received both starting_after and ending_before parameters. Please pass in only one."
        )
    place = {one.id: number for number, one in enumerate(shelf.configurations)}
    start, end = 0, len(wanted)
    for name in ("starting_after", "ending_before"):
        if name not in params:
            continue
        if params[name] not in place:
            raise await call.missing(CONFIGURATION, params[name], param=name)
        newer = sum(place[one.id] < place[params[name]] for one in wanted)
        if name == "ending_before":
            end = newer
        else:
            start = newer + any(one.id == params[name] for one in wanted)
    return start, end


# -- update --------------------------------------------------------------------------------------------------------------


@handles("POST /v1/payment_method_configurations/{configuration}", permission=PERMISSION)
async def update(call: Call, params: Document, *, configuration: str) -> Document:
    """Change what is given and nothing else, all of it or none."""
    _refuse_empty(params)
    found = await load(call, configuration)
    changed = _changed(_with_active(found, params), params)
    if changed != found:
        save(call, changed)
    return changed.view(livemode=call.caller.livemode)


def _with_active(found: Configuration, params: Document) -> Configuration:
    active = params.get("active", found.active)
    if active == found.active:
        return found
    if found.parent is not None:
        raise errors.InvalidRequest(
            "Whether this configuration is active is decided by its parent configuration.", param="active"
        )
    if found.is_default:
        raise errors.InvalidRequest(
            "The default payment method configuration cannot be deactivated.", param="active"
        )
    return replace(found, active=active)


def _changed(old: Configuration, params: Document) -> Configuration:
    """Return a configuration with the name and the preferences that are given.

    What does not matter where the account is, and what Stripe takes and never shows, is taken and not kept.

    Raises:
        errors.InvalidRequest: a wallet would be on without cards.
    """
    relevant = {method.type for method in shown_in(old.standing.country)}
    said = {
        name: preference
        for name, given in params.items()
        if name in relevant and (preference := given.get("display_preference", {}).get("preference"))
    }
    new = replace(old, name=params.get("name", old.name), preferences={**old.preferences, **said})
    touches_cards = said.keys() & {*NEEDS, *NEEDS.values()}
    if touches_cards and lacking({name: one.value for name, one in new.choices().items()}, NEEDS):
        raise errors.InvalidRequest(NEEDS_CARD, code=FAILED)
    return new


# -- what only the dashboard does ------------------------------------------------------------------------------------------


async def make_default(call: Call, configuration: str) -> Configuration:
    """Make one of the account's own the default, and the one that was it no longer, in one write set.

    Raises:
        errors.InvalidRequest: it is inactive, or a child, or there is none.
    """
    shelf = await shelf_of(call)
    found = shelf.find(configuration)
    if found is None:
        raise await call.missing(CONFIGURATION, configuration, param="configuration", in_path=True)
    if found.parent is not None:
        raise errors.InvalidRequest("Its parent decides whether it is the default.", param="configuration")
    if found.is_default:
        return found
    if not found.active:
        raise errors.InvalidRequest(
            "An inactive configuration cannot become the default.", param="configuration"
        )
    save(call, replace(shelf.default(Whose.DIRECT), is_default=False))
    new = replace(found, is_default=True)
    save(call, new)
    return new
