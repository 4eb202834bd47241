"""One request of somebody who is signed in: who they are, what they may do, and in which mode they are looking."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from strongroom import errors, limits
from strongroom.dashboard.arrival import Arrival
from strongroom.dashboard.forms import Form
from strongroom.dashboard.rendering import render
from strongroom.domain.roles import Act, may
from strongroom.house import House
from strongroom.resources.audit import Actor
from strongroom.resources.call import Call, Origin
from strongroom.resources.caller import Caller, KeyKind
from strongroom.resources.kind import Stored
from strongroom.vault.people import PeopleKeys

MODES: Final = ("test", "live")
OWNER: Final = "owner"

# What a page says once after it was sent here; the address holds the word, never the sentence.
NOTICES: Final = {
    "key_revoked": "The key has ended.",
    "key_changed": "The key was changed.",
    "password_changed": "Your password was changed. Your other sessions have ended.",
    "session_ended": "The session has ended.",
    "person_changed": "The person was changed.",
    "configuration_changed": "The configuration was saved.",
    "configuration_created": "The configuration was created.",
    "default_changed": "New payments use this configuration unless they name another.",
    "edits_applied": "The changes are live.",
    "edits_discarded": "The changes were discarded.",
    "preferences_saved": "The preferences were saved.",
    "endpoint_changed": "The endpoint was changed.",
    "endpoint_enabled": "The endpoint is switched on. What it missed is not sent by itself.",
    "endpoint_disabled": "The endpoint is switched off.",
    "endpoint_deleted": "The endpoint was deleted.",
    "event_resent": "The event is sent again.",
    "domain_registered": "The domain is registered.",
    "domain_enabled": "The domain is switched on.",
    "domain_disabled": "The domain is switched off: no wallet is shown on it.",
    "domain_validated": "The domain was looked at again.",
}


@dataclass(slots=True)
class Visit:
    """See the module."""

    house: House
    request: Request
    arrival: Arrival
    secret: str
    """What the cookie holds."""
    session: Stored
    person: Stored | None
    """None: the account's key was shown, which only the sandbox accepts."""
    mode: str
    """`test` or `live`; pages of neither mode are shown in `test`."""
    form: Form

    @property
    def account(self) -> str:
        """The account whose dashboard this is."""
        return self.session.row.account

    @property
    def livemode(self) -> bool:
        """Whether the page is about live mode."""
        return self.mode == "live"

    @property
    def role(self) -> str:
        """What the visitor is; a key of the sandbox may do everything."""
        return OWNER if self.person is None else str(self.person.doc["role"])

    @property
    def name(self) -> str:
        """What the visitor is called in the audit log."""
        return str(self.session.doc["name"] if self.person is None else self.person.doc["email"])

    @property
    def actor(self) -> Actor:
        """The visitor, for the audit log."""
        return Actor(self.name, self.arrival.client_ip, self.arrival.request_id)

    def may(self, act: Act) -> bool:
        """Whether the visitor's role allows an act."""
        return may(self.role, act)

    def check(self, act: Act) -> None:
        """Refuse what the role does not allow.

        Raises:
            errors.Forbidden: it does not.
        """
        if not self.may(act):
            raise errors.Forbidden(
                "Your role does not allow this. Ask an owner or administrator of the account."
            )

    @property
    def is_fresh(self) -> bool:
        """Whether the second factor was shown just now. Keys of the sandbox have none."""
        if self.person is None:
            return True
        shown = self.session.doc["factor_at"]
        return shown is not None and self.house.clock.now() < shown + limits.STEP_UP_SECONDS

    async def call(self) -> Call:
        """Return a fresh call on the account, in the page's mode, with all the rights of a secret key."""
        caller = Caller(
            self.account,
            self.livemode,
            KeyKind.SECRET,
            self.account,
            self.name,
            country=self.session.doc["country"],
        )
        origin = Origin(self.arrival.request_id, None, self.arrival.client_ip, self.request.url.path)
        return Call(self.house, caller, origin, await self.house.keyring(self.account, self.livemode))

    # -- answers ----------------------------------------------------------------------------------------------------

    def url(self, path: str) -> str:
        """Return the address of a page of this mode."""
        return f"/dashboard/{self.mode}{path}"

    def page(self, template: str, *, status: int = 200, **context: Any) -> Response:
        """Return a page with everything that all pages have."""
        notice = NOTICES.get(self.request.query_params.get("done", ""))
        shared = {"visit": self, "notice": notice, "problem": None, "token": self.form_token, "Act": Act}
        return render(template, {**shared, **context}, status=status)

    def go(self, path: str, *, done: str = "") -> Response:
        """Send the browser to another page of this mode, which says what was done."""
        joint = "&" if "?" in path else "?"
        return RedirectResponse(self.url(path) + (f"{joint}done={done}" if done else ""), status_code=303)

    @property
    def form_token(self) -> str:
        """What every form of this session carries."""
        return PeopleKeys(self.house.vault).form_token(self.secret)

    @property
    def here(self) -> str:
        """The page's own address, quoted, for coming back to it."""
        url = self.request.url
        return quote(url.path + (f"?{url.query}" if url.query else ""), safe="")

    def other_mode(self) -> str:
        """The address of the same area in the other mode."""
        other = MODES[not self.livemode]
        area = self.request.url.path.removeprefix(f"/dashboard/{self.mode}").split("/")[:2]
        return f"/dashboard/{other}{'/'.join(area)}"
