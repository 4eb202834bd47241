"""Pages of this process, asked for as the edge asks, with the cookie of one session."""

from http.cookies import SimpleCookie
from urllib.parse import urlencode

from strongroom.dashboard.arrival import SCOPE_KEY, Arrival
from strongroom.vault.people import PeopleKeys


class Browser:
    """Sends requests to the pages as uvicorn would, with the cookie of one session."""

    def __init__(self, app, house, secret):
        self.app, self.house, self.secret = app, house, secret

    async def send(self, method, path, **fields):
        """Return the status, where it leads, and the text."""
        path, _, query = path.partition("?")
        if method == "POST":
            fields["token"] = PeopleKeys(self.house.vault).form_token(self.secret)
        body, sent = urlencode(fields).encode(), []
        headers = {
            "host": "here",
            "sec-fetch-site": "same-origin",
            "content-type": "application/x-www-form-urlencoded",
            "cookie": f"__Host-strongroom={self.secret}",
        }
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            SCOPE_KEY: Arrival("req_1", "192.0.2.1", is_secure=True, over_tls=True),
        }

        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message):
            sent.append(message)

        await self.app(scope, receive, send)
        given = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        if "set-cookie" in given:
            (cookie,) = SimpleCookie(given["set-cookie"]).values()
            assert (cookie["secure"], cookie["httponly"], cookie["path"]) == (True, True, "/")
            self.secret = cookie.value
        return sent[0]["status"], given.get("location"), sent[1]["body"].decode()
