"""Account and person tokens: somebody's data handed over whole, seen by nobody, spent once on an account or a person."""

import pytest
import stripe as sdk

from support.connect import ADDRESS, BANK, COMPLETE, CUSTOM, INDIVIDUAL, acting_on
from support.data import refused
from support.documents import png, upload_as

OUTSIDE = {
    key: value
    for key, value in COMPLETE.items()
    if key not in ("business_type", "individual", "tos_acceptance")
}
INSIDE = {"business_type": "individual", "individual": INDIVIDUAL, "tos_shown_and_accepted": True}
COMPANY = {**CUSTOM, "business_type": "company", "company": {"name": "Rosen Books"}}
AGENT = "RosenBooks/1.0"


def unused(client, *tokens):
    return [client.tokens.retrieve(token.id).used for token in tokens] == [False] * len(tokens)


# -- making -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "prefix", "kind"),
    [
        ({"account": INSIDE}, "ct_", "account"),
        ({"person": {**INDIVIDUAL, "metadata": {"a": "1"}}}, "cpt_", "person"),
    ],
)
def test_a_token_shows_nothing_of_what_it_holds(stripe, browser, params, prefix, kind):
    for client in (stripe, browser):
        token = client.tokens.create(params)
        assert token.id.startswith(prefix)
        assert len(token.id) == len(prefix) + 24
        assert token.to_dict() == {
            "id": token.id,
            "object": "token",
            "client_ip": "127.0.0.1",
            "created": token.created,
            "livemode": False,
            "redaction": None,
            "type": kind,
            "used": False,
        }
        assert stripe.tokens.retrieve(token.id).to_dict() == token.to_dict()
    assert stripe.events.list().data == []


@pytest.mark.parametrize("params", [{"account": INSIDE}, {"person": {"first_name": "Jenny"}}])
def test_live_data_comes_from_the_browser_and_not_from_a_server(server, name, live, params):
    for key in (f"sk_live_{name}", f"rk_live_{name}"):
        with refused(says="publishable"):
            server.client(key).v1.tokens.create(params)
    token = server.client(f"pk_live_{name}").v1.tokens.create(params)
    assert live.tokens.retrieve(token.id).livemode is True


@pytest.mark.parametrize(
    ("field", "value", "code", "param"),
    [
        ("account[individual][dob][day]", "1", "parameter_missing", "account[individual][dob][month]"),
        ("person[dob][day]", "1", "parameter_missing", "person[dob][month]"),
        ("person[email]", "nobody", "email_invalid", "person[email]"),
        ("person[person_token]", "x", "parameter_unknown", "person[person_token]"),
        ("person[political_exposure]", "perhaps", None, "person[political_exposure]"),
        ("account[business_type]", "guild", None, "account[business_type]"),
        ("account[company][name]", "x" * 101, None, "account[company][name]"),
        ("account[individual][first_name]", "x" * 101, None, "account[individual][first_name]"),
        ("account[capabilities]", "x", "parameter_unknown", "account[capabilities]"),
        ("account[metadata][a]", "x", "parameter_unknown", "account[metadata]"),
        ("person[id_number]", "pii_nope", "resource_missing", "person[id_number]"),
    ],
)  # fmt: skip
def test_a_malformed_payload_is_refused_by_its_path(post, field, value, code, param):
    reply = post("/v1/tokens", {field: value})
    assert (reply.status, reply.error.get("code"), reply.error["param"]) == (400, code, param)


def test_a_pii_token_inside_is_spent_when_the_token_is_made(stripe):
    numbers = [stripe.tokens.create({"pii": {"id_number": "222222222"}}) for _ in range(3)]
    person = stripe.tokens.create(
        {"person": {"id_number": numbers[0].id, "id_number_secondary": numbers[1].id}}
    )
    account = stripe.tokens.create(
        {"account": {**INSIDE, "individual": {**INDIVIDUAL, "id_number": numbers[2].id}}}
    )

    assert [stripe.tokens.retrieve(number.id).used for number in numbers] == [True] * 3
    with refused(code="token_already_used"):
        stripe.tokens.create({"person": {"id_number": numbers[0].id}})
    made = stripe.accounts.create({**OUTSIDE, "account_token": account.id})
    assert made.individual.id_number_provided is True
    company = stripe.accounts.create(COMPANY)
    given = stripe.accounts.persons.create(company.id, {"person_token": person.id})
    assert given.id_number_provided is True


