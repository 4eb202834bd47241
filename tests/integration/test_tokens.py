"""Tokens: made by either key, shown without what they hold, spent once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe as sdk

from support.data import DECLINED, VISA, refused


def card_with(**changes):
    return {"card": {**VISA, **changes}}


def test_a_card_token_shows_what_the_card_says_and_never_the_number(stripe):
    token = stripe.tokens.create(card_with(name="Jenny Rosen", address_zip="94107"))

    assert token.id.startswith("tok_")
    assert len(token.id) == len("tok_") + 24
    assert token.to_dict() == {
        "id": token.id,
        "object": "token",
        "card": {
            "id": token.card.id,
            "object": "card",
            "address_city": None,
            "address_country": None,
            "address_line1": None,
            "address_line1_check": None,
            "address_line2": None,
            "address_state": None,
            "address_zip": "94107",
            "address_zip_check": "unchecked",
            "allow_redisplay": "unspecified",
            "brand": "Visa",
            "country": "US",
            "cvc_check": "unchecked",
            "dynamic_last4": None,
            "exp_month": 12,
            "exp_year": 2034,
            "fingerprint": token.card.fingerprint,
            "funding": "credit",
            "last4": "4242",
            "metadata": {},
            "name": "Jenny Rosen",
            "networks": {"preferred": None},
            "regulated_status": "unregulated",
            "tokenization_method": None,
            "wallet": None,
        },
        "client_ip": "127.0.0.1",
        "created": token.created,
        "livemode": False,
        "type": "card",
        "used": False,
    }
    assert token.card.id.startswith("card_")
    assert len(token.card.fingerprint) == 16


def test_keys_are_in_the_order_of_the_wire(post):
    shown = post("/v1/tokens", {f"card[{key}]": value for key, value in VISA.items()}).json

    assert list(shown) == ["id", "object", "card", "client_ip", "created", "livemode", "type", "used"]
    assert list(shown["card"])[:2] == ["id", "object"]
    assert list(shown["card"])[2:] == sorted(list(shown["card"])[2:])


def test_a_token_can_be_looked_at_without_being_spent(stripe):
    token = stripe.tokens.create(card_with())

    assert stripe.tokens.retrieve(token.id).to_dict() == token.to_dict()
    assert stripe.tokens.retrieve(token.id).used is False


def test_a_publishable_key_makes_tokens_and_learns_no_fingerprint(browser):
    token = browser.tokens.create(card_with())

    assert "fingerprint" not in token.card
    assert "metadata" not in token.card
    with refused(sdk.PermissionError, status=403, code="secret_key_required"):
        browser.tokens.retrieve(token.id)


def test_one_number_has_one_fingerprint_in_one_account_and_mode(server, stripe, live, name):
    first = stripe.tokens.create(card_with())
    again = stripe.tokens.create(card_with(exp_year="2040", cvc="999"))
    elsewhere = server.client(f"sk_test_{name}other").v1.tokens.create(card_with())

    assert first.card.fingerprint == again.card.fingerprint
    assert first.card.fingerprint != elsewhere.card.fingerprint
    assert first.card.id != again.card.id


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"number": "4242424242424241"}, "incorrect_number", "number"),
        ({"number": "abcd"}, "invalid_number", "number"),
        ({"number": "42424242"}, "invalid_number", "number"),
        ({"number": "４２４２４２４２４２４２４２４２"}, "invalid_number", "number"),
        ({"exp_month": "13"}, "invalid_expiry_month", "exp_month"),
        ({"exp_month": "0"}, "invalid_expiry_month", "exp_month"),
        ({"exp_year": "95"}, "invalid_expiry_year", "exp_year"),
        ({"exp_year": "2019"}, "invalid_expiry_year", "exp_year"),
        ({"exp_year": "soon"}, "invalid_expiry_year", "exp_year"),
        ({"exp_year": "2099"}, "invalid_expiry_year", "exp_year"),
        ({"cvc": "99"}, "invalid_cvc", "cvc"),
        ({"cvc": "12345"}, "invalid_cvc", "cvc"),
        ({"cvc": "12a"}, "invalid_cvc", "cvc"),
        ({"number": "378282246310005", "cvc": "314"}, "invalid_cvc", "cvc"),
        # The number is looked at before the expiry, and the expiry before the code.
        ({"number": "4242424242424241", "exp_month": "13", "cvc": "1"}, "incorrect_number", "number"),
        ({"exp_month": "13", "cvc": "1"}, "invalid_expiry_month", "exp_month"),
    ],
)
def test_a_wrong_card_is_a_card_error_that_names_the_leaf(stripe, change, code, param):
    with refused(sdk.CardError, status=402, code=code, param=param):
        stripe.tokens.create(card_with(**change))


def test_spaces_and_hyphens_in_a_number_are_how_people_write(stripe):
    assert stripe.tokens.create(card_with(number="4242 4242-4242 4242")).card.last4 == "4242"


def test_a_card_without_a_code_has_nothing_to_check(stripe):
    card = {key: value for key, value in VISA.items() if key != "cvc"}
    assert stripe.tokens.create({"card": card}).card.cvc_check is None


def test_a_number_that_will_be_declined_becomes_a_token_all_the_same(stripe):
    assert stripe.tokens.create({"card": DECLINED}).card.last4 == "0002"


def test_a_currency_is_shown_only_if_it_was_sent(stripe):
    with_one = stripe.tokens.create(card_with(number="4000056655665556", currency="USD"))

    assert with_one.card.currency == "usd"
    assert "currency" not in stripe.tokens.create(card_with()).card


def test_a_preferred_network_the_card_does_not_carry_is_kept_as_invalid(stripe):
    plain = stripe.tokens.create(card_with(networks={"preferred": "cartes_bancaires"}))
    cobranded = stripe.tokens.create(
        card_with(number="4000002500001001", networks={"preferred": "cartes_bancaires"})
    )

    assert plain.card.networks.preferred == "invalid_preference"
    assert cobranded.card.networks.preferred == "cartes_bancaires"


@pytest.mark.parametrize("missing", ["number", "exp_month", "exp_year"])
def test_a_missing_part_of_the_card_is_named_with_its_path(stripe, missing):
    card = {key: value for key, value in VISA.items() if key != missing}
    with refused(
        code="parameter_missing", param=f"card[{missing}]", says=f"Missing required param: card[{missing}]."
    ):
        stripe.tokens.create({"card": card})


def test_a_token_is_made_from_exactly_one_thing(stripe):
    with refused(says="You must supply either a card"):
        stripe.tokens.create({})
    with refused(code="parameters_exclusive", param="pii"):
        stripe.tokens.create({**card_with(), "pii": {"id_number": "000000000"}})


def test_an_unknown_parameter_is_refused_by_name(stripe):
    with refused(code="parameter_unknown", param="card[foo]", says="Received unknown parameter: card[foo]"):
        stripe.tokens.create(card_with(foo="1"))
    with refused(code="parameter_unknown", param="metadata"):
        stripe.tokens.create({**card_with(), "metadata": {"a": "b"}})


def test_an_id_number_is_taken_in_and_never_shown(post):
    reply = post("/v1/tokens", {"pii[id_number]": "000000000"})

    token = reply.json
    assert token["id"].startswith("pii_")
    assert token["type"] == "pii"
    assert token["redaction"] is None
    assert b"000000000" not in reply.body
    assert set(token) == {"id", "object", "client_ip", "created", "livemode", "redaction", "type", "used"}


def test_a_security_code_can_be_collected_again(stripe):
    assert stripe.tokens.create({"cvc_update": {"cvc": "123"}}).id.startswith("cvctok_")
    with refused(sdk.CardError, status=402, code="invalid_cvc", param="cvc"):
        stripe.tokens.create({"cvc_update": {"cvc": "12"}})


US_BANK = {
    "country": "US",
    "currency": "usd",
    "routing_number": "110000000",
    "account_number": "000123456789",
}


def test_a_bank_account_token_shows_the_bank_and_the_last_four(stripe):
    token = stripe.tokens.create(
        {"bank_account": {**US_BANK, "account_holder_name": "Jenny", "account_holder_type": "individual"}}
    )

    assert token.id.startswith("btok_")
    assert "card" not in token
    assert token.bank_account.to_dict() == {
        "id": token.bank_account.id,
        "object": "bank_account",
        "account_holder_name": "Jenny",
        "account_holder_type": "individual",
        "account_type": None,
        "bank_name": "STRIPE TEST BANK",
        "country": "US",
        "currency": "usd",
        "fingerprint": token.bank_account.fingerprint,
        "last4": "6789",
        "routing_number": "110000000",
        "status": "new",
    }


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"account_number": None}, "parameter_missing", "bank_account[account_number]"),
        ({"routing_number": None}, "parameter_missing", "bank_account[routing_number]"),
        ({"routing_number": "12345"}, "routing_number_invalid", "bank_account[routing_number]"),
        ({"account_number": "123123123"}, "account_number_invalid", "bank_account[account_number]"),
    ],
)
def test_a_wrong_bank_account_is_refused_by_field(stripe, change, code, param):
    details = {key: value for key, value in {**US_BANK, **change}.items() if value is not None}
    with refused(code=code, param=param):
        stripe.tokens.create({"bank_account": details})


def test_an_iban_of_the_test_list_needs_no_routing_number(stripe):
    bank = {"country": "FR", "currency": "eur", "account_number": "FR89370400440532013000"}
    shown = stripe.tokens.create({"bank_account": bank}).bank_account

    assert (shown.last4, shown.routing_number) == ("3000", "110000000")


def test_what_a_token_is_spent_on_marks_it_used_and_a_second_use_is_refused(stripe):
    token = stripe.tokens.create(card_with())
    stripe.payment_methods.create({"type": "card", "card": {"token": token.id}})

    assert stripe.tokens.retrieve(token.id).used is True
    with refused(code="token_already_used", says=f"token more than once: {token.id}"):
        stripe.payment_methods.create({"type": "card", "card": {"token": token.id}})
    with refused(code="token_already_used"):
        stripe.customers.create({"source": token.id})
    assert stripe.customers.list().data == []


def test_a_refused_request_does_not_spend_the_token(stripe):
    token = stripe.tokens.create(card_with())
    with refused(code="email_invalid", param="billing_details[email]"):
        stripe.payment_methods.create(
            {"type": "card", "card": {"token": token.id}, "billing_details": {"email": "nobody"}}
        )

    assert stripe.tokens.retrieve(token.id).used is False


def test_a_declined_card_spends_its_token(stripe):
    token = stripe.tokens.create({"card": DECLINED})
    with refused(sdk.CardError, status=402, code="card_declined", param="", decline_code="generic_decline"):
        stripe.customers.create({"source": token.id})

    assert stripe.tokens.retrieve(token.id).used is True
    assert stripe.customers.list().data == []


def test_a_token_of_another_kind_is_refused_and_stays_unspent(stripe):
    pii = stripe.tokens.create({"pii": {"id_number": "000000000"}})
    with refused(param="source"):
        stripe.customers.create({"source": pii.id})

    assert stripe.tokens.retrieve(pii.id).used is False


def test_sixty_four_clients_race_for_one_token_and_one_wins(server, stripe, secret_key):
    token = stripe.tokens.create(card_with())

    def spend(_):
        return server.request(
            "POST", "/v1/payment_methods", {"type": "card", "card[token]": token.id}, key=secret_key
        )

    with ThreadPoolExecutor(64) as crowd:
        replies = list(crowd.map(spend, range(64)))

    outcomes = [reply.status if reply.status == 200 else reply.error.get("code") for reply in replies]
    assert outcomes.count(200) == 1
    assert outcomes.count("token_already_used") == 63
    assert len(stripe.payment_methods.list().data) == 1


def test_a_magic_token_never_runs_out(stripe):
    customers = [stripe.customers.create({"source": "tok_visa"}) for _ in range(3)]

    assert len({customer.default_source for customer in customers}) == 3
    looked_at = stripe.tokens.retrieve("tok_visa")
    assert looked_at.id != "tok_visa"
    assert (looked_at.card.last4, looked_at.used) == ("4242", False)


def test_magic_tokens_and_test_numbers_mean_nothing_in_live_mode(server, live, name):
    with refused(code="resource_missing", param="source"):
        live.customers.create({"source": "tok_visa"})
    in_browser = server.client(f"pk_live_{name}").v1
    with refused(
        sdk.CardError, status=402, code="card_declined", param="", decline_code="live_mode_test_card"
    ):
        in_browser.tokens.create(card_with())


def test_unknown_and_foreign_tokens_are_the_same_404(server, stripe, name):
    foreign = server.client(f"sk_test_{name}other").v1.tokens.create(card_with())
    for token_id in ("tok_nope", foreign.id, "pm_card_visa"):
        with refused(status=404, code="resource_missing", param="token", says=f"No such token: '{token_id}'"):
            stripe.tokens.retrieve(token_id)


def test_a_token_of_the_other_mode_is_missing_with_a_hint(stripe, live):
    token = stripe.tokens.create(card_with())
    with refused(
        status=404,
        code="resource_missing",
        param="token",
        says="a similar object exists in test mode, but a live mode key",
    ):
        live.tokens.retrieve(token.id)


def test_there_is_no_list_and_no_deletion_of_tokens(get, server, secret_key):
    assert get("/v1/tokens").status == 404
    assert "Unrecognized request URL (GET: /v1/tokens)" in get("/v1/tokens").error["message"]
    assert server.request("DELETE", "/v1/tokens/tok_x", key=secret_key).status == 404


def test_a_live_secret_key_may_not_send_raw_numbers_unless_allowed(live):
    with refused(sdk.CardError, status=402, says="unsafe"):
        live.tokens.create(card_with(number="4111111111111111"))


def test_cloning_needs_a_connected_account(stripe):
    customer = stripe.customers.create({"source": "tok_visa"})
    with refused(param="customer"):
        stripe.tokens.create({"customer": customer.id})
