"""Where account links and login links lead: two pages, of which one has a button.

    GET  /connect/setup/{account}/{mode}/{ticket}      what is missing, and a button that accepts the terms
    POST /connect/setup/{account}/{mode}/{ticket}      accepts them and goes on to the platform's `return_url`
    GET  /connect/express/{account}/{mode}/{ticket}    what the account may do

The ticket is all the authority there is; a page holds nothing that its link does not open.
"""

import re
from html import escape
from typing import Final

from strongroom import errors, ids, limits
from strongroom.house import House
from strongroom.http.answer import Answer
from strongroom.http.frames import html, redirect
from strongroom.http.request import Request
from strongroom.resources import onboarding
from strongroom.resources.call import Call, Origin
from strongroom.resources.caller import Caller, KeyKind
from strongroom.resources.onboarding import DASHBOARD, Progress, Ticket
from strongroom.store import Rejected
from strongroom.vault import AccountShredded, SealBroken

PREFIX: Final = "/connect/"
_PATH: Final = re.compile(
    r"/connect/(setup|express)/(acct_[0-9A-Za-z]{1,64})/(test|live)/([0-9A-Za-z_-]{1,8000})", re.ASCII
)


async def page(request: Request, house: House) -> Answer:
    """Answer a request for one of the pages."""
    request.request_id = ids.new("req")
    match = _PATH.fullmatch(request.path)
    if match is None:
        return _not_found()
    purpose, account, mode, text = match.groups()
    request.route = f"{request.method} {PREFIX}{purpose}"
    call = await _call(request, house, account, livemode=mode == "live")
    ticket = None if call is None else onboarding.opened(call.keyring, account, text)
    if call is None or ticket is None or ticket.purpose != purpose:
        return _not_found()
    if ticket.expires_at <= call.now:
        return redirect(ticket.refresh_url) if ticket.refresh_url else _not_found()
    try:
        return await _show(request, house, call, ticket)
    except errors.Forbidden:
        return _not_found()


async def _call(request: Request, house: House, account: str, *, livemode: bool) -> Call | None:
    """Return a call that acts on a connected account as its platform does, or None if there is no such account."""
    row = await house.store.get("accounts", account, livemode, account)
    if row is None or row.columns["platform"] is None:
        return None
    try:
        keyring = await house.keyring(account, livemode)
    except (AccountShredded, SealBroken):
        return None
    caller = Caller(account, livemode, KeyKind.SECRET, row.columns["platform"], masked_key="")
    return Call(house, caller, Origin(request.request_id, None, request.client_ip, request.path), keyring)


async def _show(request: Request, house: House, call: Call, ticket: Ticket) -> Answer:
    if ticket.purpose == DASHBOARD:
        return html(_dashboard(await onboarding.progress(call)))
    if request.method == "POST":
        await _accept(request, house, call)
        return redirect(ticket.return_url)
    return html(_setup(await onboarding.progress(call)))


async def _accept(request: Request, house: House, first: Call) -> None:
    user_agent = request.header(b"user-agent")[: limits.STRING_LENGTH_MAX]
    for _ in range(limits.COMMIT_ATTEMPTS_MAX):
        call = Call(house, first.caller, first.origin, first.keyring)
        await onboarding.accept_terms(call, user_agent)
        try:
            return await house.store.commit(call.writes)
        except Rejected:
            continue
    raise errors.RateLimited("The account is busy. Please try again.")


# -- html -------------------------------------------------------------------------------------------------------------


def _setup(progress: Progress) -> str:
    due = [path for path in progress.currently_due if not path.startswith("tos_acceptance.")]
    missing = "".join(f"<li><code>{escape(path)}</code></li>" for path in due)
    listed = f"<p>Your platform still has to be given:</p><ul>{missing}</ul>" if due else ""
    button = "Continue" if progress.has_accepted else "Accept the terms and continue"
    return (
        f"<h1>Set up {escape(progress.account)}</h1>{listed}"
        f'<form method="post"><button type="submit">{button}</button></form>'
    )


def _dashboard(progress: Progress) -> str:
    return (
        f"<h1>{escape(progress.account)}</h1>"
        f"<p>Charges are {_on(progress.charges_enabled)}, payouts are {_on(progress.payouts_enabled)}.</p>"
    )


def _on(is_on: bool) -> str:
    return "on" if is_on else "off"


def _not_found() -> Answer:
    return html("<h1>This link leads nowhere</h1><p>Ask whoever sent it for another.</p>", 404)
