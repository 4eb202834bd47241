"""Connected accounts: made by a platform, seen by it alone, changed leaf by leaf, deleted for good."""

import pytest
import stripe as sdk

from support.connect import COMPLETE, CUSTOM, acting_on, events_of
from support.data import refused

DENIED = {"kind": sdk.PermissionError, "status": 403, "code": "account_invalid"}


def test_a_new_custom_account_is_controlled_by_its_platform_and_owes_everything(stripe):
    account = stripe.accounts.create(CUSTOM)

    assert account.id.startswith("acct_")
    assert account.controller.to_dict() == {
        "fees": {"payer": "application_custom"},
        "is_controller": True,
        "losses": {"payments": "application"},
        "requirement_collection": "application",
        "stripe_dashboard": {"type": "none"},
        "type": "application",
    }
    assert (account.type, account.country, account.default_currency, account.email) == (
        "custom",
        "US",
        "usd",
        None,
    )
    assert account.capabilities.to_dict() == {"card_payments": "inactive", "transfers": "inactive"}
    assert (account.charges_enabled, account.payouts_enabled, account.details_submitted) == (
        False,
        False,
        False,
    )
    owed = account.requirements
    assert owed.disabled_reason == "requirements.past_due"
    assert owed.currently_due == owed.past_due == owed.eventually_due == sorted(owed.currently_due)
    assert owed.current_deadline is None
    assert account.external_accounts.to_dict() == {
        "object": "list",
        "data": [],
        "has_more": False,
        "total_count": 0,
        "url": f"/v1/accounts/{account.id}/external_accounts",
    }


def test_keys_are_in_the_order_of_the_wire(post):
    shown = post("/v1/accounts", {"type": "express"}).json

    assert list(shown)[:2] == ["id", "object"]
    assert list(shown)[2:] == sorted(list(shown)[2:])


def test_without_type_or_controller_an_account_is_standard(stripe):
    account = stripe.accounts.create({})

    assert account.type == "standard"
    assert account.controller.stripe_dashboard.type == "full"
    assert account.controller.fees.payer == "account"
    assert account.capabilities.to_dict() == {}
    assert account.tos_acceptance.to_dict() == {"date": None}
    for absent in ("business_type", "company", "individual"):
        assert absent not in account


def test_an_account_is_where_its_platform_is_unless_it_is_said(server, name, stripe):
    french = server.client(f"sk_test_{name}_FR").v1

    assert (french.accounts.create({}).country, french.accounts.create({}).default_currency) == ("FR", "eur")
    assert french.accounts.create({"country": "DE"}).country == "DE"
    assert stripe.accounts.create({}).country == "US"


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        ({"country": "UK"}, None, "country"),
        ({"country": "TR"}, "country_unsupported", "country"),
        ({"controller": {"losses": {"payments": "stripe"}}}, "parameters_exclusive", "controller"),
        ({"capabilities": ""}, "parameter_missing", "capabilities"),
        ({"individual": {"first_name": "Jenny"}}, None, "individual"),
        ({"company": {"name": "Rosen"}}, None, "company"),
        ({"business_type": "company", "individual": {"first_name": "Jenny"}}, None, "individual"),
        ({"email": "nobody"}, "email_invalid", "email"),
        ({"nonsense": "1"}, "parameter_unknown", "nonsense"),
    ],
)
def test_a_wrong_account_is_refused_by_name_and_not_made(stripe, post, change, code, param):
    sent = {key: value for key, value in {**CUSTOM, **change}.items() if value != ""}

    with refused(code=code, param=param):
        stripe.accounts.create(sent)
    assert stripe.accounts.list().data == []


@pytest.mark.parametrize("one", ["card_payments", "transfers"])
def test_card_payments_and_transfers_are_requested_together(stripe, one):
    with refused(param="capabilities"):
        stripe.accounts.create({**CUSTOM, "capabilities": {one: {"requested": True}}})


def test_requirement_collection_by_the_application_needs_the_rest_of_a_custom_account(stripe):
    with pytest.raises(sdk.InvalidRequestError) as refusal:
        stripe.accounts.create({"controller": {"requirement_collection": "application"}})

    assert refusal.value.param.startswith("controller[")


