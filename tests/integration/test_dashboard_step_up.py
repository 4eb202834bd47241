"""What needs the second factor anew, with a clock that the test moves: the pages in this process, called as an edge calls them."""

import asyncio

import pytest

from strongroom import limits
from strongroom.clock import ManualClock
from strongroom.config import Settings
from strongroom.dashboard.app import create
from strongroom.dashboard.arrival import SCOPE_KEY, Arrival
from strongroom.house import open_house
from strongroom.resources import keys, people, registry, sessions
from strongroom.secret import Secret
from strongroom.vault import passwords, totp
from support.browsing import Browser

NOW = 1_800_000_000


def play(tmp_path, scene):
    async def inside():
        registry.load()
        clock = ManualClock(NOW)
        house = await open_house(Settings(tmp_path / "data"), clock)
        try:
            account = await keys.create_account(house)
            call = await people.call_on(house, account)
            seed = totp.new_seed()
            password = Secret("seven grey herons wait")
            ada = await people.add_with_password(
                call, email="ada@example.com", name="Ada", role="owner", password=password
            )
            _, kept = await passwords.new_recovery_codes()
            people.enrol(call, ada, seed, Secret(totp.code_at(seed, NOW // 30)), kept)
            secret, _ = sessions.begin(call, ada.id, factor_at=NOW)
            await house.store.commit(call.writes)
            await scene(Browser(create(house), house, secret), clock, seed)
        finally:
            await house.close()

    asyncio.run(inside())


SENSITIVE = [
    ("GET", "/dashboard/test/keys/new"),
    ("POST", "/dashboard/test/keys/new?from=/dashboard/test/keys"),
    ("POST", "/dashboard/test/keys/key_x/roll"),
    ("POST", "/dashboard/test/keys/key_x/revoke"),
    ("POST", "/dashboard/test/people"),
    ("POST", "/dashboard/test/people/usr_x"),
    ("POST", "/dashboard/test/people/usr_x/reset"),
    ("POST", "/dashboard/test/security/password"),
    ("POST", "/dashboard/test/security/recovery"),
    ("POST", "/dashboard/test/audit/export"),
    ("GET", "/dashboard/test/webhooks/new"),
    ("POST", "/dashboard/test/webhooks/new?from=/dashboard/test/webhooks"),
    ("GET", "/dashboard/test/webhooks/we_x/edit"),
    ("POST", "/dashboard/test/webhooks/we_x/edit"),
    ("POST", "/dashboard/test/webhooks/we_x/switch"),
    ("POST", "/dashboard/test/webhooks/we_x/roll"),
    ("POST", "/dashboard/test/webhooks/we_x/delete"),
]


@pytest.mark.parametrize(("method", "path"), SENSITIVE)
def test_what_could_hurt_asks_for_the_factor_once_it_is_five_minutes_old(tmp_path, method, path):
    async def scene(browser, clock, seed):
        clock.advance(limits.STEP_UP_SECONDS - 1)
        _, location, _ = await browser.send(method, path)
        assert "confirm" not in (location or "")
        clock.advance(1)
        status, location, _ = await browser.send(method, path)
        assert status == 303
        assert location.startswith("/dashboard/confirm?next=%2Fdashboard%2Ftest")

    play(tmp_path, scene)


def test_a_code_makes_the_session_fresh_under_a_new_secret_and_leads_back(tmp_path):
    async def scene(browser, clock, seed):
        clock.advance(limits.STEP_UP_SECONDS)
        old = browser.secret
        code = totp.code_at(seed, clock.now() // 30)
        refused, _, _ = await browser.send(
            "POST", "/dashboard/confirm", code="000000", next="/dashboard/test/keys/new"
        )
        assert refused == 401
        status, location, _ = await browser.send(
            "POST", "/dashboard/confirm", code=code, next="/dashboard/test/keys/new"
        )
        assert (status, location) == (303, "/dashboard/test/keys/new")
        assert browser.secret != old
        assert (await browser.send("GET", location))[0] == 200
        browser.secret = old
        assert (await browser.send("GET", "/dashboard/test"))[1].startswith("/dashboard/signin")

    play(tmp_path, scene)


def test_looking_around_needs_no_fresh_factor(tmp_path):
    async def scene(browser, clock, seed):
        clock.advance(limits.STEP_UP_SECONDS)
        for path in (
            "",
            "/keys",
            "/audit",
            "/people",
            "/security",
            "/payment-methods",
            "/accounts",
            "/review",
            "/webhooks",
            "/events",
        ):
            assert (await browser.send("GET", f"/dashboard/test{path}"))[0] == 200

    play(tmp_path, scene)


def test_a_session_that_nobody_used_is_over(tmp_path):
    async def scene(browser, clock, seed):
        clock.advance(limits.SESSION_IDLE_SECONDS)
        status, location, _ = await browser.send("GET", "/dashboard/test/keys")
        assert (status, location) == (303, "/dashboard/signin?next=%2Fdashboard%2Ftest%2Fkeys")

    play(tmp_path, scene)


def test_in_clear_from_another_machine_nothing_is_shown(tmp_path):
    async def scene(browser, clock, seed):
        app = browser.app

        async def from_elsewhere(scope, receive, send):
            scope[SCOPE_KEY] = Arrival("req_1", "192.0.2.1", is_secure=False, over_tls=False)
            await app(scope, receive, send)

        browser.app = from_elsewhere
        for path in ("/dashboard/test", "/dashboard/signin"):
            status, _, text = await browser.send("GET", path)
            assert status == 403
            assert "only shown over TLS" in text

    play(tmp_path, scene)
