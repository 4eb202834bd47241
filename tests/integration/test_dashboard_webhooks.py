"""What the pages of endpoints and events show and to whom: the pages in this process, a receiver in its own, both engines."""

import asyncio
import re

import pytest
import stripe as sdk

from strongroom.clock import ManualClock
from strongroom.config import Settings
from strongroom.dashboard.app import create
from strongroom.house import open_house
from strongroom.outbox import DELIVERIES
from strongroom.resources import audit, people, registry, sessions
from strongroom.resources.caller import sandbox_account
from strongroom.resources.check import check
from strongroom.secret import Secret
from strongroom.vault import passwords, totp
from strongroom.workers.deliverer import Deliverer
from strongroom.workers.posting import Names
from support.browsing import Browser
from support.receiver import Receiver
from support.scene import Scene

NOW = 1_800_000_000
DAY = 24 * 3600
KEY = "sk_test_pages"
ACCOUNT = sandbox_account("pages")
URL = "https://shop.example.com/hooks"
SECRET = re.compile(r"whsec_[0-9A-Za-z]{32}")


class Pages(Scene):
    """An open house with a receiver, and people of one account who look at its pages."""

    def __init__(self, house, receiver):
        super().__init__(house)
        self.receiver = receiver
        self.deliverer = Deliverer(house, Names())
        self.app = create(house)

    async def visitor(self, role="owner"):
        """Somebody who has just signed in; a person of that role is made if there is none yet."""
        found = await people.find_by_email(self.house, f"{role}@example.com")
        call, person = found or await self.person(role)
        secret, _ = sessions.begin(call, person.id, factor_at=self.house.clock.now())
        await self.house.store.commit(call.writes)
        return Browser(self.app, self.house, secret)

    async def person(self, role):
        call = await people.call_on(self.house, ACCOUNT)
        person = await people.add_with_password(
            call,
            email=f"{role}@example.com",
            name=role,
            role=role,
            password=Secret("seven grey herons wait"),
        )
        seed = totp.new_seed()
        _, kept = await passwords.new_recovery_codes()
        code = Secret(totp.code_at(seed, self.house.clock.now() // 30))
        people.enrol(call, person, seed, code, kept)
        return call, person

    async def api(self, method, path, params=None, key=KEY):
        return await self.call(method, path, params, key=key)

    async def endpoint(self, path="/ok", event="*", **params):
        params = {"url": self.receiver.url(path), "enabled_events[]": event, **params}
        return (await self.api("POST", "/v1/webhook_endpoints", params))["id"]

    async def happen(self, key=KEY):
        await self.api("POST", "/v1/customers", {"name": "Jenny Rosen"}, key)
        return (await self.api("GET", "/v1/events", key=key))["data"][0]["id"]

    async def deliver(self):
        await self.deliverer.sweep()
        await self.deliverer.settled()

    async def actions(self):
        shown, _ = await audit.page(self.house, ACCOUNT)
        return [(one.entry.action, one.entry.object, dict(one.entry.details)) for one in shown[::-1]]


@pytest.fixture
def play(engine, database_for, tmp_path):
    """Run a coroutine function taking `Pages`."""

    def run(scene):
        async def opened(receiver):
            registry.load()
            settings = Settings(
                tmp_path / "data", database_for(engine), sandbox=True, request_log=False, webhook_retries=(5,)
            )
            house = await open_house(settings, ManualClock(NOW))
            try:
                await scene(Pages(house, receiver))
                assert await check(house) == []
            finally:
                await house.close()

        with Receiver(tmp_path / "receiver") as receiver:
            asyncio.run(opened(receiver))

    return run


def test_a_secret_is_on_one_page_once_and_signs(play):
    async def scene(it):
        visitor = await it.visitor()
        status, _, text = await visitor.send(
            "POST",
            "/dashboard/test/webhooks/new",
            url=it.receiver.url("/ok"),
            scope="all",
            description="Shop",
        )
        assert status == 200
        (secret,) = set(SECRET.findall(text))
        (made,) = (await it.api("GET", "/v1/webhook_endpoints"))["data"]
        assert (made["description"], made["enabled_events"], made["status"]) == ("Shop", ["*"], "enabled")
        await it.happen()
        await it.deliver()
        (got,) = it.receiver.received("/ok")
        assert sdk.Webhook.construct_event(got.body, got.headers["Stripe-Signature"], secret, tolerance=None)
        for path in ("webhooks", f"webhooks/{made['id']}", f"webhooks/{made['id']}/edit", "audit", "events"):
            _, _, text = await visitor.send("GET", f"/dashboard/test/{path}")
            assert SECRET.findall(text) == []
        assert await it.actions() == [("webhook_endpoint.created", made["id"], {})]

    play(scene)


def test_a_rolled_secret_signs_beside_the_old_one_until_the_overlap_is_over(play):
    async def scene(it):
        visitor = await it.visitor()
        _, _, text = await visitor.send(
            "POST", "/dashboard/test/webhooks/new", url=it.receiver.url("/ok"), scope="all"
        )
        (old,) = set(SECRET.findall(text))
        (made,) = (await it.api("GET", "/v1/webhook_endpoints"))["data"]
        _, _, text = await visitor.send(
            "POST", f"/dashboard/test/webhooks/{made['id']}/roll", overlap_hours="1"
        )
        (new,) = set(SECRET.findall(text))
        assert new != old
        signatures = []
        for seconds in (0, 3_599, 1):
            it.house.clock.advance(seconds)
            await it.happen()
            await it.deliver()
            signatures.append(it.receiver.received("/ok")[-1].headers["Stripe-Signature"].count("v1="))
        assert signatures == [2, 2, 1]
        assert (await it.actions())[-1] == ("webhook_endpoint.rolled", made["id"], {"overlap_hours": "1"})
        visitor = await it.visitor()
        status, _, _ = await visitor.send(
            "POST", f"/dashboard/test/webhooks/{made['id']}/roll", overlap_hours="25"
        )
        assert status == 400

    play(scene)


def test_a_refused_form_keeps_what_was_typed_and_changes_nothing(play):
    async def scene(it):
        visitor = await it.visitor()
        endpoint = await it.endpoint()
        for path in ("new", f"{endpoint}/edit"):
            for fields, says in (
                ({"url": "", "scope": "all"}, "Enter the address"),
                ({"url": "ftp://x", "scope": "all"}, "An explicit scheme"),
                ({"url": URL, "scope": "some"}, "Choose at least one event."),
                ({"url": URL, "scope": "some", "events": "customer.creatd"}, "enabled_events"),
                ({"url": URL, "scope": "all", "description": "x" * 5_001}, "5000 characters"),
            ):
                status, _, text = await visitor.send("POST", f"/dashboard/test/webhooks/{path}", **fields)
                assert status == 400
                assert says in re.search(r'role="alert" id="problem">(.*?)</div>', text, re.DOTALL)[1]
                assert f'value="{fields["url"]}"' in text
        (left,) = (await it.api("GET", "/v1/webhook_endpoints"))["data"]
        assert (left["id"], left["url"]) == (endpoint, it.receiver.url("/ok"))
        assert await it.actions() == []

    play(scene)


def test_an_endpoint_is_changed_switched_and_deleted_and_the_log_says_so(play):
    async def scene(it):
        visitor = await it.visitor()
        endpoint = await it.endpoint(connect="true")
        here = f"/dashboard/test/webhooks/{endpoint}"
        status, where, _ = await visitor.send(
            "POST", f"{here}/edit", url=URL, scope="some", events="customer.created", description="Shop"
        )
        assert (status, where) == (303, f"{here}?done=endpoint_changed")
        now = await it.api("GET", f"/v1/webhook_endpoints/{endpoint}")
        assert (now["url"], now["enabled_events"], now["description"]) == (URL, ["customer.created"], "Shop")
        assert now["application"] is not None
        for wanted, state in (("disable", "disabled"), ("enable", "enabled")):
            await visitor.send("POST", f"{here}/switch", do=wanted)
            assert (await it.api("GET", f"/v1/webhook_endpoints/{endpoint}"))["status"] == state
        status, where, _ = await visitor.send("POST", f"{here}/delete")
        assert (status, where) == (303, "/dashboard/test/webhooks?done=endpoint_deleted")
        assert (await it.api("GET", "/v1/webhook_endpoints"))["data"] == []
        assert (await visitor.send("GET", here))[0] == 404
        assert [one[:2] for one in await it.actions()] == [
            ("webhook_endpoint.changed", endpoint),
            ("webhook_endpoint.disabled", endpoint),
            ("webhook_endpoint.enabled", endpoint),
            ("webhook_endpoint.deleted", endpoint),
        ]

    play(scene)


ROLES = {
    "administrator": (200, 200),
    "developer": (200, 403),
    "analyst": (403, 403),
    "support": (403, 403),
    "auditor": (403, 403),
}


@pytest.mark.parametrize("role", ROLES)
def test_who_may_change_where_events_go(play, role):
    """Everybody may look. In live mode events hold people's data, and an endpoint is a way out for them."""

    async def scene(it):
        visitor = await it.visitor(role)
        endpoint = await it.endpoint()
        event = await it.happen()
        for path in ("webhooks", f"webhooks/{endpoint}", "events", f"events/{event}"):
            status, _, text = await visitor.send("GET", f"/dashboard/test/{path}")
            assert status == 200
            assert ("Resend" in text or "Add endpoint" in text or "Send again" in text) == (
                ROLES[role][0] == 200 and path != "events"
            )
        for mode, expected in zip(("test", "live"), ROLES[role], strict=True):
            assert (await visitor.send("GET", f"/dashboard/{mode}/webhooks/new"))[0] == expected
            status, _, _ = await visitor.send("POST", f"/dashboard/{mode}/webhooks/new", url=URL, scope="all")
            assert status == expected
        if ROLES[role][0] == 200:
            return
        for path in (f"{endpoint}/edit", f"{endpoint}/switch", f"{endpoint}/roll", f"{endpoint}/delete"):
            assert (await visitor.send("POST", f"/dashboard/test/webhooks/{path}", url=URL))[0] == 403
        resent = await visitor.send("POST", f"/dashboard/test/events/{event}/resend", endpoint=endpoint)
        assert resent[0] == 403
        assert len(await it.rows(DELIVERIES)) == 1
        assert await it.actions() == []

    play(scene)


def test_nothing_of_another_account_is_shown_or_touched(play):
    async def scene(it):
        visitor = await it.visitor()
        other = "sk_test_strangers"
        theirs = await it.api(
            "POST", "/v1/webhook_endpoints", {"url": it.receiver.url("/ok"), "enabled_events[]": "*"}, other
        )
        event = await it.happen(other)
        for method, path in (
            ("GET", f"webhooks/{theirs['id']}"),
            ("GET", f"webhooks/{theirs['id']}/edit"),
            ("POST", f"webhooks/{theirs['id']}/edit"),
            ("POST", f"webhooks/{theirs['id']}/roll"),
            ("POST", f"webhooks/{theirs['id']}/delete"),
            ("GET", f"events/{event}"),
            ("GET", f"events/{event}?account={sandbox_account('strangers')}"),
            ("POST", f"events/{event}/resend"),
        ):
            status, _, _ = await visitor.send(method, f"/dashboard/test/{path}", url=URL, scope="all")
            assert status == 404, path
        ours = await it.happen()
        status, _, _ = await visitor.send(
            "POST", f"/dashboard/test/events/{ours}/resend", endpoint=theirs["id"]
        )
        assert status == 400
        status, _, text = await visitor.send(
            "GET", f"/dashboard/test/events?account={sandbox_account('strangers')}"
        )
        assert (status, "There is no such account." in text) == (400, True)
        assert len(await it.rows(DELIVERIES)) == 1

    play(scene)


def test_deliveries_of_connected_accounts_are_with_the_platforms_endpoint(play):
    async def scene(it):
        visitor = await it.visitor()
        endpoint = await it.endpoint(connect="true")
        account = await it.api(
            "POST",
            "/v1/accounts",
            {
                "type": "custom",
                "country": "US",
                "capabilities[card_payments][requested]": "true",
                "capabilities[transfers][requested]": "true",
            },
        )
        await it.deliver()
        _, _, text = await visitor.send("GET", f"/dashboard/test/webhooks/{endpoint}")
        (told,) = re.findall(r'href="(/dashboard/test/events/evt_\w+\?account=acct_\w+)"', text)
        assert told.endswith(account["id"])
        status, _, text = await visitor.send("GET", told)
        assert status == 200
        assert ("account.application.authorized" in text, "HTTP 200" in text) == (True, True)
        event = told.partition("?")[0].rpartition("/")[2]
        status, _, _ = await visitor.send(
            "POST", f"/dashboard/test/events/{event}/resend", endpoint=endpoint, account=account["id"]
        )
        assert status == 303
        await it.deliver()
        assert len(it.receiver.received("/ok")) == 2
        await it.api("DELETE", f"/v1/accounts/{account['id']}")
        assert (await visitor.send("GET", told))[0] == 404

    play(scene)


def test_one_that_was_switched_off_after_days_of_failure_is_said_so_until_it_is_on_again(play, caplog):
    async def scene(it):
        endpoint = await it.endpoint("/status/500")
        await it.happen()
        await it.deliver()

        async def saying(words):
            visitor = await it.visitor()
            paths = ("", "/webhooks", f"/webhooks/{endpoint}")
            return [words in (await visitor.send("GET", f"/dashboard/test{path}"))[2] for path in paths]

        assert await saying("Nothing has come through since") == [False, False, True]
        assert await saying("was switched off.") == [False] * 3
        it.house.clock.advance(7 * DAY)
        await it.happen()
        await it.deliver()
        assert await saying("was switched off.") == [True] * 3
        assert f"webhook endpoint {endpoint} failed for days and is switched off" in caplog.text
        visitor = await it.visitor()
        await visitor.send("POST", f"/dashboard/test/webhooks/{endpoint}/switch", do="enable")
        assert await saying("was switched off.") == [False] * 3

    play(scene)


def test_what_only_code_has_a_use_for_is_not_in_the_page_of_an_event(play):
    async def scene(it):
        visitor = await it.visitor()
        made = await it.api("POST", "/v1/payment_intents", {"amount": "1000", "currency": "usd"})
        (event,) = (await it.api("GET", "/v1/events"))["data"]
        _, _, text = await visitor.send("GET", f"/dashboard/test/events/{event['id']}")
        assert made["id"] in text
        assert made["client_secret"] not in text
        assert event["data"]["object"]["client_secret"] == made["client_secret"]

    play(scene)


def test_what_an_answer_repeats_of_us_is_starred(play):
    async def scene(it):
        visitor = await it.visitor()
        secrets = ("sk_live_4eC39HqLyjWDarjtT1", "whsec_5WbX0123456789abc", "pi_1_secret_Zz0123456789")
        endpoint = await it.endpoint(f"/say/{'.'.join(secrets)}.5555555555554444.end")
        await it.happen()
        await it.deliver()
        _, _, text = await visitor.send("GET", f"/dashboard/test/webhooks/{endpoint}")
        answer = re.search(r'aria-label="Answer">(.*?)</pre>', text)[1]
        assert answer == f"sk_live_***.whsec_***.pi_1_secret_***.{'*' * 16}.end"

    play(scene)
