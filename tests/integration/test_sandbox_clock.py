"""The clock of a sandbox account: everything that looks at the time follows it, and no other account does."""

import threading
import time

import pytest

from strongroom.http import phases
from strongroom.resources import registry
from strongroom.workers.completer import complete_due
from support.connect import COMPLETE, CUSTOM, LATER, acting_on
from support.data import VISA, event_types, refused
from support.halves import begun, shown
from support.house import NOW, inside
from support.payments import pay
from support.server import Server
from support.time import ADVANCE, DAY, HOUR, WEEK, advance

__all__ = ["advance", "inside"]
CLOCK = "/v1/test_helpers/clock"
YEAR = 365 * DAY


def hold(stripe, options=None, **params):
    held = {"amount": 2000, "currency": "usd", "payment_method_types": ["card"], "capture_method": "manual"}
    return stripe.payment_intents.create(
        {**held, "payment_method": "pm_card_visa", "confirm": True, "expand": ["latest_charge"], **params},
        options,
    )


def test_what_becomes_due_is_done_before_the_answer_at_the_time_at_which_it_was_due(stripe, advance):
    intent = hold(stripe)
    made = intent.latest_charge.created
    advance(to=made + WEEK - HOUR)
    assert stripe.payment_intents.retrieve(intent.id).status == "requires_capture"

    advance(seconds=30 * DAY)
    after = stripe.payment_intents.retrieve(intent.id)
    assert (after.status, after.cancellation_reason, after.canceled_at) == (
        "canceled",
        "automatic",
        made + WEEK,
    )
    told = [
        one.created
        for one in stripe.events.list({"types": ["charge.expired", "payment_intent.canceled"]}).data
    ]
    assert told == [made + WEEK] * 2


def test_what_comes_of_what_was_due_comes_in_the_same_stride(stripe, advance):
    debit = {"payment_method_types": ["us_bank_account"], "payment_method": "pm_usBankAccount_success"}
    agreed = {"mandate_data": {"customer_acceptance": {"type": "offline"}}}
    intent = stripe.payment_intents.create(
        {"amount": 2000, "currency": "usd", "confirm": True, **debit, **agreed}
    )
    advance(seconds=30 * DAY)
    assert stripe.payment_intents.retrieve(intent.id).status == "succeeded"
    (booked,) = stripe.balance_transactions.list().data
    assert booked.status == "available"
    assert stripe.balance.retrieve().available[0].amount == booked.net


def test_the_clock_says_how_it_stands(stripe, get, advance):
    before = get(CLOCK).json
    assert (before["object"], before["livemode"], before["ahead"]) == ("sandbox_clock", False, 0)
    assert abs(before["now"] - time.time()) < HOUR
    assert advance(seconds=WEEK)["ahead"] == WEEK
    moved = advance(to=before["now"] + YEAR)
    assert (moved["now"], abs(moved["ahead"] - YEAR) < HOUR) == (before["now"] + YEAR, True)
    assert get(CLOCK).json["ahead"] == moved["ahead"]
    assert abs(stripe.customers.create().created - moved["now"]) < HOUR
    assert event_types(stripe) == ["customer.created"]


def test_no_other_account_is_moved(server, stripe, name, advance):
    other = server.client(f"sk_test_{name}other").v1
    held = hold(other)
    advance(seconds=YEAR)
    assert other.payment_intents.retrieve(held.id).status == "requires_capture"
    assert abs(other.customers.create().created - time.time()) < HOUR
    live = server.client(f"sk_live_{name}").v1
    assert abs(live.customers.create().created - time.time()) < HOUR


def test_connected_accounts_have_the_clock_of_their_platform(stripe, advance):
    connected = stripe.accounts.create(COMPLETE)
    advance(seconds=HOUR)
    held = hold(stripe, acting_on(connected))
    waiting = stripe.accounts.create({**COMPLETE, "individual": LATER})
    assert waiting.individual.verification.status == "pending"
    advance(seconds=WEEK)
    assert stripe.accounts.retrieve(waiting.id).individual.verification.status == "verified"
    assert stripe.payment_intents.retrieve(held.id, {}, acting_on(connected)).status == "canceled"
    assert hold(stripe, acting_on(connected)).created - held.created >= WEEK


def test_a_token_ends(stripe, advance):
    token = stripe.tokens.create({"card": VISA})
    advance(seconds=DAY - HOUR)
    assert stripe.tokens.retrieve(token.id).id == token.id
    advance(seconds=2 * HOUR)
    with refused(code="resource_missing", param="card[token]"):
        stripe.payment_methods.create({"type": "card", "card": {"token": token.id}})


