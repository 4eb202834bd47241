"""The edge: who may call, how a request is written, what every answer carries, and what bad bytes get."""

import base64
import socket

import pytest
import stripe as sdk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.data import refused


def basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


# -- keys -------------------------------------------------------------------------------------------------------------


def test_without_a_key_there_is_only_a_401(server):
    reply = server.request("GET", "/v1/customers")

    assert reply.status == 401
    assert reply.headers["WWW-Authenticate"] == 'Bearer realm="Stripe"'
    assert reply.error["type"] == "invalid_request_error"
    assert "code" not in reply.error
    assert "You did not provide an API key" in reply.error["message"]
    assert "Request-Id" not in reply.headers
    assert "Stripe-Version" not in reply.headers


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("nonsense", "****ense"),
        ("sk_test_has-a-hyphen", "sk_test_********phen"),
        ("sk_prod_abcdefgh", "************efgh"),
        ("4242424242424242", "************4242"),
        ("whsec_test_abcdefghij", "whsec_test_******ghij"),
    ],
)
def test_a_wrong_key_is_shown_masked(server, key, shown):
    reply = server.request("GET", "/v1/customers", key=key)
    assert (reply.status, reply.error["message"]) == (401, f"Invalid API Key provided: {shown}")


def test_basic_authentication_works_with_the_key_as_user(server, secret_key):
    for user in (f"{secret_key}:", f"{secret_key}:password", secret_key):
        assert server.request("GET", "/v1/customers", headers={"Authorization": basic(user)}).status == 200
    assert server.request("GET", "/v1/customers", headers={"Authorization": "Basic §"}).status == 401


def test_a_publishable_key_is_told_to_be_secret(server, publishable_key):
    reply = server.request("POST", "/v1/customers", {}, key=publishable_key)
    assert (reply.status, reply.error["code"]) == (403, "secret_key_required")
    assert "cannot be made with a publishable API key" in reply.error["message"]


def test_an_account_the_key_does_not_reach_is_one_403_whatever_it_is(server, get, secret_key, name):
    foreign = server.request("POST", "/v1/customers", {}, key=f"sk_test_{name}other")
    assert foreign.status == 200
    for account in ("acct_unknown", "not-an-account", "acct_1ABCDEFGHIJKLMNO"):
        reply = get("/v1/customers", Stripe_Account=account)
        assert (reply.status, reply.error["code"]) == (403, "account_invalid")
        assert f"does not have access to account '{account}'" in reply.error["message"]
        assert secret_key not in reply.error["message"]
        assert "Request-Id" not in reply.headers


def test_modes_see_nothing_of_each_other(stripe, live):
    customer = stripe.customers.create({})
    with refused(
        status=404, code="resource_missing", param="id", says="exists in test mode, but a live mode key"
    ):
        live.customers.retrieve(customer.id)
    assert live.customers.list().data == []
    assert live.customers.create({}).livemode is True


# -- routes and versions ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/customer"),
        ("GET", "/v1/customers/"),
        ("GET", "/v1//customers"),
        ("PUT", "/v1/customers/cus_x"),
        ("GET", "/v2/core/accounts"),
        ("GET", "/"),
        ("GET", "/v1"),
    ],
)
def test_an_unknown_url_is_named(server, secret_key, method, path):
    reply = server.request(method, path, key=secret_key)
    assert (reply.status, reply.error["type"], "code" in reply.error) == (404, "invalid_request_error", False)
    assert reply.error["message"].startswith(f"Unrecognized request URL ({method}: {path})")


def test_what_stripe_has_and_we_do_not_says_so(get):
    reply = get("/v1/coupons")
    assert (reply.status, reply.error["code"]) == (501, "strongroom_not_implemented")
    assert "GET /v1/coupons" in reply.error["message"]
    assert reply.headers["Stripe-Should-Retry"] == "false"


def test_any_well_formed_version_is_answered_at_ours(get):
    for version in ("2020-08-27", "2026-06-24.dahlia", "2026-10-28.endive"):
        reply = get("/v1/customers", Stripe_Version=version)
        assert (reply.status, reply.headers["Stripe-Version"]) == (200, "2026-10-28.endive")
    reply = get("/v1/customers", Stripe_Version="foo")
    assert (reply.status, reply.error["message"]) == (400, "Invalid Stripe API version: foo")


def test_every_answer_past_authentication_can_be_looked_up(get, post):
    for reply in (
        get("/v1/customers"),
        get("/v1/nope"),
        post("/v1/customers", {"x": "1"}),
        get("/v1/customers/cus_x"),
    ):
        assert reply.headers["Request-Id"].startswith("req_")
        assert len(reply.headers["Request-Id"]) == len("req_") + 14
        assert reply.headers["Content-Type"] == "application/json"
        assert reply.headers["Cache-Control"] == "no-cache, no-store"
        assert "Access-Control-Allow-Origin" not in reply.headers


