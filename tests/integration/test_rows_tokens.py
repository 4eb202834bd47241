"""Tokens, row by row: every published card and magic token, every kind and key, and what spends a token."""

import datetime
import itertools

import pytest
import stripe as sdk

from strongroom.catalog import cards, magic_token
from strongroom.catalog.banks import bank_tables
from support.data import DECLINED, VISA, refused

CARD_TOKENS = cards.card_tables().tokens
PUBLISHED_NUMBERS = cards.card_tables().test_cards
BANK = {"country": "US", "currency": "usd", "routing_number": "110000000", "account_number": "000123456789"}
FRENCH = {"country": "FR", "currency": "eur", "account_number": "FR89370400440532013000"}
FIRST_DIGITS = (
    (("34", "37"), "American Express"),
    (("30", "36"), "Diners Club"),
    (("35",), "JCB"),
    (("4",), "Visa"),
    (("51", "52", "55", "22"), "MasterCard"),
    (("60", "65"), "Discover"),
    (("62",), "UnionPay"),
    (("50",), "Unknown"),
)

# What validating a card says, by the behaviour that the catalogue gives it; every other card is taken.
DECLINES = {
    "generic_decline": ("card_declined", "", "generic_decline"),
    "insufficient_funds": ("card_declined", "", "insufficient_funds"),
    "lost_card": ("card_declined", "", "lost_card"),
    "stolen_card": ("card_declined", "", "stolen_card"),
    "card_velocity_exceeded": ("card_declined", "", "card_velocity_exceeded"),
    "expired_card": ("expired_card", "exp_month", None),
    "incorrect_cvc": ("incorrect_cvc", "cvc", None),
    "processing_error": ("processing_error", "", None),
}


def brand_of(number):
    return next(brand for prefixes, brand in FIRST_DIGITS if number.startswith(prefixes))


def card_with(**changes):
    return {"card": {**VISA, **changes}}


# -- every published name and number ----------------------------------------------------------------------------------


def test_every_magic_token_shows_a_fresh_card_of_its_number(stripe):
    today = datetime.datetime.now(tz=datetime.UTC)
    seen = set()
    for name, magic in CARD_TOKENS.items():
        token = stripe.tokens.retrieve(name)
        card = token.card
        facts = cards.card_facts(magic.number)
        shown = (
            card.last4,
            card.brand,
            card.country,
            card.funding,
            card.cvc_check,
            card.exp_month,
            card.exp_year,
        )
        said = (magic.number[-4:], brand_of(magic.number), facts.country, facts.funding, "unchecked")
        assert shown == (*said, today.month, today.year + 1), name
        assert (token.used, token.livemode, token.id.startswith("tok_")) == (False, False, True), name
        seen |= {token.id, card.id}
    assert len(seen) == 2 * len(CARD_TOKENS)
    assert len(CARD_TOKENS) > 250


def test_a_country_in_a_tokens_name_is_the_country_of_its_card():
    """The table is read as everybody reads the names, so that no row says otherwise."""
    countries = [name for name in CARD_TOKENS if len(name) == len("tok_us")]
    assert len(countries) > 55
    for name in countries:
        assert cards.card_facts(CARD_TOKENS[name].number).country == name[-2:].upper()


def test_every_magic_token_is_taken_or_declined_as_a_source_as_published(stripe):
    declined = []
    for name, magic in CARD_TOKENS.items():
        if magic.behaviour in DECLINES:
            code, param, decline_code = DECLINES[magic.behaviour]
            with refused(sdk.CardError, status=402, code=code, param=param, decline_code=decline_code):
                stripe.customers.create({"source": name})
            declined.append(name)
            continue
        card = stripe.customers.create({"source": name, "expand": ["default_source"]}).default_source
        assert (card.brand, card.last4) == (brand_of(magic.number), magic.number[-4:]), name
        assert card.cvc_check == ("fail" if "cvcCheckFail" in name else "pass"), name
    for reason in ("", "InsufficientFunds", "LostCard", "StolenCard", "VelocityLimitExceeded", "ExpiredCard",
                   "IncorrectCvc", "ProcessingError"):  # fmt: skip
        assert {f"tok_chargeDeclined{reason}", f"tok_visa_chargeDeclined{reason}"} <= set(declined)
    assert len(declined) == 17


