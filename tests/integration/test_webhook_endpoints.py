"""Webhook endpoints: five operations, a secret that is shown once, and URLs that lead where they may."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe as sdk

from support.configurations import connected
from support.connect import acting_on
from support.data import event_types, refused

URL = "https://shop.example.com/webhooks"


@pytest.fixture
def endpoints(stripe):
    return stripe.webhook_endpoints


def made_with(endpoints, **params):
    return endpoints.create({"url": URL, "enabled_events": ["*"], **params})


def test_an_endpoint_to_the_letter_with_its_secret_this_once(endpoints):
    made = made_with(
        endpoints,
        enabled_events=["customer.created", "customer.deleted"],
        description="Orders",
        metadata={"team": "a"},
        api_version="2024-06-20",
    )

    assert made.to_dict() == {
        "id": made.id,
        "object": "webhook_endpoint",
        "api_version": "2024-06-20",
        "application": None,
        "created": made.created,
        "description": "Orders",
        "enabled_events": ["customer.created", "customer.deleted"],
        "livemode": False,
        "metadata": {"team": "a"},
        "secret": made.secret,
        "status": "enabled",
        "url": URL,
    }
    assert made.id.startswith("we_1")
    assert len(made.id) == len("we_") + 24
    assert made.secret.startswith("whsec_")
    assert len(made.secret) == len("whsec_") + 32


def test_39_no_other_answer_has_the_secret(endpoints):
    made = made_with(endpoints)
    others = [
        endpoints.retrieve(made.id),
        endpoints.update(made.id, {"description": "x"}),
        *endpoints.list().data,
    ]

    assert ["secret" in one.to_dict() for one in others] == [False] * 3
    assert others[0].to_dict() == {key: value for key, value in made.to_dict().items() if key != "secret"}


def test_two_endpoints_have_two_secrets_and_a_repeated_request_has_one(endpoints):
    params = {"url": URL, "enabled_events": ["*"]}
    first = endpoints.create(params, {"idempotency_key": "a"})
    again = endpoints.create(params, {"idempotency_key": "a"})

    assert again.to_dict() == first.to_dict()
    assert endpoints.create(params).secret != first.secret


def test_an_update_changes_what_it_names_and_nothing_else(endpoints):
    made = made_with(endpoints, description="Orders", metadata={"a": "1", "b": "2"})

    updated = endpoints.update(
        made.id,
        {
            "url": "https://other.example.com/",
            "enabled_events": ["file.created"],
            "disabled": True,
            "metadata": {"a": ""},
        },
    )

    assert updated.to_dict() == endpoints.retrieve(made.id).to_dict()
    assert (updated.url, updated.enabled_events, updated.status) == (
        "https://other.example.com/",
        ["file.created"],
        "disabled",
    )
    assert (updated.description, updated.metadata.to_dict()) == ("Orders", {"b": "2"})
    assert endpoints.update(made.id, {"disabled": False, "description": "", "metadata": ""}).to_dict() == {
        **updated.to_dict(),
        "status": "enabled",
        "description": None,
        "metadata": {},
    }


@pytest.mark.parametrize("param", ["secret", "api_version", "connect", "status"])
def test_what_is_fixed_when_it_is_made_cannot_be_updated(endpoints, param):
    made = made_with(endpoints)

    with refused(code="parameter_unknown", param=param):
        endpoints.update(made.id, {param: "x"})


def test_a_deleted_endpoint_is_missing_ever_after(endpoints):
    made = made_with(endpoints)

    assert endpoints.delete(made.id).to_dict() == {
        "id": made.id,
        "object": "webhook_endpoint",
        "deleted": True,
    }
    assert endpoints.list().data == []
    for operation in (endpoints.retrieve, endpoints.delete, endpoints.update):
        with refused(
            status=404,
            code="resource_missing",
            param="webhook_endpoint",
            says=f"No such webhook endpoint: '{made.id}'",
        ):
            operation(made.id)


def test_endpoints_are_listed_newest_first_in_pages(endpoints):
    made = [made_with(endpoints).id for _ in range(3)]

    assert [one.id for one in endpoints.list().data] == made[::-1]
    page = endpoints.list({"limit": 1, "starting_after": made[2]})
    assert ([one.id for one in page.data], page.has_more) == ([made[1]], True)


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"enabled_events": ["*"]}, "parameter_missing", "url"),
        ({"url": URL}, "parameter_missing", "enabled_events"),
        ({"url": URL, "enabled_events": []}, "parameter_missing", "enabled_events"),
        ({"url": URL, "enabled_events": ["*", "customer.gone"]}, None, "enabled_events[1]"),
        ({"url": URL, "enabled_events": ["customer.*"]}, None, "enabled_events[0]"),
        ({"url": URL, "enabled_events": ["*"], "connect": "maybe"}, None, "connect"),
        ({"url": URL, "enabled_events": ["*"], "api_version": "2020-01-01"}, None, "api_version"),
        ({"url": URL, "enabled_events": ["*"], "secret": "whsec_x"}, "parameter_unknown", "secret"),
    ],
)
def test_wrong_parameters_are_named_and_make_nothing(endpoints, params, code, param):
    with refused(code=code, param=param):
        endpoints.create(params)
    assert endpoints.list().data == []


def test_40_every_event_and_one_more_is_taken_as_given(endpoints):
    given = ["*", "customer.created"]
    assert made_with(endpoints, enabled_events=given).enabled_events == given


@pytest.mark.parametrize(
    "url",
    [
        "shop.example.com",
        "ftp://shop.example.com",
        "https://",
        "https:///webhooks",
        "https://user:password@shop.example.com/",
        "https://shop.example.com/#part",
        "https://shop example.com/",
        "https://shöp.example.com/",
        "https://shop.example.com:0/",
        "https://shop.example.com:65536/",
        "https://8.8.8.8/",
        "https://10.0.0.1/",
        "https://[2001:4860:4860::8888]/",
        "https://[fe80::1]/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://-shop.example.com/",
        "https://shop..example.com/",
    ],
)
def test_a_url_that_is_none_or_leads_inside_is_refused(endpoints, url):
    made = made_with(endpoints)

    with refused(code="url_invalid", param="url"):
        made_with(endpoints, url=url)
    with refused(code="url_invalid", param="url"):
        endpoints.update(made.id, {"url": url})
    assert [one.url for one in endpoints.list().data] == [URL]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:4242/webhook?a=b",
        "http://localhost:4242",
        "http://[::1]:4242/",
        "https://shop.example.com:8443/x",
        "HTTPS://Shop.Example.com",
        "http://shop.example.com./",
    ],
)
def test_a_sandbox_sends_test_events_to_this_machine_in_plain_http_and_to_any_port(endpoints, live, url):
    assert made_with(endpoints, url=url).url == url
    with refused(code="url_invalid", param="url") if not url.startswith("HTTPS") else _allowed():
        made_with(live.webhook_endpoints, url=url)


class _allowed:  # noqa: N801 -- stands where `refused` stands
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


def test_live_endpoints_are_https_and_in_a_mode_of_their_own(live, endpoints):
    with refused(code="url_invalid", param="url", says="must use https"):
        made_with(live.webhook_endpoints, url="http://shop.example.com/")
    assert made_with(live.webhook_endpoints).livemode is True
    assert endpoints.list().data == []


def test_an_account_has_sixteen_in_each_mode_also_when_all_are_made_at_once(endpoints, live):
    def make(_):
        try:
            return made_with(endpoints).id
        except sdk.InvalidRequestError as refusal:
            assert "maximum of 16 test webhook endpoints" in str(refusal)  # noqa: PT017 -- one of several outcomes
            return None
        except sdk.RateLimitError:
            return make(_)

    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(make, range(20)))

    assert len([one for one in made if one]) == 16
    endpoints.delete(next(one for one in made if one))
    assert make(None)
    assert made_with(live.webhook_endpoints).id


def test_an_endpoint_for_connected_accounts_is_the_applications(stripe, endpoints):
    account = connected(stripe)
    application = "ca_" + stripe.accounts.retrieve_current().id.removeprefix("acct_")

    assert made_with(endpoints, connect=True).application == application
    assert made_with(endpoints, connect=False).application is None
    theirs = endpoints.create({"url": URL, "enabled_events": ["*"]}, acting_on(account))
    assert theirs.application == application
    assert [one.id for one in endpoints.list({}, acting_on(account)).data] == [theirs.id]


def test_no_event_tells_of_an_endpoint_and_no_browser_or_other_account_sees_one(
    stripe, endpoints, browser, server, name
):
    made = made_with(endpoints)

    assert event_types(stripe) == []
    with refused(sdk.PermissionError, status=403, code="secret_key_required"):
        browser.webhook_endpoints.retrieve(made.id)
    with refused(status=404, code="resource_missing", param="webhook_endpoint"):
        server.client(f"sk_test_{name}other").v1.webhook_endpoints.retrieve(made.id)