def test_a_refused_token_spends_no_pii_token(stripe):
    number = stripe.tokens.create({"pii": {"id_number": "222222222"}})
    with refused(code="resource_missing", param="person[id_number_secondary]"):
        stripe.tokens.create({"person": {"id_number": number.id, "id_number_secondary": "pii_nope"}})
    assert unused(stripe, number)


# -- account tokens ---------------------------------------------------------------------------------------------------


def test_an_account_made_from_a_token_is_the_account_made_inline(stripe, server, publishable_key):
    browser = server.client(publishable_key).v1
    token = browser.tokens.create({"account": INSIDE}, {"headers": {"User-Agent": AGENT}})
    account = stripe.accounts.create({**OUTSIDE, "account_token": token.id})

    inline = stripe.accounts.create(COMPLETE)
    assert account.tos_acceptance.ip == "127.0.0.1"
    assert account.tos_acceptance.date == token.created
    assert account.tos_acceptance.user_agent

    def common(shown):
        return {
            "business_type": shown.business_type, "capabilities": shown.capabilities.to_dict(),
            "requirements": shown.requirements.to_dict(), "charges_enabled": shown.charges_enabled,
            "names": (shown.individual.first_name, shown.individual.last_name), "phone": shown.individual.phone,
            "dob": shown.individual.dob.to_dict(), "flags": (shown.individual.id_number_provided,),
            "address": shown.individual.address.to_dict(),
        }  # fmt: skip

    assert common(account) == common(inline)
    assert account.capabilities.to_dict() == {"card_payments": "active", "transfers": "active"}
    assert stripe.tokens.retrieve(token.id).used is True


def test_terms_accepted_remember_the_browser_that_made_the_token(post, publishable_key):
    fields = {"account[tos_shown_and_accepted]": "true", "account[business_type]": "individual"}
    token = post("/v1/tokens", fields, key=publishable_key, User_Agent=AGENT).json
    custom = {"type": "custom", "country": "US", "account_token": token["id"],
              "capabilities[transfers][requested]": "true", "capabilities[card_payments][requested]": "true"}  # fmt: skip
    account = post("/v1/accounts", custom, User_Agent="Server/2").json

    assert account["tos_acceptance"] == {"date": token["created"], "ip": "127.0.0.1", "user_agent": AGENT}


def test_a_token_that_makes_an_account_has_the_terms_accepted(stripe):
    tokens = [
        stripe.tokens.create({"account": {**INSIDE, "tos_shown_and_accepted": False}}),
        stripe.tokens.create({"account": {"business_type": "individual", "individual": INDIVIDUAL}}),
    ]
    for token in tokens:
        with refused(param="account_token", says="tos_shown_and_accepted"):
            stripe.accounts.create({**OUTSIDE, "account_token": token.id})
    assert unused(stripe, *tokens)
    assert stripe.accounts.list().data == []


def test_a_token_without_business_type_is_made_and_refused_when_it_is_used(stripe):
    token = stripe.tokens.create(
        {"account": {"individual": {"first_name": "A"}, "tos_shown_and_accepted": True}}
    )
    with refused(param="individual"):
        stripe.accounts.create({**OUTSIDE, "account_token": token.id})
    assert unused(stripe, token)


def test_an_update_changes_what_is_in_the_token_and_nothing_else(stripe):
    account = stripe.accounts.create(COMPLETE)
    token = stripe.tokens.create({"account": {"individual": {"last_name": "Roe", "metadata": {"a": "1"}}}})
    changed = stripe.accounts.update(account.id, {"account_token": token.id, "metadata": {"b": "2"}})

    assert (changed.individual.first_name, changed.individual.last_name) == ("Jenny", "Roe")
    assert (changed.individual.metadata.to_dict(), changed.metadata.to_dict()) == ({"a": "1"}, {"b": "2"})
    assert changed.tos_acceptance.to_dict() == account.tos_acceptance.to_dict()


def test_the_tokens_business_agrees_with_the_accounts_or_sets_it(stripe):
    company, unknown = stripe.accounts.create(COMPANY), stripe.accounts.create(CUSTOM)
    token = stripe.tokens.create({"account": INSIDE})
    with refused(param="individual"):
        stripe.accounts.update(company.id, {"account_token": token.id})
    assert unused(stripe, token)
    assert stripe.accounts.update(unknown.id, {"account_token": token.id}).business_type == "individual"
    of_company = stripe.tokens.create({"account": {"business_type": "company", "company": {"name": "Roe"}}})
    assert stripe.accounts.update(company.id, {"account_token": of_company.id}).company.name == "Roe"


