"""`kill -9` in the middle of writes: what was acknowledged is there after a restart, whole, with its events.

A kill proves atomicity and that nothing is acknowledged early in the process; that a power cut loses nothing either
rests on the flush settings, which start-up checks.
"""

import json
import random
import threading
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode

import apsw
import pytest

from support.server import Server

KEY = "sk_test_crash"
CARD = {
    "card[number]": "4242424242424242",
    "card[exp_month]": "12",
    "card[exp_year]": "2034",
    "card[cvc]": "314",
}
CLIENTS = 8


class Hammer:
    """Clients that write as fast as they are answered, and remember each answer."""

    def __init__(self, server, stop_after):
        self.server = server
        self.stop_after = stop_after
        self.acknowledged = {}
        self.enough = threading.Event()
        self.clients = [threading.Thread(target=self.write, args=(number,)) for number in range(CLIENTS)]

    def write(self, client):
        connection = HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        try:
            for number in range(100_000):
                key = f"{client}-{number}"
                path, params = (
                    ("/v1/tokens", CARD)
                    if number % 2
                    else ("/v1/customers", {"name": key, "source": "tok_visa"})
                )
                connection.request("POST", path, urlencode(params), self.headers(key))
                reply = connection.getresponse()
                body = reply.read()
                assert reply.status == 200
                self.acknowledged[key] = (path, params, body)
                if len(self.acknowledged) >= self.stop_after:
                    self.enough.set()
        except (OSError, HTTPException):
            return
        finally:
            connection.close()

    @staticmethod
    def headers(key):
        form = "application/x-www-form-urlencoded"
        return {"Authorization": f"Bearer {KEY}", "Idempotency-Key": key, "Content-Type": form}

    def until_killed(self):
        for client in self.clients:
            client.start()
        assert self.enough.wait(60)
        self.server.kill()
        for client in self.clients:
            client.join()
        return self.acknowledged


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_nothing_acknowledged_is_lost_and_nothing_is_half_there(tmp_path, database_for, engine, seed):
    server = Server(tmp_path / "data", database_for(engine)).start()
    acknowledged = Hammer(server, random.Random(seed).randint(50, 400)).until_killed()

    with server.start():
        verify(server, acknowledged)
    checked = server.command("check")
    assert checked.stdout == "0 faults\n", checked.stderr


def verify(server, acknowledged):
    """Everything that was acknowledged is there to the byte, and every customer has its event and no other."""
    for key, (path, params, body) in acknowledged.items():
        again = server.request("POST", path, params, key=KEY, headers={"Idempotency-Key": key})
        assert (again.body, again.headers.get("Idempotent-Replayed")) == (body, "true")
        stored = server.request("GET", f"{path}/{json.loads(body)['id']}", key=KEY)
        assert stored.json == json.loads(body)
    stripe = server.client(KEY).v1
    customers = {one.id for one in stripe.customers.list({"limit": 100}).auto_paging_iter()}
    events = stripe.events.list({"type": "customer.created", "limit": 100}).auto_paging_iter()
    assert {event.data.object["id"] for event in events} == customers


@pytest.mark.parametrize(
    ("lost", "where"),
    [
        ("customers", "true"),
        ("events", "type = 'customer.created'"),
        ("idempotency_keys", "true"),
        ("tokens", "true"),
    ],
)
def test_a_planted_loss_is_noticed(tmp_path, lost, where):
    server = Server(tmp_path / "data").start()
    acknowledged = Hammer(server, 20).until_killed()
    with server.start():
        verify(server, acknowledged)
    database = apsw.Connection(str(tmp_path / "data" / "strongroom.db"))
    database.execute(f"DELETE FROM {lost} WHERE seq = (SELECT min(seq) FROM {lost} WHERE {where})")
    database.close()
    with server.start(), pytest.raises(AssertionError):
        verify(server, acknowledged)


def test_a_server_that_is_asked_to_stop_finishes_what_it_accepted(tmp_path):
    with Server(tmp_path / "data") as server:
        created = server.client(KEY).v1.customers.create({"name": "A"})
        assert server.stop() == 0
    with server.start():
        assert server.client(KEY).v1.customers.retrieve(created.id).name == "A"
