"""What every endpoint shares, row by row: order of refusals, shapes of answers, headers, metadata, idempotency."""

import pytest
import stripe as sdk

from strongroom.resources.caller import sandbox_account
from support.data import VISA, refused

OF_AN_EXECUTED_POST = ("Idempotency-Key", "Original-Request", "Stripe-Should-Retry")


# -- who calls, and for whom ------------------------------------------------------------------------------------------


def test_a_platform_may_name_itself_in_either_header(post, get, name):
    own = sandbox_account(name)
    made = [
        post("/v1/customers", {}, **{header: own}).json["id"]
        for header in ("Stripe_Account", "Stripe_Context")
    ]

    assert [customer["id"] for customer in get("/v1/customers").json["data"]] == made[::-1]


def test_both_account_headers_must_agree(get, name):
    reply = get("/v1/customers", Stripe_Account=sandbox_account(name), Stripe_Context="acct_other")
    assert (reply.status, reply.error["type"], "code" in reply.error) == (400, "invalid_request_error", False)


def test_the_newer_context_header_is_held_to_the_same_rule(get):
    for context in ("acct_unknown", "ws_x/acct_unknown"):
        reply = get("/v1/customers", Stripe_Context=context)
        assert (reply.status, reply.error["code"]) == (403, "account_invalid")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/customers"),
        ("POST", "/v1/customers"),
        ("DELETE", "/v1/customers/cus_x"),
        ("GET", "/v1/events"),
        ("GET", "/v1/payment_methods"),
        ("GET", "/v1/payment_methods/pm_x"),
        ("POST", "/v1/payment_methods/pm_x"),
        ("POST", "/v1/payment_methods/pm_x/attach"),
        ("POST", "/v1/payment_methods/pm_x/detach"),
        ("GET", "/v1/customers/cus_x/payment_methods"),
        ("GET", "/v1/tokens/tok_x"),
    ],
)
def test_a_publishable_key_is_refused_before_its_parameters_are_read(server, publishable_key, method, path):
    reply = server.request(method, path, {"foo": "1"}, key=publishable_key)
    assert (reply.status, reply.error["code"]) == (403, "secret_key_required")


# -- routes, versions, and which refusal comes first ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/customers/cus_x/"),
        ("POST", "/v1/tokens/"),
        ("PATCH", "/v1/customers/cus_x"),
        ("DELETE", "/v1/payment_methods/pm_x"),
        ("POST", "/v1/events"),
        ("GET", "/v1/payment_methods/pm_x/attach"),
        ("POST", "/v2/core/account_tokens"),
    ],
)
def test_a_slash_too_many_or_another_verb_is_an_unknown_url(server, secret_key, method, path):
    reply = server.request(method, path, key=secret_key)
    assert (reply.status, reply.error["type"], "code" in reply.error) == (404, "invalid_request_error", False)
    assert reply.error["message"].startswith(f"Unrecognized request URL ({method}: {path})")


@pytest.mark.parametrize("version", ["2026-06", "2026-6-24", "2026-06-24.", "2026-06-24.Dahlia", "latest"])
def test_a_version_that_is_no_date_is_refused(get, version):
    reply = get("/v1/customers", Stripe_Version=version)
    assert (reply.status, reply.error["message"]) == (400, f"Invalid Stripe API version: {version}")


def test_the_key_is_looked_at_before_the_version_and_the_version_before_the_route(get):
    assert get("/v1/nope", key="sk_prod_wrong", Stripe_Version="foo").status == 401
    assert get("/v1/nope", Stripe_Version="foo").status == 400
    assert get("/v1/nope").status == 404


@pytest.mark.parametrize(
    ("path", "body", "code", "says"),
    [
        ("/v1/customers", b"balance=x&foo=1&expand[]=bogus", "parameter_unknown", "foo"),
        ("/v1/customers", b"balance=x&expand[]=bogus", "parameter_invalid_integer", "Invalid integer: x"),
        ("/v1/customers/cus_nope", b"expand[]=bogus", None, "This property cannot be expanded (bogus)."),
        ("/v1/customers/cus_nope", b"name=A", "resource_missing", "No such customer: 'cus_nope'"),
        ("/v1/payment_methods/pm_nope/attach", b"foo=1", "parameter_unknown", "foo"),
        (
            "/v1/payment_methods/pm_nope/attach",
            b"customer=cus_nope",
            "resource_missing",
            "No such PaymentMethod",
        ),
    ],
)
def test_unknown_names_come_before_types_before_expansion_before_objects(post, path, body, code, says):
    error = post(path, body).error
    assert error.get("code") == code
    assert says in error["message"]