def test_a_company_in_a_token_brings_its_numbers_documents_and_declaration(
    stripe, server, secret_key, publishable_key
):
    document = upload_as(server, publishable_key, png(), purpose="additional_verification")
    company = {
        "name": "Rosen", "tax_id": "222222222", "vat_id": "DE123456789",
        "ownership_declaration_shown_and_signed": True, "verification": {"document": {"front": document}},
    }  # fmt: skip
    token = stripe.tokens.create(
        {"account": {"business_type": "company", "company": company, "tos_shown_and_accepted": True}}
    )
    account = stripe.accounts.create({**CUSTOM, "country": "DE", "account_token": token.id})

    shown = account.company.to_dict()
    assert (shown["name"], shown["tax_id_provided"], shown["vat_id_provided"]) == ("Rosen", True, True)
    assert shown["verification"]["document"]["front"] == document
    assert shown["ownership_declaration"]["date"] == token.created
    assert shown["ownership_declaration"]["ip"] == "127.0.0.1"
    assert "ownership_declaration_shown_and_signed" not in shown


@pytest.mark.parametrize("inline", [
    {"business_type": "individual"}, {"company": {"name": "A"}}, {"individual": {"first_name": "A"}},
    {"tos_acceptance": {"date": 1700000000, "ip": "8.8.8.8"}},
])  # fmt: skip
def test_nothing_stands_beside_an_account_token_that_belongs_into_it(stripe, inline):
    token, account = stripe.tokens.create({"account": INSIDE}), stripe.accounts.create(CUSTOM)
    for write in (
        lambda params: stripe.accounts.create({**OUTSIDE, **params}),
        lambda params: stripe.accounts.update(account.id, params),
    ):
        with refused(code="parameters_exclusive", param=next(iter(inline))):
            write({"account_token": token.id, **inline})
    assert unused(stripe, token)


def test_an_account_token_is_used_once_and_for_accounts_alone(stripe):
    token = stripe.tokens.create({"account": INSIDE})
    account = stripe.accounts.create({**OUTSIDE, "account_token": token.id})
    for again in (
        lambda: stripe.accounts.create({**OUTSIDE, "account_token": token.id}),
        lambda: stripe.accounts.update(account.id, {"account_token": token.id}),
    ):
        with refused(code="token_already_used", says=f"token more than once: {token.id}"):
            again()
    assert len(stripe.accounts.list().data) == 1


def test_all_tokens_of_a_request_are_spent_or_none(stripe):
    data, bank = (
        stripe.tokens.create({"account": INSIDE}),
        stripe.tokens.create({"bank_account": {k: v for k, v in BANK.items() if k != "object"}}),
    )
    with refused(code="resource_missing", param="external_account"):
        stripe.accounts.create({**OUTSIDE, "account_token": data.id, "external_account": "btok_nope"})
    with refused(code="resource_missing", param="account_token"):
        stripe.accounts.create({**OUTSIDE, "account_token": "ct_nope", "external_account": bank.id})
    assert unused(stripe, data, bank)
    stripe.accounts.create({**OUTSIDE, "account_token": data.id, "external_account": bank.id})
    assert [stripe.tokens.retrieve(token.id).used for token in (data, bank)] == [True, True]


def test_a_repeated_key_repeats_the_account_made_from_a_token(stripe):
    token = stripe.tokens.create({"account": INSIDE})
    made = [
        stripe.accounts.create({**OUTSIDE, "account_token": token.id}, {"idempotency_key": "once"})
        for _ in range(2)
    ]
    assert made[0].to_dict() == made[1].to_dict()


def test_a_french_platform_makes_accounts_from_tokens_alone(server, name):
    french = server.client(f"sk_test_{name}_FR").v1
    inside = {
        "business_type": "individual",
        "tos_shown_and_accepted": True,
        "individual": {"first_name": "Jenny"},
    }
    outside = {"type": "custom", "country": "FR", "capabilities": CUSTOM["capabilities"]}
    with refused(says="account tokens"):
        french.accounts.create(
            {**outside, "business_type": "individual", "individual": {"first_name": "Jenny"}}
        )
    token = french.tokens.create({"account": inside})
    account = french.accounts.create({**outside, "account_token": token.id})
    assert account.individual.first_name == "Jenny"
    with refused(says="account tokens"):
        french.accounts.update(account.id, {"individual": {"first_name": "Jen"}})
    again = french.tokens.create({"account": {"individual": {"first_name": "Jen"}}})
    assert french.accounts.update(account.id, {"account_token": again.id}).individual.first_name == "Jen"


