"""One request and its answer on a connection: uvicorn's cycle, with the whole answer written in one piece.

uvicorn writes what ASGI sends it, head and body one after the other, and looks at every header; two writes wake the
client twice. Our application gives back an answer it has composed itself, and that leaves with one write.
"""

import logging
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from strongroom import errors
from strongroom.http import answer as answers
from strongroom.http import pages
from strongroom.http.answer import Answer
from strongroom.http.app import Application, comes_from_browser

log = logging.getLogger(__name__)


class Exchange(RequestResponseCycle):
    """See above. What is not said here is uvicorn's."""

    async def run_asgi(self, app: Application) -> None:  # type: ignore[override] # ours is the only application there is
        """Have the request answered, and write the answer unless nobody is there any more to read it."""
        if pages.are_at(self.scope["path"]):
            return await super().run_asgi(app.pages)  # type: ignore[arg-type] # it looks into scopes as mappings
        if not self.more_body:
            self.scope["body"] = bytes(self.body)  # type: ignore[typeddict-unknown-key] # an extension of ours
        try:
            answer = await app.answer(self.scope, self.receive)
        except Exception:
            log.exception("the application failed")
            answer = answers.of_error(errors.Unavailable())
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if not self.disconnected:
            self._write(answer)
        return None

    def _write(self, answer: Answer) -> None:
        composed = self._composed(answer)
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        self.transport.write(composed)
        if not self.keep_alive:
            self.transport.close()
        self.on_response()

    def _composed(self, answer: Answer) -> bytes:
        """Return the answer as it leaves; one that cannot is our fault, and whoever waits is told so."""
        first = b"".join([b"%s: %s\r\n" % header for header in self.default_headers])
        how: Any = {
            "from_browser": comes_from_browser(self.scope),
            "keeps_alive": self.keep_alive,
            "with_body": self.scope["method"] != "HEAD",
        }
        try:
            return answer.wire(first, **how)
        except ValueError:
            log.exception("an answer could not be written")
            return answers.of_error(errors.Unavailable()).wire(first, **how)