def test_an_id_of_another_type_is_no_such_object(stripe):
    method = stripe.payment_methods.create({"type": "card", "card": VISA})
    with refused(status=404, code="resource_missing", param="id", says=f"No such customer: '{method.id}'"):
        stripe.customers.retrieve(method.id)
    with refused(status=404, code="resource_missing", param="id", says="No such event: 'evt_nope'"):
        stripe.events.retrieve("evt_nope")


# -- parameters -------------------------------------------------------------------------------------------------------


def test_what_belongs_into_the_path_or_a_header_is_unknown_in_the_body(post, stripe):
    customer = stripe.customers.create({})
    for path, name in (
        ("/v1/customers", "idempotency_key"),
        ("/v1/customers", "api_key"),
        (f"/v1/customers/{customer.id}", "customer"),
        (f"/v1/customers/{customer.id}", "id"),
    ):
        error = post(path, {name: "x"}).error
        assert (error["code"], error["param"]) == ("parameter_unknown", name)


def test_a_post_may_carry_its_parameters_in_the_query(post):
    assert post("/v1/customers?name=query").json["name"] == "query"


def test_a_delete_takes_no_parameters_from_anywhere(server, secret_key, stripe):
    customer = stripe.customers.create({})
    for path, body in (
        (f"/v1/customers/{customer.id}?foo=1", {}),
        (f"/v1/customers/{customer.id}", {"foo": "1"}),
    ):
        reply = server.request("DELETE", path, body, key=secret_key)
        assert (reply.status, reply.error["code"], reply.error["param"]) == (400, "parameter_unknown", "foo")
    assert "deleted" not in stripe.customers.retrieve(customer.id)


def test_a_charset_is_fine_and_a_multipart_body_is_not(post):
    named = post(
        "/v1/customers", b"name=%C3%A9", Content_Type="application/x-www-form-urlencoded; charset=utf-8"
    )
    assert named.json["name"] == "é"
    reply = post("/v1/customers", b"--1\r\n", Content_Type="multipart/form-data; boundary=1")
    assert (reply.status, reply.error["type"]) == (400, "invalid_request_error")


def test_an_empty_string_on_create_counts_as_not_given(stripe):
    customer = stripe.customers.create(
        {
            "name": "",
            "email": "",
            "description": "",
            "phone": "",
            "metadata": "",
            "address": "",
            "shipping": "",
        }
    )
    shown = customer.to_dict()
    assert {shown[key] for key in ("name", "email", "description", "phone", "address", "shipping")} == {None}
    assert shown["metadata"] == {}


@pytest.mark.parametrize("name", ["email", "starting_after", "ending_before", "limit"])
def test_an_empty_filter_is_refused(get, name):
    error = get("/v1/customers", {name: ""}).error
    assert (error["code"], error["param"]) == ("parameter_invalid_empty", name)


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ({"limit": "ten"}, "limit"),
        ({"limit": "1.5"}, "limit"),
        ({"created": "yesterday"}, "created"),
        ({"created[gt]": "1.5"}, "created[gt]"),
    ],
)
def test_numbers_in_a_query_are_whole(get, query, param):
    for path in ("/v1/customers", "/v1/events"):
        error = get(path, query).error
        assert (error["code"], error["param"]) == ("parameter_invalid_integer", param)


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"description": "d" * 5001}, "description"),
        ({"email": "a@" + "b" * 511}, "email"),
        ({"phone": "1" * 21}, "phone"),
        ({"business_name": "b" * 151}, "business_name"),
        ({"individual_name": "b" * 151}, "individual_name"),
        ({"invoice_settings[custom_fields][0][name]": "n" * 41, "invoice_settings[custom_fields][0][value]": "v"},
         "invoice_settings[custom_fields][0][name]"),
        ({"invoice_settings[custom_fields][0][name]": "n", "invoice_settings[custom_fields][0][value]": "v" * 141},
         "invoice_settings[custom_fields][0][value]"),
    ],
)  # fmt: skip
def test_every_text_has_its_longest(post, params, param):
    error = post("/v1/customers", params).error
    assert (error["param"], "code" in error) == (param, False)
    shorter = {key: value[:-1] if len(value) > 1 else value for key, value in params.items()}
    assert post("/v1/customers", shorter).status == 200


# -- metadata ---------------------------------------------------------------------------------------------------------