def test_a_french_platform_must_use_account_tokens_and_no_other_must(server, name, stripe):
    french = server.client(f"sk_test_{name}_FR").v1

    with refused(says="account tokens"):
        french.accounts.create({**COMPLETE, "country": "FR"})
    elsewhere = {key: value for key, value in COMPLETE.items() if key != "external_account"}
    individual = {key: value for key, value in COMPLETE["individual"].items() if key != "id_number"}
    assert stripe.accounts.create({**elsewhere, "country": "FR", "individual": individual}).country == "FR"


# -- who sees it ------------------------------------------------------------------------------------------------------


def test_an_unknown_account_a_foreign_one_and_a_deleted_one_are_refused_alike(server, name, stripe):
    foreign = server.client(f"sk_test_{name}other").v1.accounts.create({})
    gone = stripe.accounts.create(CUSTOM)
    stripe.accounts.delete(gone.id)

    for account in (foreign.id, gone.id, "acct_unknown"):
        with refused(**DENIED, says="does not have access to account"):
            stripe.accounts.retrieve(account)
        with refused(**DENIED):
            stripe.accounts.update(account, {"metadata": {"a": "1"}})
        with refused(**DENIED):
            stripe.customers.list({}, acting_on(account))


def test_test_mode_accounts_are_not_there_in_live_mode(stripe, live):
    account = stripe.accounts.create(CUSTOM)

    with refused(**DENIED):
        live.accounts.retrieve(account.id)


def test_a_platform_acts_as_its_account_and_what_it_makes_there_is_the_accounts(stripe, get):
    account = stripe.accounts.create(CUSTOM)
    customer = stripe.customers.create({"name": "Jenny"}, acting_on(account))

    assert stripe.customers.retrieve(customer.id, {}, acting_on(account)).id == customer.id
    with refused(status=404, code="resource_missing", param="id"):
        stripe.customers.retrieve(customer.id)
    reply = get("/v1/account", **{"Stripe-Account": account.id})
    assert reply.headers["Stripe-Account"] == account.id
    assert reply.json["id"] == account.id
    (event,) = events_of(stripe, account, "customer.created")
    assert event.account == account.id
    assert [one.type for one in stripe.events.list().data] == []


def test_the_account_of_the_path_is_the_one_of_the_header(stripe):
    one, other = stripe.accounts.create(CUSTOM), stripe.accounts.create(CUSTOM)

    assert stripe.accounts.retrieve(one.id, {}, acting_on(one)).id == one.id
    with refused():
        stripe.accounts.retrieve(other.id, {}, acting_on(one))
    with refused(says="Connect"):
        stripe.accounts.create({}, acting_on(one))


def test_ones_own_account_is_seen_from_inside(stripe, get):
    own = get("/v1/account").json

    assert set(own) == {
        "id",
        "object",
        "capabilities",
        "charges_enabled",
        "controller",
        "country",
        "default_currency",
        "details_submitted",
        "email",
        "payouts_enabled",
        "settings",
        "type",
    }
    assert own["controller"] == {"type": "account"}
    assert stripe.accounts.retrieve(own["id"]).to_dict() == own
    with refused(says="your own account"):
        stripe.accounts.update(own["id"], {"email": "a@b.c"})


def test_accounts_are_listed_newest_first_page_by_page_without_deleted_ones(stripe):
    made = [stripe.accounts.create({}).id for _ in range(4)]
    stripe.accounts.delete(made.pop(1))

    page = stripe.accounts.list({"limit": 2})
    assert [account.id for account in page.data] == [made[2], made[1]]
    assert page.has_more is True
    assert [a.id for a in stripe.accounts.list({"starting_after": made[1]}).data] == [made[0]]
    with refused(code="resource_missing", param="starting_after"):
        stripe.accounts.list({"starting_after": "acct_nope"})


# -- update -----------------------------------------------------------------------------------------------------------


