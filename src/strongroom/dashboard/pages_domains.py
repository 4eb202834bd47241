"""Payment method domains: the hosts on which wallets may be shown, and what each wallet says of them."""

from typing import Any, Final

from starlette.responses import Response

from strongroom import errors
from strongroom.contract import contract
from strongroom.dashboard.acting import Deed, act
from strongroom.dashboard.routes import form, page
from strongroom.dashboard.visit import Visit
from strongroom.domain.roles import Act
from strongroom.resources import payment_method_domains as operations

HOME: Final = "/domains"
PAGE: Final = 50
CREATE: Final = "POST /v1/payment_method_domains"
WALLETS: Final = {
    "amazon_pay": "Amazon Pay",
    "apple_pay": "Apple Pay",
    "google_pay": "Google Pay",
    "klarna": "Klarna",
    "link": "Link",
    "paypal": "PayPal",
}
NOTES: Final = {
    "enable": "payment_method_domain.enabled",
    "disable": "payment_method_domain.disabled",
    "validate": "payment_method_domain.validated",
}


@page("/{mode}/domains")
async def show(visit: Visit) -> Response:
    """List the registered hosts of this mode, newest first."""
    return await _domains_page(visit)


async def _domains_page(visit: Visit, *, problem: str | None = None, status: int = 200) -> Response:
    params: dict[str, Any] = {"limit": PAGE}
    after = visit.request.query_params.get("after")
    if after:
        params["starting_after"] = after
    listing = await operations.list_all(await visit.call(), params)
    return visit.page(
        "domains.html",
        domains=listing.items,
        more=listing.has_more,
        first=not after,
        wallets=WALLETS,
        typed=visit.form.text("domain_name") if problem else "",
        may_change=visit.may(Act.METHODS),
        problem=problem,
        status=status,
    )


@form("/{mode}/domains", act=Act.METHODS)
async def register(visit: Visit) -> Response:
    """Register a host; one that is registered stays as it is."""
    name = visit.form.text("domain_name")

    async def work(deed: Deed) -> None:
        if not name:
            raise errors.ParameterRefused("Enter the name of a host.", param="domain_name")
        params = contract().operations[CREATE].validate({"domain_name": name})
        made = await operations.create(deed.call, params)
        if deed.call.writes.inserts:
            deed.note("payment_method_domain.created", made["id"])

    try:
        await act(visit, work)
    except errors.InvalidRequest as refusal:
        return await _domains_page(visit, problem=refusal.message, status=refusal.http_status)
    return visit.go(HOME, done="domain_registered")


@form("/{mode}/domains/{domain}", act=Act.METHODS)
async def change(visit: Visit, domain: str) -> Response:
    """Switch a host on or off, or have its wallets looked at again."""
    wanted = visit.form.text("do")
    if wanted not in NOTES:
        raise errors.ParameterRefused("There is no such thing to do.")

    async def work(deed: Deed) -> None:
        if wanted == "validate":
            await operations.validate(deed.call, {}, payment_method_domain=domain)
        else:
            enabled = wanted == "enable"
            await operations.update(deed.call, {"enabled": enabled}, payment_method_domain=domain)
        deed.note(NOTES[wanted], domain)

    await act(visit, work)
    return visit.go(HOME, done=NOTES[wanted].removeprefix("payment_method_").replace(".", "_"))
