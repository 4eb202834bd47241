"""An answer that cannot be written is ours to be sorry for: nobody waits for it in vain."""

import pytest

from strongroom.http.answer import Answer
from strongroom.http.exchange import Exchange

BROKEN = Answer(303, b"", [(b"Location", b"https://example.com/\x01")])


class Transport:
    """What is written to it."""

    def __init__(self):
        self.written = b""
        self.closed = False

    def write(self, data):
        self.written += data

    def close(self):
        self.closed = True


def exchange(transport, *, keep_alive):
    made = Exchange.__new__(Exchange)
    made.transport = transport
    made.keep_alive = keep_alive
    made.default_headers = [(b"Date", b"today")]
    made.scope = {"method": "GET", "headers": [], "path": "/v1/tokens"}
    made.on_response = lambda: None
    return made


@pytest.mark.parametrize("keep_alive", [True, False])
def test_an_answer_with_a_header_that_cannot_be_is_a_500(keep_alive, caplog):
    transport = Transport()
    exchange(transport, keep_alive=keep_alive)._write(BROKEN)
    head, _, body = transport.written.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 500 ")
    assert b"Location" not in head
    assert b'"api_error"' in body
    assert transport.closed is not keep_alive
    assert "an answer could not be written" in caplog.text
