"""One connection: what a client can make the server wait for or hold, and how a connection ends."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from uvicorn.server import ServerState

from strongroom.config import Settings
from strongroom.errors import CannotServe
from strongroom.http import server as edge
from strongroom.http.answer import Answer
from strongroom.http.protocol import HEAD_BYTES_MAX, HEAD_SECONDS_MAX, LINGER_SECONDS_MAX, Protocol

FLOOD_BYTES = 64 * 1024 * 1024


class Peer:
    """A bare connection to the server."""

    def __init__(self, connected):
        self.socket = connected
        self.stream = connected.makefile("rb")

    def send(self, *parts):
        self.socket.sendall(b"".join(parts))

    def answer(self):
        """Read one answer: status, headers by lower-case name, body; None if there is no further one."""
        status_line = self.stream.readline()
        if not status_line:
            return None
        lines = iter(self.stream.readline, b"\r\n")
        headers = dict(line.decode().rstrip("\r\n").lower().split(": ", 1) for line in lines)
        body = self.stream.read(int(headers["content-length"]))
        return int(status_line.split()[1]), headers, json.loads(body)

    def is_closed(self):
        """Wait for the other end to be closed; what still comes is not expected."""
        try:
            return self.stream.read() == b""
        except ConnectionResetError:
            return True

    def flood(self, chunk):
        """Send `chunk` again and again; return how many bytes went until the server would not have more."""
        sent = 0
        try:
            while sent < FLOOD_BYTES:
                self.socket.sendall(chunk)
                sent += len(chunk)
        except (ConnectionResetError, BrokenPipeError):
            return sent
        raise AssertionError("the server takes everything")


@pytest.fixture
def connect(server):
    """Open bare connections to the server, closed when the test is over."""

    @contextmanager
    def opened():
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connected:
            peer = Peer(connected)
            with peer.stream:
                yield peer

    return opened


@pytest.fixture
def head(secret_key):
    """Write the head of a request with the account's key."""

    def write(start_line, *lines):
        own = ["Host: x", f"Authorization: Bearer {secret_key}", *lines]
        return "\r\n".join([f"{start_line} HTTP/1.1", *own, "", ""]).encode()

    return write


def form(text):
    return "Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(text)}"


def names(get):
    return sorted(customer["name"] for customer in get("/v1/customers").json["data"])


