"""Where account links and login links lead.

    GET  /connect/setup/{account}/{mode}/{ticket}         follows an account link, once; leads to its page
    GET  /connect/onboarding/{account}/{mode}/{ticket}    what is asked for
    POST /connect/onboarding/{account}/{mode}/{ticket}    takes it; leads to what else is due, or to `return_url`
    GET  /connect/express/{account}/{mode}/{ticket}       what the account may do

The ticket is all the authority there is; a page holds nothing that its link does not open. A link that has ended or was
followed before leads to the platform's `refresh_url`, as does a page that was left open for too long.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from html import escape
from types import MappingProxyType
from typing import Final, TypeVar
from urllib.parse import parse_qsl

import msgspec

from strongroom import errors, ids, limits
from strongroom.house import House
from strongroom.http import onboarding_html as draw
from strongroom.http.answer import Answer
from strongroom.http.frames import html, redirect
from strongroom.http.request import Request
from strongroom.resources import onboarding
from strongroom.resources import onboarding_forms as forms
from strongroom.resources.call import Call, Origin
from strongroom.resources.caller import Caller, KeyKind
from strongroom.resources.onboarding import DASHBOARD, SETUP, Progress, Ticket
from strongroom.resources.onboarding_forms import Step
from strongroom.store import Rejected
from strongroom.vault import AccountShredded, SealBroken

PREFIX: Final = "/connect/"
_UNPROCESSABLE: Final = 422
T = TypeVar("T")

_PATH: Final = re.compile(
    r"/connect/(setup|onboarding|express)/(acct_[0-9A-Za-z]{1,64})/(test|live)/([0-9A-Za-z_-]{1,8000})",
    re.ASCII,
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
        return _anew(ticket)
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
    agent = request.header(b"user-agent")[: limits.STRING_LENGTH_MAX] or None
    origin = Origin(request.request_id, None, request.client_ip, request.path, agent)
    return Call(house, caller, origin, keyring)


async def _show(request: Request, house: House, call: Call, ticket: Ticket) -> Answer:
    if ticket.purpose == DASHBOARD:
        return html(_dashboard(await onboarding.progress(call)))
    if ticket.purpose == SETUP:
        return await _follow(house, call, ticket)
    if request.method == "POST":
        return await _submit(request, house, call, ticket)
    return await _ask(call, ticket)


async def _follow(house: House, call: Call, ticket: Ticket) -> Answer:
    """Follow a link: it is used up by that."""
    path = await _committed(house, call, lambda fresh: onboarding.follow(fresh, ticket), is_done=bool)
    return _anew(ticket) if path is None else _see(path)


async def _ask(call: Call, ticket: Ticket) -> Answer:
    return _page(await forms.step(call, ticket), ticket)


async def _submit(request: Request, house: House, call: Call, ticket: Ticket) -> Answer:
    sent = _fields(request)
    faults = await _committed(
        house, call, lambda fresh: forms.submit(fresh, ticket, sent), is_done=lambda found: not found
    )
    if faults:
        return _page(await forms.step(call, ticket), ticket, sent=sent, faults=faults, status=_UNPROCESSABLE)
    after = await forms.step(Call(house, call.caller, call.origin, call.keyring), _due(ticket))
    if after.asked.sections:
        return _see(onboarding.session(call, ticket, type=onboarding.ONBOARDING))
    return redirect(ticket.return_url)


def _due(ticket: Ticket) -> Ticket:
    """Whoever has changed what there was is asked for what is due because of it, and for no more."""
    return msgspec.structs.replace(ticket, type=onboarding.ONBOARDING)


def _fields(request: Request) -> dict[str, str]:
    """Return the form's fields, the last of each name.

    Raises:
        errors.ParameterRefused: it is no form of ours.
    """
    try:
        pairs = parse_qsl(
            request.body.decode(),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=limits.PAGE_FORM_FIELDS_MAX,
        )
    except ValueError:
        raise errors.ParameterRefused("The form is not well-formed.") from None
    return dict(pairs)


async def _committed(
    house: House, first: Call, work: Callable[[Call], Awaitable[T]], *, is_done: Callable[[T], bool]
) -> T:
    """Do some work until its commit is accepted; what `is_done` denies is not committed."""
    for _ in range(limits.COMMIT_ATTEMPTS_MAX):
        call = Call(house, first.caller, first.origin, first.keyring)
        result = await work(call)
        if not is_done(result):
            return result
        try:
            await house.store.commit(call.writes)
        except Rejected:
            continue
        call.committed()
        return result
    raise errors.RateLimited("The account is busy. Please try again.")


# -- html -------------------------------------------------------------------------------------------------------------


def _page(
    step: Step,
    ticket: Ticket,
    *,
    sent: Mapping[str, str] = MappingProxyType({}),
    faults: Mapping[str, str] = MappingProxyType({}),
    status: int = 200,
) -> Answer:
    leave = ticket.return_url if onboarding.WEB_ADDRESS.fullmatch(ticket.return_url) else None
    if not step.asked.sections:
        return html(draw.done(step, leave), title="Nothing is missing", style=draw.STYLE)
    body = draw.page(step, sent=sent, faults=faults, leave_url=leave)
    return html(body, status, title=draw.TITLES[bool(faults)], style=draw.STYLE)


def _see(path: str) -> Answer:
    """Lead to another page of ours."""
    return Answer(303, b"", [(b"Location", path.encode())], content_type=b"text/html; charset=utf-8")


def _anew(ticket: Ticket) -> Answer:
    """Lead to where the platform makes another link."""
    return redirect(ticket.refresh_url) if ticket.refresh_url else _not_found()


def _dashboard(progress: Progress) -> str:
    return (
        f"<h1>{escape(progress.account)}</h1>"
        f"<p>Charges are {_on(progress.charges_enabled)}, payouts are {_on(progress.payouts_enabled)}.</p>"
    )


def _on(is_on: bool) -> str:
    return "on" if is_on else "off"


def _not_found() -> Answer:
    return html("<h1>This link leads nowhere</h1><p>Ask whoever sent it for another.</p>", 404)