def test_an_update_merges_hashes_and_metadata_and_tells_what_was(stripe):
    account = stripe.accounts.create({**CUSTOM, "metadata": {"a": "1", "b": "2"}})
    stripe.accounts.update(account.id, {"business_profile": {"name": "Rosen", "url": "https://rosen.test"}})

    changed = stripe.accounts.update(
        account.id, {"business_profile": {"url": "https://new.test"}, "metadata": {"a": "", "c": "3"}}
    )

    assert changed.business_profile.name == "Rosen"
    assert changed.business_profile.url == "https://new.test"
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}
    assert changed.to_dict() == stripe.accounts.retrieve(account.id).to_dict()
    event = events_of(stripe, account, "account.updated")[-1]
    assert event.account == account.id
    assert event.data.object.to_dict() == changed.to_dict()
    previous = event.data.previous_attributes.to_dict()
    assert previous["business_profile"] == {"url": "https://rosen.test"}
    assert previous["metadata"] == {"a": "1", "c": None}


def test_an_update_that_changes_nothing_tells_nothing(stripe):
    account = stripe.accounts.create({**CUSTOM, "metadata": {"a": "1"}})

    stripe.accounts.update(account.id, {"metadata": {"a": "1"}})

    assert [event.type for event in events_of(stripe, account)] == ["account.application.authorized"]


@pytest.mark.parametrize("sent", ["country", "type", "controller[fees][payer]"])
def test_what_an_account_is_never_changes(stripe, post, sent):
    account = stripe.accounts.create(CUSTOM)

    reply = post(f"/v1/accounts/{account.id}", {sent: "account"})
    assert reply.status == 400
    assert (reply.error["code"], reply.error["param"]) == ("parameter_unknown", sent.partition("[")[0])


def test_a_standard_account_takes_metadata_and_no_acceptance_by_the_platform(stripe):
    account = stripe.accounts.create({})

    assert stripe.accounts.update(account.id, {"metadata": {"a": "1"}}).metadata.to_dict() == {"a": "1"}
    with refused(sdk.PermissionError, status=403, code="oauth_not_supported"):
        stripe.accounts.update(account.id, {"tos_acceptance": {"date": 1700000000, "ip": "8.8.8.8"}})


# -- delete, reject --------------------------------------------------------------------------------------------------


def test_deleting_leaves_nothing_and_the_id_is_nobodys(stripe):
    account = stripe.accounts.create(COMPLETE)

    assert stripe.accounts.delete(account.id).to_dict() == {
        "id": account.id,
        "object": "account",
        "deleted": True,
    }
    with refused(**DENIED):
        stripe.accounts.delete(account.id)


def test_a_live_standard_account_cannot_be_deleted(live):
    account = live.accounts.create({})

    with refused():
        live.accounts.delete(account.id)
    assert live.accounts.retrieve(account.id).id == account.id


def test_a_rejected_account_can_do_nothing_and_is_told_why(stripe):
    account = stripe.accounts.create(COMPLETE)
    assert account.charges_enabled is True

    rejected = stripe.accounts.reject(account.id, {"reason": "fraud"})

    assert rejected.requirements.disabled_reason == "rejected.platform_fraud"
    assert set(rejected.capabilities.to_dict().values()) == {"inactive"}
    assert (rejected.charges_enabled, rejected.payouts_enabled, rejected.details_submitted) == (
        False,
        False,
        True,
    )
    updated = events_of(stripe, account, "account.updated", "capability.updated")
    assert [event.type for event in updated] == [
        "capability.updated",
        "capability.updated",
        "account.updated",
    ]


def test_a_rejection_needs_a_known_reason_and_a_platform_that_bears_losses(stripe):
    custom, standard = stripe.accounts.create(CUSTOM), stripe.accounts.create({})

    with refused(param="reason"):
        stripe.accounts.reject(custom.id, {"reason": "spam"})
    with refused(code="parameter_missing", param="reason"):
        stripe.accounts.reject(custom.id, {})
    with refused(sdk.PermissionError, status=403, code="oauth_not_supported"):
        stripe.accounts.reject(standard.id, {"reason": "fraud"})