# -- heads ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("begun", [b"GET /", b"GET / HTTP/1.1\r\nx: ", b"GET / HTTP/1.1\r\n"])
def test_a_header_block_without_end_is_refused_and_the_connection_closed(connect, get, begun):
    with connect() as peer:
        peer.send(
            begun, b"a:b\r\n" * (HEAD_BYTES_MAX // 5) if begun.endswith(b"\n") else b"a" * HEAD_BYTES_MAX
        )
        status, headers, body = peer.answer()
        assert (status, headers["connection"]) == (431, "close")
        assert body == {
            "error": {"message": "The request's headers are too large.", "type": "invalid_request_error"}
        }
        assert peer.is_closed()
    assert get("/v1/customers").status == 200


def test_a_flood_of_headers_is_not_read_to_its_end(connect):
    with connect() as peer:
        peer.send(b"GET / HTTP/1.1\r\n")
        assert peer.flood(b"a: b\r\n" * 10_000) < FLOOD_BYTES


def test_empty_lines_are_no_way_to_stay(connect):
    with connect() as peer:
        assert peer.flood(b"\r\n" * 10_000) < FLOOD_BYTES


def test_half_a_head_is_closed_after_its_time_and_nobody_else_notices(connect, head, get):
    """Of a new connection, one that has been used, one whose second head came with the first, and one that drips."""
    request = head("GET /v1/customers")
    with connect() as new, connect() as used, connect() as packed, connect() as dripping, connect() as good:
        used.send(request)
        assert used.answer()[0] == 200
        began = time.monotonic()
        new.send(b"GET / HT")
        used.send(request[:-2])
        packed.send(request, request[:-2])
        assert packed.answer()[0] == 200
        for _ in range(HEAD_SECONDS_MAX - 2):
            dripping.send(b"\r\n")
            good.send(request)
            assert good.answer()[0] == 200
            time.sleep(1)
        for peer in (new, used, packed, dripping):
            status, headers, _ = peer.answer()
            assert (status, headers["connection"]) == (408, "close")
            assert peer.is_closed()
            assert HEAD_SECONDS_MAX - 1 < time.monotonic() - began < HEAD_SECONDS_MAX + 4
        good.send(request)
        assert good.answer()[0] == 200
    assert get("/v1/customers").status == 200


def test_a_head_that_comes_slowly_but_in_time_is_served(connect, head):
    with connect() as peer:
        for byte in head("GET /v1/customers"):
            peer.send(bytes([byte]))
        assert peer.answer()[0] == 200


def test_what_is_no_http_gets_one_refusal_and_the_end(connect):
    with connect() as peer:
        peer.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc")
        status, headers, body = peer.answer()
        assert (status, headers["connection"], body["error"]["type"]) == (
            400,
            "close",
            "invalid_request_error",
        )
        assert peer.is_closed()


# -- upgrades ---------------------------------------------------------------------------------------------------------

UPGRADES = {
    "h2c": (
        "Connection: Upgrade, HTTP2-Settings",
        "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA",
    ),
    "websocket": ("Connection: Upgrade", "Upgrade: websocket"),
    "tls": ("Upgrade: TLS/1.0", "Connection: keep-alive, upgrade"),
}


@pytest.mark.parametrize("upgrade", UPGRADES)
@pytest.mark.parametrize("pieces", ["at once", "body apart", "byte by byte"])
def test_a_wish_for_another_protocol_costs_no_body(connect, head, get, upgrade, pieces):
    body = b"name=A"
    request = head("POST /v1/customers", *UPGRADES[upgrade], *form(body))
    with connect() as peer:
        if pieces == "at once":
            peer.send(request, body)
        elif pieces == "body apart":
            peer.send(request)
            assert get("/v1/customers").json["data"] == []
            peer.send(body)
        else:
            for byte in request + body:
                peer.send(bytes([byte]))
        status, headers, customer = peer.answer()
        assert (status, customer["name"], headers.get("connection")) == (200, "A", None)
        peer.send(head("GET /v1/customers"))
        assert [one["id"] for one in peer.answer()[2]["data"]] == [customer["id"]]
    assert names(get) == ["A"]


def test_the_body_of_an_upgrade_is_never_the_next_request(connect, head, get):
    smuggled = head("POST /v1/customers?name=smuggled")
    with connect() as peer:
        peer.send(head("POST /v1/customers", *UPGRADES["h2c"], *form(smuggled)), smuggled)
        assert peer.answer()[0] == 400
        peer.send(head("GET /v1/customers"))
        assert peer.answer()[2]["data"] == []
    assert names(get) == []


def test_upgrades_in_one_packet_are_each_served_in_turn(connect, head, get):
    bodies = [b"name=A", b"6\r\nname=B\r\n0\r\n\r\n", b"name=C"]
    lengths = [form(bodies[0]), ("Transfer-Encoding: chunked",), form(bodies[2])]
    requests = [head("POST /v1/customers", *UPGRADES["h2c"], *length) for length in lengths]
    with connect() as peer:
        peer.send(*(request + body for request, body in zip(requests, bodies, strict=True)))
        assert [peer.answer()[2]["name"] for _ in bodies] == ["A", "B", "C"]
    assert names(get) == ["A", "B", "C"]


def test_a_tunnel_is_refused(connect):
    with connect() as peer:
        peer.send(b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n")
        assert peer.answer()[0] == 400
        assert peer.is_closed()


# -- bodies and ends --------------------------------------------------------------------------------------------------


def test_after_a_refusal_for_size_the_connection_is_closed(connect, head, get):
    too_much = {
        413: head("POST /v1/customers", "Content-Length: 9999999"),
        414: head("GET /v1/customers?name=" + "x" * 9000),
        431: head("GET /v1/customers", *("a: b" for _ in range(80))),
    }
    for expected, request in too_much.items():
        with connect() as peer:
            peer.send(request)
            status, headers, _ = peer.answer()
            assert (status, headers["connection"]) == (expected, "close")
            assert peer.is_closed()
    assert names(get) == []


def test_headers_that_are_too_many_bytes_close_the_connection(connect, head):
    with connect() as peer:
        peer.send(head("GET /v1/customers", "a: " + "x" * 20_000))
        status, headers, _ = peer.answer()
        assert (status, headers["connection"]) == (431, "close")
        assert peer.is_closed()


def test_a_body_of_moderate_size_keeps_the_connection(connect, head, get):
    body = b"name=A&description=" + b"x" * 4_000 + b"&expand[]=" * 2_000
    with connect() as peer:
        for _ in range(2):
            peer.send(head("POST /v1/customers", *form(body)), body)
            _, headers, _ = peer.answer()
            assert "connection" not in headers


@pytest.mark.parametrize("length", ["Content-Length: 999999999", "Transfer-Encoding: chunked"])
def test_a_body_that_is_refused_is_not_read_to_its_end(connect, head, length, get):
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with connect() as peer:
        peer.send(head("POST /v1/customers", length))
        assert peer.flood(chunk) < FLOOD_BYTES
    assert names(get) == []


@pytest.mark.parametrize("path", ["OPTIONS /v1/customers", "POST /healthz"])
def test_who_is_answered_without_his_body_is_not_waited_for(connect, head, path):
    with connect() as peer:
        peer.send(head(path, "Content-Length: 100"))
        status, headers, _ = peer.answer()
        assert (status, headers["connection"]) == (200, "close")
        assert peer.is_closed()


def test_trailers_have_no_end_to_reach_and_no_say(connect, head, get, secret_key):
    chunked = b"6\r\nname=A\r\n0\r\n"
    request = head("POST /v1/customers", "Transfer-Encoding: chunked")
    with connect() as peer:
        peer.send(
            request, chunked, f"Authorization: Bearer {secret_key}x\r\nStripe-Version: -\r\n\r\n".encode()
        )
        assert peer.answer()[2]["name"] == "A"
    with connect() as peer:
        peer.send(request, chunked)
        assert peer.flood(b"a: b\r\n" * 10_000) < FLOOD_BYTES
    assert names(get) == ["A"]


def test_a_malformed_body_is_not_acted_on_and_answered_once(connect, head, get):
    with connect() as peer:
        peer.send(head("POST /v1/customers", "Transfer-Encoding: chunked"), b"6\r\nname=A\r\n")
        peer.send(b"no size\r\n")
        assert peer.answer()[0] == 400
        assert peer.is_closed()
    assert names(get) == []


def test_requests_in_a_row_and_in_one_packet_are_served_in_order(connect, head, get):
    def create(name):
        return head("POST /v1/customers", *form(b"name=" + name)) + b"name=" + name

    with connect() as peer:
        for name in (b"A", b"B"):
            peer.send(create(name))
            _, headers, customer = peer.answer()
            assert (customer["name"], headers.get("connection")) == (name.decode(), None)
        peer.send(create(b"C"), create(b"D"), create(b"E"))
        assert [peer.answer()[2]["name"] for _ in range(3)] == ["C", "D", "E"]
        peer.send(head("GET /v1/customers", "Connection: close"))
        assert len(peer.answer()[2]["data"]) == 5
        assert peer.is_closed()
    assert names(get) == ["A", "B", "C", "D", "E"]


def test_what_came_before_rubbish_is_answered(connect, head, get):
    with connect() as peer:
        peer.send(head("POST /v1/customers", *form(b"name=A")), b"name=A", b"\x00\x01rubbish\r\n\r\n")
        status, headers, customer = peer.answer()
        assert (status, customer["name"], headers["connection"]) == (200, "A", "close")
        assert peer.is_closed()
    assert names(get) == ["A"]


# -- how long an end may take ------------------------------------------------------------------------------------------


class RefuseUnread:
    """An application that answers without a look at the body."""

    async def answer(self, scope, receive):
        return Answer(413, b"{}")


@contextmanager
def silence_after(sent):
    """What the server holds for a client that sends this, waits for the answer, if any, and stays; and how it asks again."""

    state = ServerState()
    config = edge._configuration(RefuseUnread())
    config.load()
    ours, theirs = socket.socketpair()

    async def begin():
        loop = asyncio.get_running_loop()
        await loop.connect_accepted_socket(lambda: Protocol(config, state, {}), ours)
        streams = await asyncio.open_connection(sock=theirs)
        if sent:
            await ask(streams)
        return streams

    async def ask(streams):
        reader, writer = streams
        writer.write(sent)
        await reader.readuntil(b"{}")

    async def is_left_at(now):
        for connection in list(state.connections):
            connection.look(now)
        await asyncio.sleep(0)
        return bool(state.connections)

    async def end(streams):
        streams[1].close()
        await streams[1].wait_closed()

    with asyncio.Runner() as runner:
        streams = runner.run(begin())
        yield lambda now: runner.run(is_left_at(now)), lambda: runner.run(ask(streams))
        runner.run(end(streams))


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [(b"", 75), (b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n", LINGER_SECONDS_MAX)],
    ids=["who never says a word", "who stays after the last word"],
)
def test_a_client_is_not_waited_for_without_end(sent, seconds):
    with silence_after(sent) as (is_left_at, _):
        assert [is_left_at(1000.0 + after) for after in (0, seconds - 0.1, seconds)] == [True, True, False]


def test_a_connection_is_idle_since_its_last_request():
    with silence_after(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n") as (is_left_at, ask_again):
        assert [is_left_at(1000.0), is_left_at(1074.9)] == [True, True]
        ask_again()
        assert [is_left_at(1075.0), is_left_at(1149.9), is_left_at(1150.0)] == [True, True, False]


# -- processes --------------------------------------------------------------------------------------------------------


def test_a_process_whose_memory_could_be_dumped_does_not_serve(monkeypatch, tmp_path):
    monkeypatch.setattr(edge, "harden_process", lambda: False)
    settings = Settings(data_dir=tmp_path / "data")
    with socket.socket() as listener:
        for begin in (
            lambda: asyncio.run(edge._serve(settings, listener, None)),
            lambda: asyncio.run(edge._prepare_alone(settings, None)),
            lambda: edge._supervise(settings, listener),
        ):
            with pytest.raises(CannotServe, match="core dumps of this process are possible"):
                begin()
    assert not settings.data_dir.exists()


def test_workers_that_end_early_are_started_again_ever_later_until_there_is_no_point():
    restarts = edge.Restarts()
    assert [restarts.pause_after(1.0) for _ in range(4)] == [0.25, 0.5, 1.0, 2.0]
    assert restarts.pause_after(60.0) == 0.0
    assert [restarts.pause_after(9.9) for _ in range(4)] == [0.25, 0.5, 1.0, 2.0]
    with pytest.raises(CannotServe, match="within 10 seconds of their start, 5 times in a row"):
        restarts.pause_after(0.0)


SUPERVISE = """
import socket, sys
from pathlib import Path
from strongroom.config import Settings
from strongroom.http import server
with socket.create_server(("127.0.0.1", 0)) as listener:
    unreachable = "postgresql://nobody@127.0.0.1:1/none"
    server._supervise(Settings(data_dir=Path(sys.argv[1]), database=unreachable, workers=2), listener)
"""


@pytest.fixture
def supervisor(tmp_path):
    """A supervisor whose workers cannot start."""
    with (tmp_path / "stderr").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISE, str(tmp_path / "data")], stderr=log, start_new_session=True
        )
    process.log = tmp_path / "stderr"
    yield process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_workers_that_cannot_start_end_the_server_with_an_error(supervisor):
    assert supervisor.wait(timeout=90) == 1
    said = supervisor.log.read_text()
    assert said.rstrip().endswith("workers end within 10 seconds of their start, 5 times in a row")
    assert 5 <= said.count("Process SpawnProcess-") <= 10


def test_a_supervisor_that_waits_to_try_again_stops_at_once_when_told(supervisor):
    while "Process SpawnProcess-" not in supervisor.log.read_text():
        time.sleep(0.05)
    supervisor.terminate()
    assert supervisor.wait(timeout=10) == 0
