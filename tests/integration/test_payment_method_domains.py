"""Payment method domains: hosts on which wallets may be shown, each registered once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe as sdk

from support.configurations import connected
from support.connect import acting_on
from support.data import event_types, refused

WALLETS = ("amazon_pay", "apple_pay", "google_pay", "klarna", "link", "paypal")


@pytest.fixture
def domains(stripe):
    return stripe.payment_method_domains


def test_a_registered_host_shows_every_wallet_as_active(domains):
    made = domains.create({"domain_name": "shop.example.com"})

    assert made.to_dict() == {
        "id": made.id,
        "object": "payment_method_domain",
        **{wallet: {"status": "active"} for wallet in WALLETS},
        "created": made.created,
        "domain_name": "shop.example.com",
        "enabled": True,
        "livemode": False,
    }
    assert made.id.startswith("pmd_")
    assert len(made.id) == len("pmd_") + 24
    assert domains.retrieve(made.id).to_dict() == made.to_dict()


def test_55_the_same_host_is_the_same_object(domains):
    made = domains.create({"domain_name": "example.com"})

    assert domains.create({"domain_name": "EXAMPLE.com", "enabled": False}).to_dict() == made.to_dict()
    assert len(domains.list().data) == 1


def test_of_many_who_register_a_host_at_once_all_get_the_same(domains):
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: domains.create({"domain_name": "example.com"}).id, range(4)))

    assert len(set(made)) == 1
    assert [one.id for one in domains.list().data] == made[:1]


def test_a_subdomain_another_mode_and_another_account_are_other_hosts(domains, live, server, name):
    other = server.client(f"sk_test_{name}other").v1.payment_method_domains
    made = {
        domains.create({"domain_name": "example.com"}).id,
        domains.create({"domain_name": "www.example.com"}).id,
        live.payment_method_domains.create({"domain_name": "example.com"}).id,
        other.create({"domain_name": "example.com"}).id,
    }

    assert len(made) == 4


def test_56_switching_off_leaves_the_statuses(domains):
    made = domains.create({"domain_name": "example.com"})

    off = domains.update(made.id, {"enabled": False})

    assert off.to_dict() == {**made.to_dict(), "enabled": False}
    assert domains.update(made.id, {"enabled": True}).to_dict() == made.to_dict()
    assert domains.update(made.id).to_dict() == made.to_dict()


def test_a_host_that_cannot_be_verified_is_registered_with_the_reason(domains):
    made = domains.create({"domain_name": "shop.invalid"})

    assert made.apple_pay.status == "inactive"
    assert made.apple_pay.status_details.error_message.startswith("The domain could not be verified")
    assert {made[wallet].status for wallet in WALLETS if wallet != "apple_pay"} == {"active"}
    assert domains.validate(made.id).to_dict() == made.to_dict()


def test_validating_what_is_active_changes_nothing(domains):
    made = domains.create({"domain_name": "example.com"})

    assert domains.validate(made.id).to_dict() == made.to_dict()


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com",
        "example.com/checkout",
        "example.com:443",
        "localhost",
        "127.0.0.1",
        "[::1]",
        "example..com",
        ".example.com",
        "example.com.",
        "-shop.example.com",
        "shop_1.example.com",
        "shop example.com",
        "exämple.com",
        "*.example.com",
        f"{'a' * 64}.com",
        ".".join(["a" * 60] * 5),
        "example.com\n",
    ],
)
def test_what_is_no_host_is_refused_and_not_registered(domains, text):
    with refused(param="domain_name", says="This is not a valid domain name."):
        domains.create({"domain_name": text})
    assert domains.list().data == []


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({}, "parameter_missing", "domain_name"),
        ({"domain_name": ""}, "parameter_invalid_empty", "domain_name"),
        ({"domain_name": "example.com", "enabled": "maybe"}, None, "enabled"),
        ({"domain_name": "example.com", "metadata": {"a": "b"}}, "parameter_unknown", "metadata"),
    ],
)
def test_wrong_parameters_are_named(domains, params, code, param):
    with refused(code=code, param=param):
        domains.create(params)


def test_the_name_is_fixed_and_nothing_is_deleted(server, domains, secret_key):
    made = domains.create({"domain_name": "example.com"})

    with refused(code="parameter_unknown", param="domain_name"):
        domains.update(made.id, {"domain_name": "example.org"})
    assert server.request("DELETE", f"/v1/payment_method_domains/{made.id}", key=secret_key).status == 404


def test_the_list_is_newest_first_and_takes_a_name_or_a_state(domains):
    first, second, third = (
        domains.create({"domain_name": f"{name}.example.com"}) for name in ("one", "two", "three")
    )
    domains.update(second.id, {"enabled": False})

    def listed(**params):
        page = domains.list(params)
        return [one.id for one in page.data], page.has_more

    assert listed() == ([third.id, second.id, first.id], False)
    assert listed(limit=1) == ([third.id], True)
    assert listed(starting_after=third.id, limit=1) == ([second.id], True)
    assert listed(ending_before=first.id, limit=1) == ([second.id], True)
    assert listed(enabled=True) == ([third.id, first.id], False)
    assert listed(enabled=False) == ([second.id], False)
    assert listed(domain_name="ONE.example.com") == ([first.id], False)
    assert listed(domain_name="one.example.com", enabled=False) == ([], False)


@pytest.mark.parametrize("operation", ["retrieve", "update", "validate"])
def test_an_unknown_one_is_missing(domains, live, operation):
    other = live.payment_method_domains.create({"domain_name": "example.com"})

    for unknown in ("pmd_unknown", other.id):
        with refused(
            status=404,
            code="resource_missing",
            param="payment_method_domain",
            says=f"No such payment_method_domain: '{unknown}'",
        ):
            getattr(domains, operation)(unknown)


def test_the_account_that_runs_the_charge_has_domains_of_its_own(stripe, domains):
    account = connected(stripe)
    mine = domains.create({"domain_name": "example.com"})
    theirs = domains.create({"domain_name": "example.com"}, acting_on(account))

    assert mine.id != theirs.id
    assert [one.id for one in domains.list({}, acting_on(account)).data] == [theirs.id]


def test_no_event_tells_of_a_domain_and_no_browser_sees_one(stripe, domains, browser):
    made = domains.create({"domain_name": "example.com"})

    assert event_types(stripe) == []
    with refused(sdk.PermissionError, status=403, code="secret_key_required"):
        browser.payment_method_domains.retrieve(made.id)