def test_where_the_holder_accepts_the_terms_a_token_does_not(stripe):
    token = stripe.tokens.create({"account": INSIDE})
    account = stripe.accounts.create({"type": "express", "country": "US", "account_token": token.id})

    assert account.individual.first_name == "Jenny"
    assert account.tos_acceptance.date is None
    stripe.account_links.create({
        "account": account.id, "type": "account_onboarding", "refresh_url": "https://a.test", "return_url": "https://b.test",
    })  # fmt: skip
    late = stripe.tokens.create({"account": {"individual": {"first_name": "A"}}})
    with refused(sdk.PermissionError, status=403, code="oauth_not_supported"):
        stripe.accounts.update(account.id, {"account_token": late.id})
    assert unused(stripe, late)


# -- person tokens ----------------------------------------------------------------------------------------------------


def test_a_person_made_from_a_token_has_all_of_it(stripe, server, publishable_key):
    browser = server.client(publishable_key).v1
    document = upload_as(server, publishable_key, png())
    payload = {
        "first_name": "Jenny", "last_name": "Rosen", "id_number": "222222222", "dob": {"day": 1, "month": 1, "year": 1902},
        "address": ADDRESS, "phone": "0000000000", "metadata": {"a": "1"}, "full_name_aliases": ["J"],
        "relationship": {"owner": True, "percent_ownership": 12.5, "title": "CEO"},
        "verification": {"document": {"front": document}},
    }  # fmt: skip
    token = browser.tokens.create({"person": payload})
    company = stripe.accounts.create(COMPANY)
    person = stripe.accounts.persons.create(company.id, {"person_token": token.id})

    assert (person.first_name, person.last_name, person.phone) == ("Jenny", "Rosen", "+10000000000")
    assert (person.id_number_provided, person.dob.year, person.full_name_aliases) == (True, 1902, ["J"])
    assert (person.relationship.percent_ownership, person.relationship.title) == (12.5, "CEO")
    assert (person.metadata.to_dict(), person.verification.document.front) == ({"a": "1"}, document)
    inline = stripe.accounts.persons.create(company.id, {**payload, "verification": {}})
    same = ("address", "dob", "first_name", "id_number_provided", "relationship", "ssn_last_4_provided")
    assert {key: person[key] for key in same} == {key: inline[key] for key in same}


def test_an_update_from_a_person_token_changes_what_is_in_it(stripe):
    company = stripe.accounts.create(COMPANY)
    person = stripe.accounts.persons.create(company.id, {"first_name": "Jenny", "last_name": "Rosen"})
    token = stripe.tokens.create(
        {"person": {"last_name": "Roe", "relationship": {"owner": True, "title": "CEO"}}}
    )
    beside = {"person_token": token.id, "relationship": {"title": "CFO"}, "metadata": {"a": "1"}}
    changed = stripe.accounts.persons.update(company.id, person.id, beside)

    assert (changed.first_name, changed.last_name) == ("Jenny", "Roe")
    assert (changed.relationship.owner, changed.relationship.title) == (True, "CFO")
    assert changed.metadata.to_dict() == {"a": "1"}


def test_a_person_token_serves_any_account_of_its_platform_once(stripe):
    first, second = stripe.accounts.create(COMPANY), stripe.accounts.create(COMPANY)
    token = stripe.tokens.create({"person": {"first_name": "Jenny"}})
    person = stripe.accounts.persons.create(second.id, {"person_token": token.id})

    for again in (
        lambda: stripe.accounts.persons.create(first.id, {"person_token": token.id}),
        lambda: stripe.accounts.persons.update(second.id, person.id, {"person_token": token.id}),
    ):
        with refused(code="token_already_used", says=f"token more than once: {token.id}"):
            again()
    assert stripe.accounts.persons.list(first.id).data == []


def test_a_token_of_the_account_itself_serves_it_and_no_other(stripe):
    account, other = stripe.accounts.create(COMPANY), stripe.accounts.create(COMPANY)
    token = stripe.tokens.create({"person": {"first_name": "Jenny"}}, acting_on(account))
    with refused(code="resource_missing", param="person_token"):
        stripe.accounts.persons.create(other.id, {"person_token": token.id})
    assert stripe.accounts.persons.create(account.id, {"person_token": token.id}).first_name == "Jenny"


