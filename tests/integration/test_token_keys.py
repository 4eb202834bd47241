"""Who may make and see which token: every operation × every kind of key × both modes × platform or connected account.

One table says what each is answered. The server is no sandbox, so that restricted keys hold what they were given.
"""

import itertools
import re

import pytest

from support.server import Server

KEY = re.compile(r"  ((?:sk|pk)_(?:test|live)_[0-9A-Za-z]{38})")
MODES = ("test", "live")
# Whose key, and on whose account: the platform's on its own, the platform's on a connected one, and that one's own.
PLACES = ("platform", "connected", "own")

# What a restricted key may do, by the name it has below.
PERMISSIONS = {
    "rk_write": ("token=write", "customer=read"),
    "rk_write_alone": ("token=write",),
    "rk_read": ("token=read", "customer=write"),
    "rk_none": ("payment_method=write",),
}
KINDS = ("sk", "pk", *PERMISSIONS)

CARD = {"card[number]": "4242424242424242", "card[exp_month]": "12", "card[exp_year]": "2034"}
BANK = {
    "bank_account[country]": "US", "bank_account[currency]": "usd", "bank_account[routing_number]": "110000000",
    "bank_account[account_number]": "000123456789",
}  # fmt: skip
CREATE = "POST /v1/tokens"
OPERATIONS = {
    "card": (CREATE, CARD),
    "bank_account": (CREATE, BANK),
    "bank_account[payment_method]": (CREATE, {"bank_account[payment_method]": "pm_x"}),
    "pii": (CREATE, {"pii[id_number]": "222222222"}),
    "account": (CREATE, {"account[business_type]": "individual"}),
    "person": (CREATE, {"person[first_name]": "Jenny"}),
    "cvc_update": (CREATE, {"cvc_update[cvc]": "123"}),
    "clone": (CREATE, {"customer": "cus_nope"}),
    "clone of a card without customer": (CREATE, {"card": "card_nope"}),
    "nothing": (CREATE, {}),
    "retrieve": ("GET /v1/tokens/{token}", {}),
    "retrieve another": ("GET /v1/tokens/tok_nope", {}),
}

DONE = (200, None, None)
LACKS = (403, None, None)
SECRET_KEY = (403, "secret_key_required", None)
RAW_CARD = (402, None, None)
TEST_CARD = (402, "card_declined", "")
REFUSED = (400, None, None)
NO_METHOD = (400, "resource_missing", "bank_account[payment_method]")
MISSING = (404, "resource_missing", "token")

# operation → mode → (what a server's key is answered, what a browser's is)
ANSWERS = {
    "card": {"test": (DONE, DONE), "live": (RAW_CARD, TEST_CARD)},
    "bank_account": dict.fromkeys(MODES, (DONE, DONE)),
    "bank_account[payment_method]": dict.fromkeys(MODES, (NO_METHOD, SECRET_KEY)),
    "pii": dict.fromkeys(MODES, (DONE, DONE)),
    "account": {"test": (DONE, DONE), "live": (REFUSED, DONE)},
    "person": {"test": (DONE, DONE), "live": (REFUSED, DONE)},
    "cvc_update": dict.fromkeys(MODES, (DONE, DONE)),
    "clone": dict.fromkeys(MODES, ((400, "resource_missing", "customer"), SECRET_KEY)),
    "clone of a card without customer": dict.fromkeys(MODES, ((400, None, "card"), SECRET_KEY)),
    "nothing": dict.fromkeys(MODES, (REFUSED, REFUSED)),
    "retrieve": dict.fromkeys(MODES, (DONE, SECRET_KEY)),
    "retrieve another": dict.fromkeys(MODES, (MISSING, SECRET_KEY)),
}


def expected(operation, kind, mode, place):
    """What the table says of one request."""
    server_side, browser_side = ANSWERS[operation][mode]
    is_read = operation.startswith("retrieve")
    if kind == "pk":
        return browser_side
    if kind == "rk_none" or (kind == "rk_read" and not is_read):
        return LACKS
    if operation == "bank_account[payment_method]" and kind != "sk":
        return LACKS
    if operation == "clone" and place != "connected":
        return (400, None, "customer")
    if operation == "clone" and kind == "rk_write_alone":
        return LACKS
    return server_side


