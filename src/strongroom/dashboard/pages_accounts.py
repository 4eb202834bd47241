"""Connected accounts: the list, and for one account and one parent what every method comes to."""

from typing import Any, Final

from starlette.responses import Response

from strongroom import errors
from strongroom.dashboard.acting import Deed, act
from strongroom.dashboard.drafts import draft_of
from strongroom.dashboard.pages_methods import facts_of
from strongroom.dashboard.routes import form, page
from strongroom.dashboard.visit import Visit
from strongroom.domain.roles import Act
from strongroom.resources import accounts, capabilities
from strongroom.resources import parent_configurations as parents
from strongroom.resources.configurations import ParentConfiguration
from strongroom.resources.connected_methods import Effective

PAGE: Final = 50


@page("/{mode}/accounts")
async def show(visit: Visit) -> Response:
    """List the accounts connected to this one, newest first."""
    params: dict[str, Any] = {"limit": PAGE}
    after = visit.request.query_params.get("after")
    if after:
        params["starting_after"] = after
    listing = await accounts.list_all(await visit.call(), params)
    return visit.page("accounts.html", accounts=listing.items, more=listing.has_more, first=not after)


@page("/{mode}/accounts/{account}")
async def show_one(visit: Visit, account: str) -> Response:
    """Show an account, and what a parent comes to on it."""
    call = await visit.call()
    shown = await accounts.retrieve(call, {}, account=account)
    known = await parents.list_all(call)
    wanted = visit.request.query_params.get("configuration")
    chosen = next((one for one in known if (one.id == wanted if wanted else one.is_default)), None)
    if chosen is None or account == visit.account:
        raise errors.InvalidRequest("There is no such account or configuration.", status=404)
    drafted = draft_of(visit, chosen.id)
    table = await parents.effective_table(call, chosen.id, account)
    return visit.page(
        "account.html",
        account=shown,
        parents=known,
        chosen=chosen,
        rows=[
            _row(one, chosen, shown, drafted.accounts.get(one.method.type, {}).get(account, ""))
            for one in table
        ],
        pending=drafted.changes(chosen),
        may_change=visit.may(Act.METHODS),
    )


def _row(
    one: Effective, parent: ParentConfiguration, account: dict[str, Any], drafted: str | None
) -> dict[str, Any]:
    rules, method = parent.rules, one.method.type
    override = rules.accounts.get(method, {}).get(account["id"])
    country = rules.countries.get(method, {}).get(account["country"])
    return {
        **facts_of(one.method),
        "setting": rules.setting(method, one.method.parent_default),
        "override": override or (f"{country} in {account['country']}" if country else None),
        "own_override": override or "none",
        "drafted": drafted if drafted != "" else None,
        "is_drafted": drafted != "",
        "base": one.base.value,
        "choice": one.choice,
        "capability": one.capability,
        "reason": one.reason,
    }


@form("/{mode}/accounts/{account}/request", act=Act.METHODS)
async def request_capability(visit: Visit, account: str) -> Response:
    """Request a capability for a connected account."""
    capability = visit.form.text("capability")

    async def work(deed: Deed) -> None:
        await capabilities.update(deed.call, {"requested": True}, account=account, capability=capability)
        deed.note("capability.requested", account, capability=capability)

    await act(visit, work)
    parent = visit.form.text("configuration")
    return visit.go(f"/accounts/{account}?configuration={parent}" if parent else f"/accounts/{account}")