def test_every_published_number_becomes_a_token_in_test_mode_and_is_declined_in_live_mode(
    stripe, server, name
):
    live_browser = server.client(f"pk_live_{name}").v1
    for number in PUBLISHED_NUMBERS:
        card = {**VISA, "number": number, "cvc": "1234" if brand_of(number) == "American Express" else "123"}
        token = stripe.tokens.create({"card": card})
        assert (token.card.last4, token.card.brand) == (number[-4:], brand_of(number))
        with refused(
            sdk.CardError, status=402, code="card_declined", param="", decline_code="live_mode_test_card"
        ):
            live_browser.tokens.create({"card": card})


def test_every_magic_bank_token_shows_a_fresh_account(stripe):
    names = list(bank_tables().tokens)
    assert "btok_us_verified" in names
    for name in names:
        token = stripe.tokens.retrieve(name)
        assert token.id.startswith("btok_")
        assert token.id != name
        bank = token.bank_account
        assert (bank.last4, bank.bank_name, bank.status) == (
            magic_token(name).account_number.reveal()[-4:], "STRIPE TEST BANK", "new")  # fmt: skip


@pytest.mark.parametrize("wrong", ["tok_VISA", "TOK_visa", "tok_visa_", "tok_visa ", "tok_"])
def test_the_case_and_every_letter_of_a_magic_name_count(stripe, wrong):
    with refused(code="resource_missing", param="source", says=f"No such token: '{wrong}'"):
        stripe.customers.create({"source": wrong})


def test_ten_uses_of_a_magic_token_are_ten_cards(stripe):
    assert len({stripe.customers.create({"source": "tok_visa"}).default_source for _ in range(10)}) == 10


# -- cards ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("leaf", ["number", "exp_month", "exp_year"])
def test_what_a_card_needs_cannot_be_empty_or_blank(stripe, leaf):
    with refused(code="parameter_invalid_empty", param=f"card[{leaf}]"):
        stripe.tokens.create(card_with(**{leaf: ""}))
    with refused(code="parameter_invalid_string_blank", param=f"card[{leaf}]"):
        stripe.tokens.create(card_with(**{leaf: "  "}))


def test_an_empty_optional_leaf_is_not_given(stripe):
    card = stripe.tokens.create(
        card_with(cvc="", name="", address_zip="", address_line1="", currency="")
    ).card
    assert (card.cvc_check, card.name, card.address_zip_check, card.address_line1_check) == (None,) * 4
    assert "currency" not in card


def test_the_address_is_kept_as_given_and_not_yet_checked(stripe):
    given = {
        "address_line1": "510 Townsend St",
        "address_line2": "2nd",
        "address_city": "San Francisco",
        "address_state": "CA",
        "address_zip": "94103",
        "address_country": "US",
    }
    card = stripe.tokens.create(card_with(**given)).card
    assert {key: card[key] for key in given} == given
    assert (card.address_line1_check, card.address_zip_check) == ("unchecked", "unchecked")


@pytest.mark.parametrize(("year", "shown"), [("30", 2030), ("2030", 2030), ("70", 2070)])
def test_a_year_has_two_digits_or_four(stripe, year, shown):
    card = stripe.tokens.create(card_with(exp_month="01", exp_year=year)).card
    assert (card.exp_month, card.exp_year) == (1, shown)


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"card": {**VISA, "networks": {"preferred": "amex"}}}, "card[networks][preferred]"),
        ({"card": "card_x"}, "card"),
        ({"card": {**VISA, "name": "n" * 5001}}, "card[name]"),
        ({"card": {**VISA, "name": {"first": "J"}}}, "card[name]"),
        ({"customer": "cus_nope"}, "customer"),
    ],
)
def test_other_shapes_of_a_card_are_refused_by_path(stripe, params, param):
    with refused(param=param):
        stripe.tokens.create(params)


@pytest.mark.parametrize(
    "leaf", ["pk_token", "pk_token_transaction_id", "card[pk_token]", "card[metadata][a]"]
)
def test_wallets_and_metadata_are_unknown_here(post, leaf):
    error = post("/v1/tokens", {**{f"card[{key}]": value for key, value in VISA.items()}, leaf: "x"}).error
    assert error["code"] == "parameter_unknown"


def test_one_number_has_one_fingerprint_wherever_it_goes(stripe):
    token = stripe.tokens.create(card_with())
    method = stripe.payment_methods.create({"type": "card", "card": {**VISA, "exp_year": "2041"}})
    customer = stripe.customers.create({"source": token.id, "expand": ["default_source"]})
    magic = stripe.tokens.retrieve("tok_visa")

    prints = {token.card.fingerprint, method.card.fingerprint, customer.default_source.fingerprint}
    assert prints == {magic.card.fingerprint}
    assert stripe.tokens.retrieve("tok_mastercard").card.fingerprint not in prints