class Bench:
    """A platform with a key of every kind in both modes, and a connected account with a token in each."""

    def __init__(self, server):
        self.server = server
        first = [match[1] for line in server.greeting if (match := KEY.fullmatch(line))]
        self.keys = {("platform", key[:2], key[3:7]): key for key in first}
        self.accounts, self.tokens = {}, {}
        for mode in MODES:
            self.accounts[mode] = server.request(
                "POST", "/v1/accounts", {}, key=self.keys["platform", "sk", mode]
            ).json["id"]
            for kind, permissions in PERMISSIONS.items():
                self.make_key("platform", kind, mode, permissions)
                self.make_key("own", kind, mode, permissions)
            for kind in ("sk", "pk"):
                self.make_key("own", kind, mode)
            for place in PLACES:
                made = self.request("POST", "/v1/tokens", {"pii[id_number]": "1"}, "sk", mode, place)
                self.tokens[mode, place] = made.json["id"]

    def make_key(self, whose, kind, mode, permissions=()):
        """Make a key as an operator does; the platform is the account that the first start has made."""
        long = {"sk": "secret", "pk": "publishable"}.get(kind, "restricted")
        words = [word for one in permissions for word in ("--permission", one)]
        words += ["--account", self.accounts[mode]] if whose == "own" else ["--account", self.platform]
        made = self.server.command("keys", "create", "--kind", long, "--mode", mode, *words).stdout
        self.keys[whose, kind, mode] = next(word for word in made.split() if word.startswith(kind[:2] + "_"))

    @property
    def platform(self):
        return self.server.request("GET", "/v1/account", key=self.keys["platform", "sk", "test"]).json["id"]

    def request(self, method, path, params, kind, mode, place):
        headers = {"Stripe-Account": self.accounts[mode]} if place == "connected" else {}
        whose = "own" if place == "own" else "platform"
        return self.server.request(method, path, params, key=self.keys[whose, kind, mode], headers=headers)


@pytest.fixture(scope="module")
def bench(engine, request, tmp_path_factory):
    database = "sqlite" if engine == "sqlite" else request.getfixturevalue("postgres").fresh_database()
    with Server(tmp_path_factory.mktemp(f"keys-{engine}") / "data", database, options=()) as running:
        yield Bench(running)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_key_is_answered_as_the_table_says(bench, operation, kind, mode, place):
    (method, path), params = OPERATIONS[operation][0].split(), OPERATIONS[operation][1]
    path = path.replace("{token}", bench.tokens[mode, place])
    reply = bench.request(method, path, params, kind, mode, place)

    error = reply.json.get("error", {})
    seen = (reply.status, error.get("code"), error.get("param"))
    assert seen == expected(operation, kind, mode, place)
    if reply.status == 200:
        assert reply.json["livemode"] is (mode == "live")
        assert ("fingerprint" in reply.json.get("card", {})) is (operation == "card" and kind != "pk")
    if reply.status == LACKS[0] and error.get("code") is None:
        assert re.search(r"'rak_(token|customer|payment_method)_(read|write)'", error["message"])


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "pk"])
def test_a_token_is_seen_in_its_own_mode_and_account_alone(bench, kind):
    everywhere = list(itertools.product(MODES, PLACES))
    for (made_mode, made_place), (mode, place) in itertools.product(everywhere, everywhere):
        # The connected account is the same whoever acts on it.
        is_its_own = made_mode == mode and (made_place == "platform") == (place == "platform")
        wanted = LACKS if kind == "rk_none" else DONE if is_its_own else MISSING
        reply = bench.request(
            "GET", f"/v1/tokens/{bench.tokens[made_mode, made_place]}", {}, kind, mode, place
        )
        error = reply.json.get("error", {})
        assert (reply.status, error.get("code"), error.get("param")) == wanted


def test_the_table_has_every_operation_on_tokens_and_every_kind():
    from strongroom.contract import contract
    from strongroom.resources import registry
    from strongroom.resources.tokens import SOURCES

    registry.load()
    known = {key for key in registry.handlers() if key.startswith(("POST /v1/tokens", "GET /v1/tokens"))}
    assert known == {operation for operation, _ in OPERATIONS.values()} - {"GET /v1/tokens/tok_nope"}
    assert set(SOURCES) <= set(OPERATIONS) == set(ANSWERS)
    assert "POST /v1/tokens" in contract().operations