def test_a_browser_may_read_every_answer_even_that_its_key_is_wrong(server, publishable_key):
    for key in (publishable_key, "pk_prod_wrong"):
        reply = server.request("GET", "/v1/tokens/tok_x", key=key, headers={"Origin": "https://shop.example"})
        assert reply.status in {401, 403}
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        assert "Request-Id" in reply.headers["Access-Control-Expose-Headers"]


def test_a_browser_may_ask_first(server):
    reply = server.request("OPTIONS", "/v1/tokens", headers={"Origin": "https://shop.example"})
    assert reply.status == 200
    assert "Authorization" in reply.headers["Access-Control-Allow-Headers"]
    assert "POST" in reply.headers["Access-Control-Allow-Methods"]


def test_the_probes_answer_without_a_key(server):
    assert server.request("GET", "/healthz").json == {"ok": True}
    assert server.request("GET", "/readyz").json == {"ready": True, "why_not": []}
    metrics = server.request("GET", "/metrics")
    assert metrics.headers["Content-Type"].startswith("text/plain")
    assert b"strongroom_requests_total" in metrics.body


# -- how a request is written -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"preferred_locales[]=de&preferred_locales[]=en", b"preferred_locales[0]=de&preferred_locales[1]=en",
                                  b"preferred_locales[7]=en&preferred_locales[3]=de", b"preferred_locales%5B0%5D=de&preferred_locales%5B%5D=en"])  # fmt: skip
def test_arrays_are_written_in_every_dialect(post, body):
    assert post("/v1/customers", body).json["preferred_locales"] == ["de", "en"]


def test_a_space_is_a_plus_or_a_percent(post):
    assert post("/v1/customers", b"name=a+b%20c%2B").json["name"] == "a b c+"


def test_the_body_wins_over_the_query(post):
    assert post("/v1/customers?name=query&phone=1", b"name=body").json["name"] == "body"


def test_a_form_needs_no_content_type_and_json_is_refused_clearly(server, secret_key):
    plain = server.request("POST", "/v1/customers", b"name=A", key=secret_key, headers={"Content-Type": ""})
    assert plain.json["name"] == "A"
    reply = server.request(
        "POST", "/v1/customers", b'{"name":"A"}', key=secret_key, headers={"Content-Type": "application/json"}
    )
    assert reply.status == 400
    assert "application/x-www-form-urlencoded" in reply.error["message"]


@pytest.mark.parametrize(
    ("body", "code", "param", "says"),
    [
        (b"emial=x", "parameter_unknown", "emial", "Received unknown parameter: emial"),
        (b"emial=x&foo=y", "parameter_unknown", "emial", "Received unknown parameters: emial, foo"),
        (
            b"address[planet]=x",
            "parameter_unknown",
            "address[planet]",
            "Received unknown parameter: address[planet]",
        ),
        (b"balance=12.5", "parameter_invalid_integer", "balance", "Invalid integer: 12.5"),
        (b"balance=1_000", "parameter_invalid_integer", "balance", "Invalid integer: 1_000"),
        (b"balance=%2B5", "parameter_invalid_integer", "balance", "Invalid integer: +5"),
        (b"balance=%D9%A4%D9%A2", "parameter_invalid_integer", "balance", "Invalid integer: ٤٢"),
        (b"balance=" + b"9" * 5000, "parameter_invalid_integer", "balance", "Invalid integer: "),
        (b"balance=", "parameter_invalid_empty", "balance", "You passed an empty string for 'balance'"),
        (b"name[0]=a", None, "name", 'Invalid string: {"0":"a"}'),
        (b"metadata=abc", None, "metadata", "Invalid object"),
        (b"metadata[a][b]=c", None, "metadata[a]", 'Invalid string: {"b":"c"}'),
        (b"preferred_locales=de", None, "preferred_locales", "Invalid array"),
        (
            b"tax_exempt=maybe",
            None,
            "tax_exempt",
            "Invalid tax_exempt: must be one of exempt, none, or reverse",
        ),
        (b"address=x", None, "address", "Invalid object"),
        (b"email=nobody", "email_invalid", "email", "Invalid email address: nobody"),
        (b"name=" + b"x" * 257, None, "name", "256"),
        (
            b"shipping[address][city]=x",
            "parameter_missing",
            "shipping[name]",
            "Missing required param: shipping[name].",
        ),
        (b"metadata[k]=" + b"v" * 501, None, "metadata[k]", "501 characters"),
        (b"metadata[" + b"k" * 41 + b"]=v", None, "metadata", "40 characters"),
        (b"name=a&name[b]=c", None, "name", "Invalid object"),
        (b"name=%FF", None, None, "not valid UTF-8"),
        (b"\xff=1", None, None, "not valid UTF-8"),
        (b"name=%00", None, None, "NUL"),
        (b"a" + b"[b]" * 20 + b"=1", None, None, "nested too deeply"),
        (b"&".join(b"metadata[k%d]=v" % number for number in range(1001)), None, None, "too many parameters"),
    ],
)
def test_a_malformed_form_is_a_clear_400_and_changes_nothing(post, get, body, code, param, says):
    reply = post("/v1/customers", body)

    assert (reply.status, reply.error["type"]) == (400, "invalid_request_error")
    assert (reply.error.get("code"), reply.error.get("param")) == (code, param)
    assert says in reply.error["message"]
    assert get("/v1/customers").json["data"] == []