@pytest.mark.parametrize(
    "leaf", ["first_name", "dob", "id_number", "verification", "address", "political_exposure"]
)
def test_no_personal_leaf_stands_beside_a_person_token(stripe, leaf):
    company, token = stripe.accounts.create(COMPANY), stripe.tokens.create({"person": {"first_name": "A"}})
    value = {"dob": INDIVIDUAL["dob"], "verification": {"document": {"front": "file_a"}}, "address": {"city": "A"},
             "political_exposure": "none"}.get(leaf, "222222222")  # fmt: skip
    with refused(code="parameters_exclusive", param=leaf):
        stripe.accounts.persons.create(company.id, {"person_token": token.id, leaf: value})
    assert unused(stripe, token)


def test_what_is_wrong_inside_a_token_is_found_when_it_is_used_and_spends_nothing(stripe):
    company = stripe.accounts.create(COMPANY)
    for payload, code, param in (
        ({"id_number": "1"}, "tax_id_invalid", "id_number"),
        ({"dob": {"day": 31, "month": 2, "year": 1990}}, None, "dob"),
        (
            {"verification": {"document": {"front": "file_nope"}}},
            "resource_missing",
            "verification[document][front]",
        ),
        ({"relationship": {"percent_ownership": 101}}, None, "relationship[percent_ownership]"),
    ):
        token = stripe.tokens.create({"person": payload})
        with refused(code=code, param=param):
            stripe.accounts.persons.create(company.id, {"person_token": token.id})
        assert unused(stripe, token)
    assert stripe.accounts.persons.list(company.id).data == []


# -- wrong kinds ------------------------------------------------------------------------------------------------------


def test_no_token_serves_where_another_kind_is_wanted(stripe):
    """Every kind of token and every magic name, in every place that takes another kind; none is spent by the attempt."""
    company = stripe.accounts.create(COMPANY)
    made = {
        "card": stripe.tokens.create(
            {"card": {"number": "4242424242424242", "exp_month": "12", "exp_year": "2034"}}
        ),
        "bank_account": stripe.tokens.create(
            {"bank_account": {k: v for k, v in BANK.items() if k != "object"}}
        ),
        "pii": stripe.tokens.create({"pii": {"id_number": "222222222"}}),
        "account": stripe.tokens.create({"account": INSIDE}),
        "person": stripe.tokens.create({"person": {"first_name": "A"}}),
        "cvc_update": stripe.tokens.create({"cvc_update": {"cvc": "123"}}),
    }
    places = {
        "account_token": ("account", lambda token: stripe.accounts.create({**OUTSIDE, "account_token": token})),
        "person_token": ("person", lambda token: stripe.accounts.persons.create(company.id, {"person_token": token})),
        "source": ("card", lambda token: stripe.customers.create({"source": token})),
        "card[token]": ("card", lambda token: stripe.payment_methods.create({"type": "card", "card": {"token": token}})),
        "external_account": (
            "bank_account card", lambda token: stripe.accounts.external_accounts.create(company.id, {"external_account": token}),
        ),
    }  # fmt: skip
    for param, (wanted, spend) in places.items():
        for kind, token in made.items():
            if kind in wanted or (param, kind) == ("source", "bank_account"):
                continue
            with refused(param=param, says="cannot be used here"):
                spend(token.id)
    for param in ("account_token", "person_token"):
        for magic in ("tok_visa", "btok_us_verified"):
            with refused(param=param, says="cannot be used here"):
                places[param][1](magic)
    assert unused(stripe, *made.values())


@pytest.mark.parametrize("param", ["account_token", "person_token"])
def test_tokens_unknown_foreign_or_of_the_other_mode_are_missing(stripe, server, name, param):
    company = stripe.accounts.create(COMPANY)
    data = {"account": INSIDE} if param == "account_token" else {"person": {"first_name": "A"}}
    foreign = server.client(f"sk_test_{name}other").v1.tokens.create(data).id
    of_live = server.client(f"pk_live_{name}").v1.tokens.create(data).id
    for token, hint in ((foreign, ""), ("ct_nope", ""), (of_live, "a similar object exists in live mode")):
        with refused(code="resource_missing", param=param, says=hint):
            if param == "account_token":
                stripe.accounts.create({**OUTSIDE, param: token})
            else:
                stripe.accounts.persons.create(company.id, {param: token})
    with refused(code="parameter_invalid_empty", param=param):
        stripe.accounts.update(
            company.id, {param: ""}
        ) if param == "account_token" else stripe.accounts.persons.create(company.id, {param: ""})
