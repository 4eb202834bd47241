"""The benchmark's own honesty: what it sends, what it counts, what it refuses to count, and its arithmetic."""

import asyncio
import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"


@pytest.fixture
def bench(monkeypatch):
    """The benchmark's modules are scripts beside each other; make them importable for one test."""
    monkeypatch.syspath_prepend(str(BENCH))


class Answering:
    """A server on loopback that gives prepared answers in pieces, and remembers what it was asked."""

    def __init__(self, *pieces, status=b"200 OK"):
        self.pieces = [b"HTTP/1.1 " + status + b"\r\n" + pieces[0], *pieces[1:]]
        self.requests = []

    async def __call__(self, reader, writer):
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = re.search(rb"Content-Length: (\d+)", head)
                self.requests.append(head + await reader.readexactly(int(length[1]) if length else 0))
                for piece in self.pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0)
        except asyncio.IncompleteReadError:
            writer.close()


def load_against(answering, *arguments):
    """Run the load generator, as the benchmark does, against `answering`."""

    async def serve_and_load():
        server = await asyncio.start_server(answering, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        command = [sys.executable, str(BENCH / "load.py"), *arguments, f"--port={port}"]
        load = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = await load.communicate()
        server.close()
        return load.returncode, out.decode(), err.decode()

    return asyncio.run(serve_and_load())


def test_every_request_has_its_own_idempotency_key_and_is_counted_once():
    """A key used twice would be replayed, which is far cheaper than the work we want to measure."""
    server = Answering(b"Content-Length: 2\r\n\r\n", b"{}")
    status, out, _ = load_against(server, "create-token", "--connections=4", "--requests=50")
    assert status == 0
    assert json.loads(out)["requests"] == len(server.requests) == 50
    keys = {re.search(rb"Idempotency-Key: (\S+)", request)[1] for request in server.requests}
    assert len(keys) == 50


def test_a_card_token_is_asked_for_as_the_official_client_asks():
    server = Answering(b"Content-Length: 2\r\n\r\n{}")
    load_against(server, "create-token", "--connections=1", "--requests=1")
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/tokens HTTP/1.1\r\n")
    assert b"Authorization: Bearer sk_test_" in head
    assert body.startswith(
        b"card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2034&card[cvc]=123&"
    )


def test_an_answer_in_many_pieces_is_one_answer():
    server = Answering(b"Content-Le", b"ngth: 20\r\n", b"\r", b"\n0123456789", b"0123456789")
    status, out, _ = load_against(server, "create-customer", "--connections=2", "--requests=10")
    assert (status, json.loads(out)["requests"], len(server.requests)) == (0, 10, 10)


@pytest.mark.parametrize(
    ("pieces", "http_status", "complaint"),
    [
        ((b"Content-Length: 9\r\n\r\n", b"forbidden"), b"403 Forbidden", "403 Forbidden"),
        ((b"Content-Length: 9\r\n\r\n", b"exploded!"), b"500 Internal Server Error", "exploded!"),
        (
            (b"Transfer-Encoding: chunked\r\n\r\n", b"2\r\n{}\r\n0\r\n\r\n"),
            b"200 OK",
            "without Content-Length",
        ),
    ],
)
def test_what_is_not_a_plain_200_is_no_result(pieces, http_status, complaint):
    """A server that refuses everything would win every benchmark."""
    status, out, err = load_against(Answering(*pieces, status=http_status), "create-token", "--requests=5")
    assert (status, out) == (1, "")
    assert complaint in err


def test_a_connection_that_breaks_is_no_result():
    async def hang_up(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    status, out, err = load_against(hang_up, "create-token", "--requests=5")
    assert (status, out) == (1, "")
    assert "closed a connection before its answer was complete" in err


def test_a_slow_server_gets_a_longer_window():
    """A rate from one or two answers is luck; the window's length is what was really waited."""
    server = Answering(b"Content-Length: 2\r\n\r\n{}")
    begun = time.monotonic()
    _, out, _ = load_against(server, "create-token", "--connections=1", "--seconds=0", "--at-least=30")
    result = json.loads(out)
    assert result["requests"] == 30
    assert 0 < result["seconds"] < time.monotonic() - begun
    assert result["per_second"] == pytest.approx(30 / result["seconds"])


def test_what_was_made_can_be_retrieved(tmp_path):
    body = b'{"card": {"id": "card_1"}, "id": "tok_1"}'
    maker = Answering(b"Content-Length: %d\r\n\r\n" % len(body), body)
    load_against(maker, "create-token", "--connections=2", "--requests=3", f"--harvest={tmp_path / 'ids'}")
    assert (tmp_path / "ids").read_text().split() == ["tok_1"] * 3
    shower = Answering(b"Content-Length: 2\r\n\r\n{}")
    load_against(shower, "retrieve-token", "--requests=4", f"--targets={tmp_path / 'ids'}")
    assert {request.partition(b" HTTP")[0] for request in shower.requests} == {b"GET /v1/tokens/tok_1"}
    assert len(shower.requests) == 4


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.001, 1)])
def test_percentiles_are_nearest_rank(bench, share, expected):
    from load import percentile

    assert percentile(list(range(1, 101)), share) == expected
    assert percentile([7], share) == 7


def test_a_ratio_compares_within_a_round(bench):
    """The machine was twice as fast in the second round: for both, so it must not show."""
    from table import Sample, ratio

    ours = [Sample(100, 1, 1, 1), Sample(200, 1, 1, 1), Sample(120, 1, 1, 1)]
    theirs = [Sample(10, 1, 1, 1), Sample(20, 1, 1, 1), Sample(10, 1, 1, 1)]
    assert ratio(ours, theirs) == 10.0
    assert ratio(ours, []) is None


def test_the_table_shows_medians_and_keeps_the_candidates_order(bench):
    from table import Place, Results, Sample, throughput_table

    results = Results({"sqlite": "Strongroom, SQLite", "localstripe": "localstripe"})
    place = Place("empty", "create-token", 16)
    for rate in (9000.0, 1000.0, 8000.0):
        results.add(place, "sqlite", Sample(rate, 1500.0, 9900.0, 101.0))
        results.add(place, "localstripe", Sample(rate / 20, 50_000.0, 100_000.0, 3300.0))
    results.objects = {("empty", "sqlite"): 0, ("empty", "localstripe"): 0}
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in throughput_table(results, "empty").split("\n")
    ]
    assert rows[2] == [
        "create-token",
        "16",
        "Strongroom, SQLite",
        "0",
        "8,000",
        "20.0",
        "1.50",
        "9.90",
        "101",
    ]
    assert rows[3] == ["create-token", "16", "localstripe", "0", "400", "1.00", "50.0", "100", "3,300"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(12345.6, "12,346"), (100.0, "100"), (99.94, "99.9"), (9.994, "9.99"), (0.5, "0.500"), (0.0, "0.000")],
)
def test_numbers_keep_three_digits(bench, value, text):
    from table import number

    assert number(value) == text


def test_only_narrows_what_it_speaks_of(bench):
    from run import plan_from

    plan = plan_from(["--only", "sqlite", "--only", "create-token", "--rounds", "5"])
    assert (plan.candidates, plan.kinds, plan.stores) == (("sqlite",), ("create-token",), ("empty", "full"))
    assert (plan.rounds, plan.connections, plan.objects) == (5, (1, 16, 64), 100_000)