def test_a_body_that_is_too_large_is_refused_before_it_is_read(post, get):
    assert post("/v1/customers", b"name=" + b"x" * (1024 * 1024)).status == 413
    assert get("/v1/customers").json["data"] == []


def test_a_url_that_is_too_long_is_refused(get):
    assert get("/v1/customers/" + "x" * 9000).status in {400, 404, 414}


@pytest.mark.parametrize(
    "path",
    [
        "/v1/customers/%00",
        "/v1/customers/cus_%F0%9F%92%A9",
        "/v1/customers/" + "x" * 300,
        "/v1/customers/a%2Fb",
    ],
)
def test_any_id_is_looked_up_or_refused_but_never_breaks(get, path):
    assert get(path).status in {400, 404}


def head_of_a_post(secret_key, length):
    return (
        f"POST /v1/customers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret_key}\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def test_a_stalled_body_is_cut_off_and_the_others_are_served(server, secret_key, get):
    """The server does not wait for ever, and nobody waits with it."""
    begun = (head_of_a_post(secret_key, 10) + b"name", head_of_a_post(secret_key, 10))
    connections = [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in begun]
    for connection, sent in zip(connections, begun, strict=True):
        connection.sendall(sent)
    assert get("/v1/customers").status == 200
    for connection in connections:
        with connection:
            assert connection.recv(4096).startswith(b"HTTP/1.1 408")
    assert get("/v1/customers").json["data"] == []


def test_a_body_that_never_arrives_whole_is_not_acted_on(server, secret_key, get):
    for sent in (b"", b"name=A"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.sendall(head_of_a_post(secret_key, 300) + sent)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(4096)
    assert get("/v1/customers").json["data"] == []


@pytest.mark.parametrize("place", ["name", "path", "query", "key", "version", "account", "value"])
def test_a_card_number_in_the_wrong_place_is_never_repeated(server, post, get, secret_key, place):
    number = "4242424242424242"
    reply = {
        "name": lambda: post("/v1/customers", {number: "x"}),
        "path": lambda: get(f"/v1/customers/{number}"),
        "query": lambda: get("/v1/customers", {number: "1"}),
        "key": lambda: server.request("GET", "/v1/customers", key=number),
        "version": lambda: get("/v1/customers", Stripe_Version=number),
        "account": lambda: get("/v1/customers", Stripe_Account=number),
        "value": lambda: post("/v1/customers", {"balance": number + "0000"}),
    }[place]()

    assert 400 <= reply.status < 500
    assert number not in reply.body.decode()
    assert number not in server.log_path.read_text()


def test_nothing_below_a_secret_parameter_is_repeated(post):
    secret = "my-secret-value-1234"
    for body in (
        f"card[number][{secret}]=1",
        f"card[number][x]={secret}",
        f"card[cvc][x]={secret}",
        f"pii[id_number][x]={secret}",
    ):
        reply = post("/v1/tokens", body.encode())
        assert reply.status == 400
        assert secret not in reply.body.decode()


@given(st.binary(max_size=300))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_at_all_get_a_well_formed_answer(server, post, body):
    reply = post("/v1/tokens", body)
    assert 400 <= reply.status < 500
    assert set(reply.error) <= {"code", "doc_url", "message", "param", "type"}


@given(st.dictionaries(st.sampled_from(["card[number]", "card[exp_month]", "card[exp_year]", "card[cvc]", "card", "customer", "expand[]",
                                        "card[name]", "bank_account[country]", "pii[id_number]", "cvc_update[cvc]"]), st.text(max_size=40), max_size=6))  # fmt: skip
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_in_any_token_parameter_is_a_token_or_a_4xx(post, params):
    assert post("/v1/tokens", params).status in {200, 400, 402}


def test_an_error_has_its_keys_in_order_and_says_where_to_read_on(post):
    error = post("/v1/customers", {"emial": "x"}).error
    assert list(error) == sorted(error)
    assert error["doc_url"] == "https://stripe.com/docs/error-codes/parameter-unknown"


def test_the_sdk_raises_its_own_classes(server, stripe):
    with refused(sdk.AuthenticationError, status=401, says="Invalid API Key"):
        server.client("sk_prod_x").v1.customers.list()
    with refused(code="parameter_unknown", param="foo"):
        stripe.customers.list({"foo": "1"})
