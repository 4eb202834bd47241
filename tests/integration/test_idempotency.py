"""One key: one effect, the same bytes, whatever happens in between."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from support.server import Server


def customers(get):
    return get("/v1/customers").json["data"]


def test_a_repeated_request_gets_the_same_bytes_and_does_nothing(post, get):
    first = post("/v1/customers", {"name": "A"}, Idempotency_Key="k1")
    again = post("/v1/customers", {"name": "A"}, Idempotency_Key="k1")

    assert again.body == first.body
    assert again.status == first.status == 200
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert (
        first.headers["Original-Request"] == first.headers["Request-Id"] == again.headers["Original-Request"]
    )
    assert again.headers["Request-Id"] != first.headers["Request-Id"]
    assert again.headers["Idempotency-Key"] == "k1"
    assert len(customers(get)) == 1
    assert len(get("/v1/events").json["data"]) == 1


def test_the_order_of_parameters_is_no_difference(post):
    first = post("/v1/customers", b"name=A&phone=1", Idempotency_Key="k1")
    assert post("/v1/customers", b"phone=1&name=A", Idempotency_Key="k1").body == first.body


def test_other_parameters_under_the_same_key_are_refused(post, get):
    post("/v1/customers", {"name": "A"}, Idempotency_Key="k1")
    for params in ({"name": "B"}, {"name": "A", "expand[]": "default_source"}):
        reply = post("/v1/customers", params, Idempotency_Key="k1")
        assert (reply.status, reply.error["type"], "code" in reply.error) == (400, "idempotency_error", False)
        assert reply.error["message"].startswith(
            "Keys for idempotent requests can only be used with the same parameters"
        )
    assert len(customers(get)) == 1


def test_another_endpoint_under_the_same_key_is_refused_in_its_own_words(post):
    post("/v1/customers", {}, Idempotency_Key="k1")
    reply = post("/v1/payment_methods", {"type": "card", "card[token]": "tok_visa"}, Idempotency_Key="k1")

    assert (reply.status, reply.error["type"]) == (400, "idempotency_error")
    assert "for the same endpoint they were first used for ('/v1/customers')" in reply.error["message"]


def test_a_decline_is_kept(post):
    params = {"source": "tok_chargeDeclined"}
    first = post("/v1/customers", params, Idempotency_Key="k1")
    again = post("/v1/customers", params, Idempotency_Key="k1")

    assert first.status == again.status == 402
    assert again.body == first.body
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.headers["Stripe-Should-Retry"] == "false"


def test_a_refusal_of_the_operation_is_kept(post):
    for attempt in range(2):
        reply = post("/v1/payment_methods/pm_nope/detach", {}, Idempotency_Key="k1")
        assert reply.status == 404
        assert ("Idempotent-Replayed" in reply.headers) == bool(attempt)


def test_a_refusal_of_the_parameters_leaves_the_key_free(post):
    assert post("/v1/customers", {"emial": "x"}, Idempotency_Key="k1").status == 400
    assert post("/v1/payment_methods", {"type": "card"}, Idempotency_Key="k1").status == 400
    assert post("/v1/customers", {"name": "A"}, Idempotency_Key="k1").status == 200


def test_a_security_code_is_no_part_of_what_is_compared(post):
    card = {"card[number]": "4242424242424242", "card[exp_month]": "12", "card[exp_year]": "2034"}
    first = post("/v1/tokens", {**card, "card[cvc]": "123"}, Idempotency_Key="k1")
    again = post("/v1/tokens", {**card, "card[cvc]": "456"}, Idempotency_Key="k1")
    assert again.body == first.body


def test_modes_and_accounts_keep_their_keys_apart(post, name):
    ids = {
        post("/v1/customers", {}, key=key, Idempotency_Key="k1").json["id"]
        for key in (f"sk_test_{name}", f"sk_live_{name}", f"sk_test_{name}other")
    }
    assert len(ids) == 3


def test_a_post_without_a_key_is_given_one(post):
    reply = post("/v1/customers", {})
    assert reply.headers["Idempotency-Key"]
    assert reply.headers["Original-Request"] == reply.headers["Request-Id"]


def test_a_get_ignores_the_key_and_echoes_it(get, post):
    post("/v1/customers", {})
    assert get("/v1/customers", Idempotency_Key="k1").headers["Idempotency-Key"] == "k1"
    post("/v1/customers", {})
    assert len(get("/v1/customers", Idempotency_Key="k1").json["data"]) == 2


def test_a_key_that_is_too_long_is_refused_and_a_blank_one_is_none(post):
    assert post("/v1/customers", {}, Idempotency_Key="k" * 256).status == 400
    assert post("/v1/customers", {}, Idempotency_Key="k" * 255).status == 200
    ids = {post("/v1/customers", {}, Idempotency_Key=" ").json["id"] for _ in range(2)}
    assert len(ids) == 2


def test_a_key_that_looks_like_a_card_is_not_told(post, get):
    post("/v1/customers", {}, Idempotency_Key="4242424242424242")
    assert "4242424242424242" not in get("/v1/events").body.decode()


def test_many_at_once_with_one_key_have_one_effect(post, get):
    with ThreadPoolExecutor(32) as crowd:
        replies = list(
            crowd.map(lambda _: post("/v1/customers", {"name": "A"}, Idempotency_Key="k1"), range(64))
        )

    assert {reply.status for reply in replies} <= {200, 409}
    assert len({reply.body for reply in replies if reply.status == 200}) == 1
    for reply in replies:
        if reply.status == 409:
            assert reply.error["code"] == "idempotency_key_in_use"
    assert len(customers(get)) == 1


@pytest.mark.parametrize("engine_here", ["sqlite", "postgres"])
def test_an_answer_survives_a_kill(tmp_path, database_for, engine_here):
    server = Server(tmp_path / "data", database_for(engine_here)).start()
    ask = {"key": "sk_test_killed", "headers": {"Idempotency-Key": "k1"}}
    first = server.request("POST", "/v1/customers", {"name": "A"}, **ask)
    server.kill()
    with server.start():
        again = server.request("POST", "/v1/customers", {"name": "A"}, **ask)
        assert again.body == first.body
        assert again.headers["Idempotent-Replayed"] == "true"


def test_two_processes_with_one_key_have_one_effect(tmp_path, database_for):
    options = ("--sandbox", "--workers", "2")
    with (
        Server(tmp_path / "data", database_for("postgres"), options=options) as server,
        ThreadPoolExecutor(32) as crowd,
    ):

        def send(number):
            headers = {"Idempotency-Key": f"k{number % 8}"}
            return server.request("POST", "/v1/customers", {"name": "A"}, key="sk_test_both", headers=headers)

        replies = list(crowd.map(send, range(160)))
        kept = server.request("GET", "/v1/customers", {"limit": "100"}, key="sk_test_both").json["data"]
    assert {reply.status for reply in replies} <= {200, 409}
    assert len(kept) == 8
    assert {reply.json["id"] for reply in replies if reply.status == 200} == {
        customer["id"] for customer in kept
    }