def test_metadata_keeps_its_order_and_makes_text_of_everything(stripe, post):
    customer = stripe.customers.create({"metadata": {"z": True, "a": 1, "m": "x"}})
    assert list(customer.metadata.to_dict().items()) == [("z", "true"), ("a", "1"), ("m", "x")]
    assert stripe.customers.retrieve(customer.id).metadata.to_dict() == customer.metadata.to_dict()


def test_metadata_counts_characters_and_not_bytes(stripe):
    most = {"☃" * 40: "🦊" * 500}
    assert stripe.customers.create({"metadata": most}).metadata.to_dict() == most


def test_an_empty_value_on_create_is_no_key(stripe):
    assert stripe.customers.create({"metadata": {"a": "", "b": "1"}}).metadata.to_dict() == {"b": "1"}


def test_too_many_keys_at_once_are_refused_on_create(stripe):
    with refused(param="metadata", says="50 keys"):
        stripe.customers.create({"metadata": {f"k{number}": "v" for number in range(51)}})
    assert stripe.customers.list().data == []


# -- the shape of answers ---------------------------------------------------------------------------------------------


def test_id_and_object_come_first_and_the_rest_by_name(post, get):
    customer = post("/v1/customers", {"payment_method": "pm_card_visa"}).json
    method = get(f"/v1/customers/{customer['id']}/payment_methods").json["data"][0]
    event = get("/v1/events").json["data"][0]

    for shown in (customer, method, event):
        assert list(shown)[:2] == ["id", "object"]
        assert list(shown)[2:] == sorted(list(shown)[2:])


def test_a_list_is_exactly_its_envelope(get, post):
    customer = post("/v1/customers", {}).json["id"]
    for path in ("/v1/payment_methods", f"/v1/customers/{customer}/payment_methods"):
        assert get(path, {"limit": "3"}).json == {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": path,
        }


@pytest.mark.parametrize("object_type", ["pm", "cus"])
def test_errors_leave_out_what_they_do_not_have(get, object_type):
    path = {"pm": "/v1/payment_methods/pm_nope", "cus": "/v1/customers/cus_nope"}[object_type]
    assert set(get(path).error) == {"code", "doc_url", "message", "param", "type"}


def test_an_error_without_a_code_points_to_no_page(post):
    error = post("/v1/payment_methods/pm_card_visa/detach", {}).error
    assert set(error) == {"message", "type"}


def test_the_headers_of_a_post_say_whether_it_was_executed(post, get):
    refused_on_the_way = post("/v1/customers", {"foo": "1"})
    wrong_state = post("/v1/payment_methods/pm_card_visa/detach", {})
    declined = post("/v1/customers", {"source": "tok_chargeDeclined"})
    made = post("/v1/customers", {})
    looked_at = get("/v1/customers")

    seen = [
        tuple(name in reply.headers for name in OF_AN_EXECUTED_POST)
        for reply in (refused_on_the_way, wrong_state, declined, made, looked_at)
    ]
    nothing, named, executed = (False, False, False), (True, True, False), (True, True, True)
    assert seen == [nothing, named, executed, executed, nothing]
    assert declined.headers["Stripe-Should-Retry"] == made.headers["Stripe-Should-Retry"] == "false"
    assert all("Stripe-Notice" not in reply.headers for reply in (declined, made, looked_at))


# -- idempotency ------------------------------------------------------------------------------------------------------


def test_a_decline_on_attach_is_replayed_and_the_method_stays_fresh(post, stripe):
    customer = stripe.customers.create({}).id
    method = stripe.payment_methods.create(
        {"type": "card", "card": {**VISA, "number": "4000000000000002"}}
    ).id
    first, again = (
        post(f"/v1/payment_methods/{method}/attach", {"customer": customer}, Idempotency_Key="k1")
        for _ in range(2)
    )

    assert (first.status, again.status, again.body) == (402, 402, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert stripe.payment_methods.retrieve(method).customer is None


def test_a_delete_ignores_the_key(server, secret_key, stripe):
    customer = stripe.customers.create({}).id
    headers = {"Idempotency-Key": "k1"}
    statuses = [
        server.request("DELETE", f"/v1/customers/{customer}", key=secret_key, headers=headers).status
        for _ in range(2)
    ]
    assert statuses == [200, 404]


def test_a_replayed_message_names_the_key_it_is_about(stripe):
    options = {"idempotency_key": "the-key"}
    stripe.customers.create({"name": "A"}, options)
    with pytest.raises(sdk.IdempotencyError, match="Try using a key other than 'the-key'"):
        stripe.customers.create({"name": "B"}, options)