# -- the other kinds --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "code", "param", "says"),
    [
        ({"country": None}, "parameter_missing", "bank_account[country]", "Missing required param"),
        ({"country": "ZZ"}, "country_code_invalid", "bank_account[country]", "ZZ"),
        ({"routing_number": "110000001"}, "routing_number_invalid", "bank_account[routing_number]", "find that bank"),
        ({"account_number": "123123123"}, "account_number_invalid", "bank_account[account_number]",
         "You must use a test bank account number"),
        ({"currency": "eur"}, None, "bank_account[currency]", "eur"),
        ({"account_holder_type": "person"}, None, "bank_account[account_holder_type]", "company or individual"),
        ({**FRENCH, "routing_number": ""}, None, "bank_account", "BIC"),
        ({**FRENCH, "routing_number": None, "account_number": "DE89370400440532013000"}, "account_number_invalid",
         "bank_account[account_number]", "FR89370400440532013000"),
        ({"foo": "1"}, "parameter_unknown", "bank_account[foo]", "foo"),
    ],
)  # fmt: skip
def test_a_wrong_bank_account_is_refused_by_field_and_in_known_words(stripe, change, code, param, says):
    details = {key: value for key, value in {**BANK, **change}.items() if value is not None}
    with refused(code=code, param=param, says=says):
        stripe.tokens.create({"bank_account": details})


def test_an_iban_may_be_typed_in_groups(stripe):
    bank = {**FRENCH, "account_number": "FR89 3704 0044 0532 0130 00"}
    typed, plain = (stripe.tokens.create({"bank_account": one}).bank_account for one in (bank, FRENCH))
    assert (typed.last4, typed.fingerprint) == ("3000", plain.fingerprint)


def test_an_id_number_has_an_older_name_and_cannot_be_empty(post):
    assert post("/v1/tokens", {"pii[personal_id_number]": "000000000"}).json["type"] == "pii"
    error = post("/v1/tokens", {"pii[id_number]": ""}).error
    assert (error["code"], error["param"]) == ("parameter_missing", "pii[id_number]")


def test_a_collected_code_is_three_or_four_digits_and_never_shown(post):
    for code in ("123", "1234"):
        reply = post("/v1/tokens", {"cvc_update[cvc]": code})
        assert set(reply.json) == {
            "id", "object", "client_ip", "created", "livemode", "redaction", "type", "used"}  # fmt: skip
        assert (reply.json["type"], reply.json["redaction"]) == ("cvc_update", None)
        assert f'"{code}"' not in reply.body.decode()
    for code in ("12345", "12a"):
        error = post("/v1/tokens", {"cvc_update[cvc]": code}).error
        assert (error["type"], error["code"], error["param"]) == ("card_error", "invalid_cvc", "cvc")
    assert post("/v1/tokens", {"cvc_update[cvc]": ""}).error["code"] == "parameter_invalid_empty"


@pytest.mark.parametrize("kind", ["sk_test", "pk_test", "rk_test", "sk_live", "pk_live"])
@pytest.mark.parametrize(
    ("params", "prefix"),
    [({"pii": {"id_number": "000000000"}}, "pii_"), ({"cvc_update": {"cvc": "123"}}, "cvctok_")],
)
def test_numbers_of_persons_and_codes_are_taken_from_every_key(server, name, kind, params, prefix):
    token = server.client(f"{kind}_{name}").v1.tokens.create(params)
    assert (token.id.startswith(prefix), token.livemode) == (True, kind.endswith("live"))


LEAVES = {
    "card": {"card[number]": "4242424242424242", "card[exp_month]": "12", "card[exp_year]": "2034"},
    "bank_account": {f"bank_account[{key}]": value for key, value in BANK.items()},
    "pii": {"pii[id_number]": "000000000"},
    "account": {"account[business_type]": "individual"},
    "person": {"person[first_name]": "Jenny"},
    "cvc_update": {"cvc_update[cvc]": "123"},
}


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations(LEAVES, 2)))
def test_two_kinds_at_once_are_refused_by_the_second(post, first, second):
    error = post("/v1/tokens", {**LEAVES[second], **LEAVES[first]}).error
    assert (error["code"], error["param"]) == ("parameters_exclusive", second)


@pytest.mark.parametrize("path", ["account[legal_entity]", "account[email]", "account[country]"])
def test_what_an_account_token_cannot_hold_is_unknown(post, path):
    error = post("/v1/tokens", {path: "x"}).error
    assert (error["code"], error["param"]) == ("parameter_unknown", path)


