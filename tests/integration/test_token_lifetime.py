"""How long an unspent token lives, and what is left of it afterwards: nothing. The clock is moved, on both engines."""

import asyncio

import pytest

from strongroom.clock import ManualClock
from strongroom.config import Settings
from strongroom.house import open_house
from strongroom.resources import registry
from support.connect import BANK, COMPLETE, CUSTOM
from support.data import VISA
from support.scene import NOW, Scene

HOUR = 3600
LIFETIME = 6 * HOUR
BANK_ACCOUNT = {key: value for key, value in BANK.items() if key != "object"}
PERSON = {"first_name": "Jenny", "id_number": "222222222", "dob": {"day": 1, "month": 1, "year": 1902}}
KINDS = {
    "card": VISA,
    "bank_account": BANK_ACCOUNT,
    "pii": {"id_number": "222222222"},
    "account": {"business_type": "individual", "individual": PERSON, "tos_shown_and_accepted": "true"},
    "person": PERSON,
    "cvc_update": {"cvc": "123"},
}
USES = {
    "card": ("/v1/payment_methods", "card[token]", {"type": "card"}),
    "account": ("/v1/accounts", "account_token", CUSTOM),
    "person": ("/v1/accounts/{account}/persons", "person_token", {}),
    "pii": ("/v1/accounts/{account}/persons", "id_number", {}),
    "bank_account": ("/v1/accounts/{account}/external_accounts", "external_account", {}),
}


def said(params):
    """The parameters with booleans as forms write them."""
    return {
        name: said(value) if isinstance(value, dict) else "true" if value is True else value
        for name, value in params.items()
    }


@pytest.fixture
def play(engine, database_for, tmp_path):
    """Run a coroutine function taking a `Scene` in which unspent tokens live for six hours."""

    def run(scene):
        async def opened():
            registry.load()
            database = database_for(engine)
            settings = Settings(
                tmp_path / "data", database, sandbox=True, request_log=False, token_lifetime=LIFETIME
            )
            house = await open_house(settings, ManualClock(NOW))
            try:
                await scene(Scene(house))
            finally:
                await house.close()

        asyncio.run(opened())

    return run


@pytest.mark.parametrize("kind", KINDS)
def test_an_unspent_token_ends_on_the_second_and_nothing_of_it_stays(play, kind):
    async def story(scene):
        token = await scene.post("/v1/tokens", {kind: KINDS[kind]})
        held = len(await scene.rows("records"))
        assert held == (kind != "cvc_update")
        scene.house.clock.advance(LIFETIME - 1)
        assert await scene.reaper.reap() == 0
        assert (await scene.call("GET", f"/v1/tokens/{token['id']}"))["used"] is False

        scene.house.clock.advance(1)
        missing = await scene.call("GET", f"/v1/tokens/{token['id']}", status=404)
        assert (missing["error"]["code"], missing["error"]["param"]) == ("resource_missing", "token")
        assert await scene.reaper.reap() == 1
        assert await scene.rows("tokens") == await scene.rows("records") == []
        again = await scene.call("GET", f"/v1/tokens/{token['id']}", status=404)
        assert again["error"] == missing["error"]
        assert await scene.faults() == []

    play(story)


@pytest.mark.parametrize("kind", USES)
def test_an_ended_token_buys_nothing_and_one_in_time_does(play, kind):
    path, param, beside = USES[kind]

    async def story(scene):
        account = (await scene.post("/v1/accounts", said({**CUSTOM, "business_type": "company"})))["id"]
        where = path.format(account=account)
        late = await scene.post("/v1/tokens", {kind: KINDS[kind]})
        scene.house.clock.advance(LIFETIME)
        in_time = await scene.post("/v1/tokens", {kind: KINDS[kind]})
        refusal = await scene.call("POST", where, said({**beside, param: late["id"]}), status=400)
        assert (refusal["error"]["code"], refusal["error"]["param"]) == ("resource_missing", param)
        scene.house.clock.advance(LIFETIME - 1)
        await scene.post(where, said({**beside, param: in_time["id"]}))

        assert (await scene.call("GET", f"/v1/tokens/{in_time['id']}"))["used"] is True
        await scene.reaper.reap()
        assert [row.id for row in await scene.rows("tokens")] == [in_time["id"]]
        assert await scene.faults() == []

    play(story)


@pytest.mark.parametrize("kind", ["account", "person"])
def test_a_spent_payload_is_erased_at_once(play, kind):
    """What it held lives on in the account or person, under a record of its own."""
    path, param, beside = USES[kind]

    async def story(scene):
        account = (await scene.post("/v1/accounts", said({**CUSTOM, "business_type": "company"})))["id"]
        token = await scene.post("/v1/tokens", {kind: KINDS[kind]})
        (payload,) = await scene.rows("records")
        assert payload.columns["kind"] == kind
        refused = {**beside, param: token["id"], "metadata": {"a" * 41: "x"}}
        await scene.call("POST", path.format(account=account), said(refused), status=400)
        assert [row.id for row in await scene.rows("records")] == [payload.id]
        await scene.post(path.format(account=account), said({**beside, param: token["id"]}))

        (numbers,) = await scene.rows("records")
        assert (numbers.columns["kind"], numbers.id == payload.id) == ("identity", False)
        assert await scene.faults() == []

    play(story)


def test_an_account_made_inline_leaves_no_token_behind(play):
    async def story(scene):
        await scene.post("/v1/accounts", said(COMPLETE))
        assert await scene.rows("tokens") == []

    play(story)
