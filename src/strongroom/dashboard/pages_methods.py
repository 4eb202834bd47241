"""Payment methods → Your account: its own configurations, and those it has from its platform.

Choose, create, rename, make default, activate, archive; turn methods on and off. What a platform has blocked is not shown.
"""

from typing import Any, Final

from starlette.responses import Response

from strongroom import errors
from strongroom.catalog.eligibility import Method, methods
from strongroom.dashboard.acting import Deed, act
from strongroom.dashboard.routes import form, page
from strongroom.dashboard.visit import Visit
from strongroom.domain.charges import Kind as Whose
from strongroom.domain.eligibility import capability_status
from strongroom.domain.roles import Act
from strongroom.resources import payment_method_configurations as operations
from strongroom.resources.configurations import Configuration, Shelf, shelf_of

HOME: Final = "/payment-methods"
CARD: Final = "card"


@page("/{mode}/payment-methods")
async def show(visit: Visit) -> Response:
    """Show one configuration of the account, the default if none is named."""
    return await _configuration_page(visit, visit.request.query_params.get("configuration"))


async def _configuration_page(
    visit: Visit, wanted: str | None, *, problem: str | None = None, status: int = 200
) -> Response:
    shelf = await shelf_of(await visit.call())
    chosen = _chosen(shelf, wanted)
    return visit.page(
        "methods.html",
        shelf=shelf,
        chosen=chosen,
        is_own=chosen.kind is Whose.DIRECT,
        rows=_rows(chosen, visit.form.under("method_")),
        may_change=visit.may(Act.METHODS) and chosen.active,
        may_manage=visit.may(Act.METHODS),
        problem=problem,
        status=status,
    )


def _chosen(shelf: Shelf, wanted: str | None) -> Configuration:
    if not wanted:
        return shelf.default(Whose.DIRECT)
    found = shelf.find(wanted)
    if found is None:
        raise errors.resource_missing(
            "payment_method_configuration", wanted, param="configuration", in_path=True
        )
    return found


def _rows(chosen: Configuration, sent: dict[str, str]) -> list[dict[str, Any]]:
    """Return a row for each method that can be chosen; `sent`: what a form that was refused had in it."""
    rows = []
    for name, choice in chosen.choices().items():
        if choice.overridable is False and choice.value == "off":
            continue
        method = methods()[name]
        status = capability_status(method, chosen.standing.capabilities)
        value = sent.get(name, choice.preference)
        rows.append({**facts_of(method), "choice": choice, "value": value, "capability": status})
    return sorted(rows, key=by_name)


def by_name(row: dict[str, Any]) -> tuple[bool, str]:
    """Return a row's place: cards first, the rest by name."""
    method: Method = row["method"]
    return method.type != CARD, method.name.casefold()


def facts_of(method: Method) -> dict[str, Any]:
    """Return what tables of methods say of one."""
    return {
        "method": method,
        "words": f"{method.name} {method.type} {method.family.replace('_', ' ')}",
        "currencies": sorted(method.currencies or ()),
    }


# -- changing ---------------------------------------------------------------------------------------------------------


@form("/{mode}/payment-methods", act=Act.METHODS)
async def create(visit: Visit) -> Response:
    """Make a configuration in which everything is off."""

    async def work(deed: Deed) -> str:
        made = await operations.create(deed.call, {"name": visit.form.text("name")})
        deed.note("configuration.created", made["id"])
        return str(made["id"])

    try:
        made = await act(visit, work)
    except errors.InvalidRequest as refusal:
        return await _configuration_page(visit, None, problem=refusal.message, status=refusal.http_status)
    return visit.go(f"{HOME}?configuration={made}", done="configuration_created")


@form("/{mode}/payment-methods/{configuration}", act=Act.METHODS)
async def switch(visit: Visit, configuration: str) -> Response:
    """Turn methods on and off, all that the form names at once."""
    sent = visit.form.under("method_")

    async def work(deed: Deed) -> None:
        changed = _changed(_chosen(await shelf_of(deed.call), configuration), sent)
        params = {name: {"display_preference": {"preference": value}} for name, value in changed.items()}
        await operations.update(deed.call, params, configuration=configuration)
        if changed:
            deed.note("configuration.switched", configuration, **changed)

    try:
        await act(visit, work)
    except errors.InvalidRequest as refusal:
        return await _configuration_page(
            visit, configuration, problem=refusal.message, status=refusal.http_status
        )
    return visit.go(f"{HOME}?configuration={configuration}", done="configuration_changed")


def _changed(found: Configuration, sent: dict[str, str]) -> dict[str, str]:
    """Return the preferences that the form has otherwise."""
    if not set(sent.values()) <= {"on", "off", "none"}:
        raise errors.ParameterRefused("A method is on or off.")
    choices = found.choices()
    return {
        name: value for name, value in sent.items() if name in choices and choices[name].preference != value
    }


@form("/{mode}/payment-methods/{configuration}/manage", act=Act.METHODS)
async def manage(visit: Visit, configuration: str) -> Response:
    """Rename, activate or archive a configuration, or make it the default."""
    wanted, name = visit.form.text("do"), visit.form.text("name")

    async def work(deed: Deed) -> str:
        if wanted == "default":
            await operations.make_default(deed.call, configuration)
            deed.note("configuration.made_default", configuration)
            return "default_changed"
        params = {"name": name} if wanted == "rename" else {"active": wanted == "activate"}
        await operations.update(deed.call, params, configuration=configuration)
        deed.note(f"configuration.{_DONE.get(wanted, 'archived')}", configuration)
        return "configuration_changed"

    try:
        done = await act(visit, work)
    except errors.InvalidRequest as refusal:
        return await _configuration_page(
            visit, configuration, problem=refusal.message, status=refusal.http_status
        )
    return visit.go(f"{HOME}?configuration={configuration}", done=done)


_DONE: Final = {"rename": "renamed", "activate": "activated"}