# -- spending ---------------------------------------------------------------------------------------------------------


def test_a_repeated_key_repeats_the_token_and_what_it_was_spent_on(post):
    card = {f"card[{key}]": value for key, value in VISA.items()}
    token, again = (post("/v1/tokens", card, Idempotency_Key="token").json["id"] for _ in range(2))
    first, second = (post("/v1/customers", {"source": token}, Idempotency_Key="spend") for _ in range(2))

    assert token == again
    assert (first.status, second.status, second.body) == (200, 200, first.body)
    assert (
        post("/v1/customers", {"source": token}, Idempotency_Key="other").error["code"]
        == "token_already_used"
    )


def test_a_second_use_is_refused_without_a_param(stripe):
    token = stripe.tokens.create(card_with())
    stripe.customers.create({"source": token.id})
    for spend in (
        lambda: stripe.customers.create({"source": token.id}),
        lambda: stripe.payment_methods.create({"type": "card", "card": {"token": token.id}}),
    ):
        with refused(code="token_already_used", says=f"token more than once: {token.id}"):
            spend()


def test_a_refusal_of_the_parameters_spends_nothing(stripe):
    token = stripe.tokens.create(card_with())
    customer = stripe.customers.create({})
    for params, param in (
        ({"source": token.id, "email": "nobody"}, "email"),
        ({"source": token.id, "invoice_settings": {"default_payment_method": "pm_nope"}},
         "invoice_settings[default_payment_method]"),
    ):  # fmt: skip
        with pytest.raises(sdk.InvalidRequestError) as refusal:
            stripe.customers.update(customer.id, params)
        assert refusal.value.param == param
    with refused(status=404, code="resource_missing", param="id"):
        stripe.customers.update("cus_nope", {"source": token.id})
    assert stripe.tokens.retrieve(token.id).used is False


def test_a_decline_on_update_spends_the_token_and_changes_nothing_else(stripe):
    customer = stripe.customers.create({"source": "tok_visa", "name": "A"})
    token = stripe.tokens.create({"card": DECLINED})
    with refused(sdk.CardError, status=402, code="card_declined", param="", decline_code="generic_decline"):
        stripe.customers.update(customer.id, {"source": token.id, "name": "B"})

    assert stripe.customers.retrieve(customer.id).to_dict() == customer.to_dict()
    assert stripe.tokens.retrieve(token.id).used is True


def test_a_token_of_another_account_mode_or_kind_buys_nothing(stripe, live, server, name):
    foreign = server.client(f"sk_test_{name}other").v1.tokens.create(card_with()).id
    of_other_mode = stripe.tokens.create(card_with()).id
    spend = {
        "source": lambda client, token: client.customers.create({"source": token}),
        "card[token]": lambda client, token: client.payment_methods.create(
            {"type": "card", "card": {"token": token}}
        ),
    }
    wrong_kinds = [
        stripe.tokens.create(params).id
        for params in ({"pii": {"id_number": "1"}}, {"cvc_update": {"cvc": "123"}}, {"bank_account": BANK})
    ]
    for param, use in spend.items():
        with refused(code="resource_missing", param=param, says=f"No such token: '{foreign}'"):
            use(stripe, foreign)
        with refused(code="resource_missing", param=param, says="a similar object exists in test mode"):
            use(live, of_other_mode)
        for token in wrong_kinds if param == "card[token]" else wrong_kinds[:2]:
            with refused(param=param, says="cannot be used here"):
                use(stripe, token)
            assert stripe.tokens.retrieve(token).used is False


# -- what spends a token one day --------------------------------------------------------------------------------------


def test_a_charge_spends_its_token_and_one_that_is_refused_does_not(stripe, post):
    token = stripe.tokens.create(card_with()).id
    reply = post("/v1/charges", {"currency": "usd", "source": token})
    assert (reply.status, reply.error["code"], reply.error["param"]) == (400, "parameter_missing", "amount")
    assert not stripe.tokens.retrieve(token).used

    assert stripe.charges.create({"amount": 100, "currency": "usd", "source": token}).paid
    assert stripe.tokens.retrieve(token).used
    again = post("/v1/charges", {"amount": "100", "currency": "usd", "source": token})
    assert (again.status, again.error["code"]) == (400, "token_already_used")
    assert len(stripe.charges.list().data) == 1


def test_a_magic_token_makes_as_many_cards_as_it_is_used(stripe):
    cards_made = {stripe.customers.create({"source": "tok_visa"}).default_source for _ in range(10)}
    assert len(cards_made) == 10