# -- refused ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "code", "param"),
    [
        ({}, "parameter_missing", "seconds"),
        ({"seconds": 1, "to": 4_000_000_000}, "parameters_exclusive", "to"),
        ({"seconds": 0}, None, "seconds"),
        ({"seconds": -5}, None, "seconds"),
        ({"seconds": "soon"}, "parameter_invalid_integer", "seconds"),
        ({"seconds": 11 * YEAR}, None, "seconds"),
        ({"to": 1_000_000_000}, None, "to"),
        ({"to": 99_000_000_000}, None, "to"),
        ({"hours": 1}, "parameter_unknown", "hours"),
    ],
)
def test_it_only_moves_forward_by_what_can_be_told(post, get, sent, code, param):
    reply = post(ADVANCE, sent)
    assert (reply.status, reply.error.get("code"), reply.error["param"]) == (400, code, param)
    assert get(CLOCK).json["ahead"] == 0


def test_only_secret_keys_of_test_mode_move_it(server, post, get, name, stripe):
    assert post(ADVANCE, {"seconds": 5}, key=f"sk_live_{name}").status == 400
    assert post(ADVANCE, {"seconds": 5}, key=f"pk_test_{name}").status == 403
    assert get(CLOCK, key=f"sk_live_{name}").status == 400
    account = stripe.accounts.create(CUSTOM)
    assert post(ADVANCE, {"seconds": 5}, Stripe_Account=account.id).status == 400
    assert get(CLOCK).json["ahead"] == 0


# -- at once, and afterwards ------------------------------------------------------------------------------------------


def test_moved_by_many_at_once_it_has_moved_by_all(post, get):
    def move():
        while post(ADVANCE, {"seconds": HOUR}).status == 429:
            pass

    threads = [threading.Thread(target=move) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert get(CLOCK).json["ahead"] == 6 * HOUR


def test_it_is_no_mistake_to_send_an_advance_twice_under_one_key(post, get):
    """A key lives for a day of the machine's, or a client that sends an advance again would make another."""
    first, again = [post(ADVANCE, {"seconds": WEEK}, Idempotency_Key="once") for _ in range(2)]
    assert (first.body, get(CLOCK).json["ahead"]) == (again.body, WEEK)


def test_it_outlives_the_process(engine, database_for, tmp_path):
    server, key = Server(tmp_path / "data", database_for(engine)), "sk_test_restarted"
    with server:
        assert server.request("POST", ADVANCE, {"seconds": WEEK}, key=key).status == 200
    with server:
        assert server.request("GET", CLOCK, key=key).json["ahead"] == WEEK
        assert pay(server.client(key).v1).created - time.time() > WEEK - HOUR


def test_every_process_has_heard_of_it(dsn, tmp_path):
    key, ahead = "sk_test_many", 0
    with Server(tmp_path / "data", dsn, options=("--sandbox", "--workers", "2")) as server:
        for _ in range(4):
            ahead = server.request("POST", ADVANCE, {"seconds": HOUR}, key=key).json["ahead"]
            seen = {server.request("GET", CLOCK, key=key).json["ahead"] for _ in range(12)}
            assert seen == {ahead}
    assert ahead == 4 * HOUR


def test_where_real_money_may_move_there_is_no_such_clock(tmp_path):
    with Server(tmp_path / "data", options=()) as server:
        key = next(word for line in server.greeting for word in line.split() if word.startswith("sk_test_"))
        reply = server.request("POST", ADVANCE, {"seconds": HOUR}, key=key)
        assert (reply.status, "--sandbox" in reply.error["message"]) == (400, True)


def test_what_is_found_due_before_this_process_knows_why_is_done_at_its_time(inside):
    """Between the commit of an advance and the moment at which this process remembers it, the completer may look."""

    async def scene(within):
        held = {
            "amount": 2000,
            "currency": "usd",
            "payment_method_types": ["card"],
            "capture_method": "manual",
        }
        held |= {"payment_method": "pm_card_visa", "confirm": True}
        call, onward, claimed = await begun(within, "POST /v1/payment_intents", held)
        intent = shown(await phases.go_on(within.house, call, onward, claimed))
        call = await within.call()
        await registry.handler(f"POST {ADVANCE}").operate(call, {"seconds": 30 * DAY})
        await within.house.store.commit(call.writes)
        assert await complete_due(within.house, phases.complete) == 1
        after = await within.operate("GET /v1/payment_intents/{intent}", intent=intent["id"])
        assert (after["status"], after["canceled_at"]) == ("canceled", NOW + WEEK)

    inside(scene)
