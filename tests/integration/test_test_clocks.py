"""Test clocks: made, advanced and deleted, and the customers who live by one."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from stripe import InvalidRequestError

from strongroom import limits
from strongroom.errors import InvalidRequest
from strongroom.http import phases
from strongroom.resources import customers, test_clocks
from strongroom.resources.check import check
from strongroom.resources.test_clocks import _farthest
from strongroom.store import WriteSet
from support.connect import eventually

START = 1_577_836_800
DAY = 86_400
PATH = "/v1/test_helpers/test_clocks"


@pytest.fixture
def clocks(stripe):
    return stripe.test_helpers.test_clocks


@pytest.fixture
def clock(clocks):
    return clocks.create({"frozen_time": START, "name": "Renewals"})


def told(stripe):
    """Which events there are, oldest first."""
    return [event.type for event in reversed(stripe.events.list({"limit": 100}).data)]


def test_a_clock_to_the_letter(post, get, stripe):
    made = post(PATH, {"frozen_time": str(START)}).json

    assert made == {
        "id": made["id"],
        "object": "test_helpers.test_clock",
        "created": made["created"],
        "deletes_after": made["created"] + 30 * DAY,
        "frozen_time": START,
        "livemode": False,
        "name": None,
        "status": "ready",
        "status_details": {},
    }
    assert made["id"].startswith("clock_")
    assert get(f"{PATH}/{made['id']}").json == made
    assert get(PATH).json == {"object": "list", "data": [made], "has_more": False, "url": PATH}
    assert told(stripe) == ["test_helpers.test_clock.created"]


def test_a_clock_is_advancing_and_then_stands_at_the_new_time(stripe, clocks, clock):
    moving = clocks.advance(clock.id, {"frozen_time": START + DAY})
    assert (moving.status, moving.frozen_time) == ("advancing", START)
    assert moving.status_details.advancing.target_frozen_time == START + DAY

    ready = eventually(lambda: clocks.retrieve(clock.id), until=lambda seen: seen.status == "ready")
    assert (ready.frozen_time, ready.name, ready.status_details.to_dict()) == (START + DAY, "Renewals", {})
    assert told(stripe) == [f"test_helpers.test_clock.{what}" for what in ("created", "advancing", "ready")]
    by_itself, advancing, _ = stripe.events.list().data
    assert (by_itself.request.id, advancing.request.id is None) == (None, False)


def test_a_clock_that_is_advancing_is_left_alone(stripe, clocks, clock):
    clocks.advance(clock.id, {"frozen_time": START + DAY})
    for attempt in (
        lambda: clocks.advance(clock.id, {"frozen_time": START + 2 * DAY}),
        lambda: stripe.customers.create({"test_clock": clock.id}),
    ):
        with pytest.raises(InvalidRequestError, match="advancing") as refusal:
            attempt()
        assert (refusal.value.http_status, refusal.value.code) == (400, None)


TWO_YEARS = 1_640_995_200


@pytest.mark.parametrize(
    ("target", "status"), [(START, 400), (START - 1, 400), (TWO_YEARS + 1, 400), (-1, 400), (TWO_YEARS, 200)]
)
def test_a_clock_goes_forward_and_at_most_two_years(post, clock, target, status):
    reply = post(f"{PATH}/{clock.id}/advance", {"frozen_time": str(target)})
    assert (reply.status, status == 200 or reply.error["param"]) == (status, status == 200 or "frozen_time")


def test_two_years_after_a_leap_day_or_the_end_of_all_calendars():
    assert _farthest(1_582_934_400) == 1_646_092_800
    assert _farthest(test_clocks.LATEST) == test_clocks.LATEST


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({}, "parameter_missing", "frozen_time"),
        ({"frozen_time": "soon"}, "parameter_invalid_integer", "frozen_time"),
        ({"frozen_time": "-1"}, None, "frozen_time"),
        ({"frozen_time": "999999999999"}, None, "frozen_time"),
        ({"frozen_time": "1", "name": "n" * 301}, None, "name"),
        ({"frozen_time": "1", "metadata[a]": "1"}, "parameter_unknown", "metadata"),
        ({"frozen_time": "1", "customer": "cus_nope"}, "resource_missing", "customer"),
    ],
)
def test_a_wrong_clock_is_refused_by_parameter_and_not_made(post, get, params, code, param):
    reply = post(PATH, params)
    assert (reply.status, reply.error.get("code"), reply.error["param"]) == (400, code, param)
    assert get(PATH).json["data"] == []


@pytest.mark.parametrize(
    ("method", "rest"), [("GET", ""), ("DELETE", ""), ("POST", "/advance")], ids=["see", "delete", "advance"]
)
def test_a_clock_that_is_not_there_is_missing(server, secret_key, method, rest):
    params = {"frozen_time": "1"} if rest else {}
    reply = server.request(method, f"{PATH}/clock_nope{rest}", params, key=secret_key)
    assert (reply.status, reply.error["code"], reply.error["param"]) == (
        404,
        "resource_missing",
        "test_clock",
    )


def test_clocks_are_for_test_mode_and_for_servers(post, name, publishable_key, clock):
    live = post(PATH, {"frozen_time": "1"}, key=f"sk_live_{name}")
    assert (live.status, "test mode" in live.error["message"]) == (400, True)
    joined = post("/v1/customers", {"test_clock": clock.id}, key=f"sk_live_{name}")
    assert (joined.status, joined.error["code"]) == (400, "resource_missing")
    assert "similar object exists in test mode" in joined.error["message"]
    assert post(PATH, {"frozen_time": "1"}, key=publishable_key).status == 403


# -- customers --------------------------------------------------------------------------------------------------------


def test_a_customer_on_a_clock_is_made_at_its_time_and_listed_by_it_alone(stripe, clock):
    other = stripe.customers.create({"email": "jenny@example.com"})
    on_clock = stripe.customers.create(
        {"email": "jenny@example.com", "test_clock": clock.id, "expand": ["test_clock"]}
    )

    assert (on_clock.created, on_clock.test_clock.id, other.test_clock) == (START, clock.id, None)
    assert stripe.customers.retrieve(on_clock.id).test_clock == clock.id
    assert [one.id for one in stripe.customers.list().data] == [other.id]
    assert [one.id for one in stripe.customers.list({"email": "jenny@example.com"}).data] == [other.id]
    assert [one.id for one in stripe.customers.list({"test_clock": clock.id}).data] == [on_clock.id]
    asked = {"test_clock": clock.id, "created": {"lte": START}}
    assert [one.id for one in stripe.customers.list(asked).data] == [on_clock.id]
    assert stripe.customers.list({"test_clock": "clock_nope"}).data == []


def test_an_unknown_clock_makes_no_customer_and_none_is_changed_afterwards(post, get, clock):
    unknown = post("/v1/customers", {"test_clock": "clock_nope"})
    assert (unknown.status, unknown.error["code"], unknown.error["param"]) == (
        400,
        "resource_missing",
        "test_clock",
    )
    assert get("/v1/customers").json["data"] == []
    customer = post("/v1/customers").json["id"]
    changed = post(f"/v1/customers/{customer}", {"test_clock": clock.id})
    assert (changed.status, changed.error["code"]) == (400, "parameter_unknown")


def test_a_clock_may_begin_with_a_customer_who_then_stays(stripe, clocks):
    customer = stripe.customers.create({})
    clock = clocks.create({"frozen_time": START, "customer": customer.id})

    assert stripe.customers.retrieve(customer.id).test_clock == clock.id
    assert stripe.customers.list().data == []
    (event,) = stripe.events.list({"type": "customer.updated"}).data
    assert event.data.previous_attributes.to_dict() == {"test_clock": None}
    with pytest.raises(InvalidRequestError, match="already has a test clock") as refusal:
        clocks.create({"frozen_time": START, "customer": customer.id})
    assert (refusal.value.http_status, refusal.value.param) == (400, "customer")
    assert len(clocks.list().data) == 1


def test_three_customers_live_by_a_clock_and_a_deleted_one_makes_room(stripe, clock):
    first, *_ = [stripe.customers.create({"test_clock": clock.id}) for _ in range(3)]
    with pytest.raises(InvalidRequestError, match="up to 3 customers") as refusal:
        stripe.customers.create({"test_clock": clock.id})
    assert refusal.value.param == "test_clock"
    stripe.customers.delete(first.id)
    stripe.customers.create({"test_clock": clock.id})


def test_of_many_who_join_at_once_three_do(server, secret_key, stripe, clock):
    with ThreadPoolExecutor(8) as crowd:
        replies = crowd.map(
            lambda _: server.request("POST", "/v1/customers", {"test_clock": clock.id}, key=secret_key),
            range(8),
        )
        assert sorted({reply.status for reply in replies} - {429}) == [200, 400]
    assert len(stripe.customers.list({"test_clock": clock.id}).data) <= 3


def test_a_clock_takes_its_customers_with_it(stripe, clocks, clock):
    customer = stripe.customers.create({"test_clock": clock.id, "payment_method": "pm_card_visa"})
    (method,) = stripe.customers.payment_methods.list(customer.id).data
    before = told(stripe)

    gone = clocks.delete(clock.id)

    assert gone.to_dict() == {"id": clock.id, "object": "test_helpers.test_clock", "deleted": True}
    assert stripe.customers.retrieve(customer.id).deleted is True
    assert stripe.payment_methods.retrieve(method.id).customer == customer.id
    assert told(stripe)[len(before) :] == ["customer.deleted", "test_helpers.test_clock.deleted"]
    assert clocks.list().data == []
    with pytest.raises(InvalidRequestError) as refusal:
        clocks.retrieve(clock.id)
    assert refusal.value.http_status == 404


def test_a_deleted_clock_does_not_come_to_stand_still(stripe, clocks, clock):
    clocks.advance(clock.id, {"frozen_time": START + DAY})
    clocks.delete(clock.id)
    other = clocks.create({"frozen_time": START})
    clocks.advance(other.id, {"frozen_time": START + DAY})
    eventually(lambda: clocks.retrieve(other.id).status, until=lambda status: status == "ready")
    ready = stripe.events.list({"type": "test_helpers.test_clock.ready"}).data
    assert [event.data.object.id for event in ready] == [other.id]


# -- in time ----------------------------------------------------------------------------------------------------------


def test_a_clock_ends_by_itself_with_what_was_added_to_its_customer_meanwhile(in_house, monkeypatch):
    """The card is attached between what the end of the clock has read and what it commits."""
    monkeypatch.setattr(limits, "TEST_CLOCK_SECONDS", 60)

    async def scene(house, fresh):
        call = fresh()
        clock = await test_clocks.create(call, {"frozen_time": START})
        await house.store.commit(call.writes)
        call = fresh()
        customer = await customers.create(call, {"test_clock": clock["id"]})
        await house.store.commit(call.writes)
        (task,) = await house.store.scan("tasks", 0, 10)
        assert (task.columns["kind"], task.columns["due_at"]) == (
            "test_clock.deleted",
            clock["deletes_after"],
        )

        adding = fresh()
        adding.guard(await customers.load_living(adding, customer["id"], param="customer"))
        await customers.sources.add(adding, customer["id"], "tok_visa", param="source")
        before_it = [adding.writes]
        commit = house.store.commit

        async def commit_after_the_other(writes):
            while before_it:
                await commit(before_it.pop())
            await commit(writes)

        monkeypatch.setattr(house.store, "commit", commit_after_the_other)
        await phases.complete(house, task)

        for table in ("test_clocks", "payment_methods", "records"):
            assert await house.store.scan(table, 0, 10) == []
        # Only the card's last month is still waited for, and nobody will be told of it.
        assert [row.columns["kind"] for row in await house.store.scan("tasks", 0, 10)] == ["source.expires"]
        assert (await customers.retrieve(fresh(), {}, customer=customer["id"]))["deleted"] is True

    in_house(scene)


def test_an_account_has_so_many_clocks_and_no_more(in_house, monkeypatch):
    monkeypatch.setattr(limits, "TEST_CLOCKS_MAX", 2)

    async def scene(house, fresh):
        for _ in range(2):
            call = fresh()
            await test_clocks.create(call, {"frozen_time": START})
            await house.store.commit(call.writes)
        with pytest.raises(InvalidRequest, match="up to 2 test clocks"):
            await test_clocks.create(fresh(), {"frozen_time": START})

    in_house(scene)


def test_check_misses_a_clock_that_somebody_lives_by(in_house):
    async def scene(house, fresh):
        call = fresh()
        clock = await test_clocks.create(call, {"frozen_time": START})
        await house.store.commit(call.writes)
        call = fresh()
        customer = await customers.create(call, {"test_clock": clock["id"]})
        await house.store.commit(call.writes)
        assert await check(house) == []

        (row,) = await house.store.scan("test_clocks", 0, 10)
        await house.store.commit(WriteSet(deletes=[row]))
        fault = "lives by a test clock that does not exist"
        assert await check(house) == [f"customers {customer['id']} of acct_1 (test) {fault}"]

    in_house(scene)
