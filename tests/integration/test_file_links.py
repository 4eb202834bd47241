"""Links to files: whoever has one has the file, until it ends; nobody can guess one."""

import io
import time
from urllib.parse import urlsplit

import pytest
import stripe as sdk

from strongroom.catalog import file_tables
from support.data import event_types, refused
from support.documents import png, upload_as
from support.time import DAY, advance

__all__ = ["advance"]
FIELDS = ["id", "object", "created", "expired", "expires_at", "file", "livemode", "metadata", "url"]


def upload(stripe, purpose="business_icon", content=None, **more):
    content = png() if content is None else content
    named = io.BytesIO(content)
    named.name = "icon.png"
    return stripe.files.create({"purpose": purpose, "file": named, **more})


@pytest.fixture
def file(stripe):
    return upload(stripe)


def follow(server, link, method="GET"):
    return server.request(method, urlsplit(link.url).path)


def in_future(seconds=DAY):
    return int(time.time()) + seconds


# -- create and follow ------------------------------------------------------------------------------------------------


def test_a_link_gives_anybody_the_bytes_to_be_saved(stripe, server, get, file):
    link = stripe.file_links.create({"file": file.id, "metadata": {"a": "1"}})

    shown = get(f"/v1/file_links/{link.id}").json
    assert list(shown) == FIELDS
    assert link.id.startswith("link_")
    assert shown == {
        "id": link.id,
        "object": "file_link",
        "created": link.created,
        "expired": False,
        "expires_at": None,
        "file": file.id,
        "livemode": False,
        "metadata": {"a": "1"},
        "url": link.url,
    }
    reply = follow(server, link)
    assert (reply.status, reply.body) == (200, png())
    assert reply.headers["Content-Type"] == "image/png"
    assert reply.headers["Content-Disposition"].startswith("attachment")
    assert reply.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert event_types(stripe, link.id) == []


def test_a_file_shows_its_newest_links(stripe, file):
    assert stripe.files.retrieve(file.id).links.data == []
    links = [stripe.file_links.create({"file": file.id}) for _ in range(11)]

    shown = stripe.files.retrieve(file.id).links

    assert [link.id for link in shown.data] == [link.id for link in reversed(links)][:10]
    assert (shown.has_more, shown.url) == (True, f"/v1/file_links?file={file.id}")
    (listed,) = stripe.files.list().data
    assert listed.links.to_dict() == shown.to_dict()


def test_a_link_may_come_with_the_file(stripe, server):
    data = {"create": True, "expires_at": in_future(), "metadata": {"a": "1"}}
    file = upload(stripe, file_link_data=data)

    (link,) = file.links.data
    assert (link.expires_at, link.metadata.to_dict()) == (data["expires_at"], {"a": "1"})
    assert follow(server, link).body == png()
    assert stripe.files.retrieve(file.id).links.data[0].to_dict() == link.to_dict()
    assert upload(stripe, file_link_data={"create": False}).links.data == []


def test_a_file_is_shown_in_its_link_if_asked_for(stripe, file):
    link = stripe.file_links.create({"file": file.id, "expand": ["file"]})
    assert (link.file.id, link.file.purpose) == (file.id, "business_icon")


LINKABLE = {name for name, purpose in file_tables().purposes.items() if purpose.linkable}


def test_what_may_have_a_link_may_be_downloaded_by_anybody():
    assert {file_tables().purposes[name].download for name in LINKABLE} == {"anyone"}
    assert not LINKABLE & {"identity_document", "account_requirement", "additional_verification"}


@pytest.mark.parametrize("purpose", ["identity_document", "account_requirement", "additional_verification"])
def test_an_identity_document_never_has_a_link(stripe, purpose):
    document = upload(stripe, purpose)
    with refused(param="file", says=purpose):
        stripe.file_links.create({"file": document.id})
    with refused(param="file_link_data", says=purpose):
        upload(stripe, purpose, file_link_data={"create": True})
    assert len(stripe.files.list().data) == 1


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        ({}, "parameter_missing", "file"),
        ({"file": ""}, "parameter_invalid_empty", "file"),
        ({"file": "file_nope"}, "resource_missing", "file"),
        ({"file": "file_identity_document_success"}, "resource_missing", "file"),
        ({"expires_at": 1}, None, "expires_at"),
        ({"expires_at": "soon"}, "parameter_invalid_integer", "expires_at"),
        ({"colour": "red"}, "parameter_unknown", "colour"),
    ],
)
def test_a_link_that_cannot_be_is_refused(post, get, file, given, code, param):
    sent = {"file": file.id, **given} if given and "file" not in given else given
    error = post("/v1/file_links", sent).error
    assert (error.get("code"), error.get("param")) == (code, param)
    assert get("/v1/file_links").json["data"] == []


def test_a_refused_link_leaves_no_file(stripe):
    with refused(param="file_link_data[expires_at]"):
        upload(stripe, file_link_data={"create": True, "expires_at": 1})
    assert stripe.files.list().data == []


# -- ending -----------------------------------------------------------------------------------------------------------


def test_a_link_that_was_ended_leads_nowhere_and_stays_ended(stripe, server, file):
    link = stripe.file_links.create({"file": file.id})

    ended = stripe.file_links.update(link.id, {"expires_at": "now"})

    assert (ended.expired, ended.url) == (True, link.url)
    reply = follow(server, link)
    assert (reply.status, reply.error["type"]) == (404, "invalid_request_error")
    with refused(says="expired"):
        stripe.file_links.update(link.id, {"metadata": {"a": "1"}})
    assert stripe.files.retrieve(file.id).links.data[0].expired is True


def test_a_link_ends_when_it_said(server, stripe, advance, file):
    link = stripe.file_links.create({"file": file.id, "expires_at": in_future(3600)})
    assert follow(server, link).status == 200

    advance(seconds=3601)

    assert follow(server, link).status == 404
    assert stripe.file_links.retrieve(link.id).expired is True


def test_a_link_ends_with_its_file(server, stripe, advance):
    evidence = upload(stripe, "dispute_evidence")
    link = stripe.file_links.create({"file": evidence.id})

    advance(seconds=271 * DAY)

    assert follow(server, link).status == 404


def test_when_a_link_ends_may_change_and_be_taken_back(stripe, file):
    link = stripe.file_links.create({"file": file.id, "metadata": {"a": "1", "b": "2"}})
    end = in_future()

    assert stripe.file_links.update(link.id, {"expires_at": end}).expires_at == end
    with refused(param="expires_at"):
        stripe.file_links.update(link.id, {"expires_at": 1})
    changed = stripe.file_links.update(link.id, {"expires_at": "", "metadata": {"a": "", "c": "3"}})

    assert (changed.expires_at, changed.metadata.to_dict()) == (None, {"b": "2", "c": "3"})


def test_links_are_listed_by_file_and_by_whether_they_have_ended(stripe, file):
    other = upload(stripe)
    first, second, third = (stripe.file_links.create({"file": one.id}) for one in (file, other, file))
    stripe.file_links.update(first.id, {"expires_at": "now"})

    def listed(**params):
        return [link.id for link in stripe.file_links.list(params).data]

    assert listed() == [third.id, second.id, first.id]
    assert listed(file=file.id) == [third.id, first.id]
    assert listed(expired=True) == [first.id]
    assert listed(expired=False, file=file.id) == [third.id]
    assert listed(limit=1, starting_after=third.id) == [second.id]


# -- who --------------------------------------------------------------------------------------------------------------


def test_an_address_that_was_not_given_out_leads_nowhere(stripe, server, live, file):
    path = urlsplit(stripe.file_links.create({"file": file.id}).url).path
    account = path.split("/")[2]
    other = server.client("sk_test_somebody_else_here").v1
    stranger = urlsplit(other.file_links.create({"file": upload(other).id}).url).path.split("/")[2]
    wrong = (
        path[:-1],
        path + "A",
        path.replace("/test/", "/live/"),
        path.replace(account, stranger),
        path.replace(account, "acct_nope"),
        "/links/",
        f"/links/{account}/test/{'A' * 40}",
    )
    seen = {(server.request("GET", one).status, server.request("GET", one).body) for one in wrong}
    assert len(seen) == 1
    assert seen.pop()[0] == 404
    assert server.request("POST", path).status == 404


def test_links_are_the_accounts_and_modes_own(stripe, server, live, file):
    link = stripe.file_links.create({"file": file.id})
    for client in (live, server.client("sk_test_somebody_else").v1):
        with refused(status=404, code="resource_missing", param="link"):
            client.file_links.retrieve(link.id)
        with refused(code="resource_missing", param="file"):
            client.file_links.create({"file": file.id})


def test_a_publishable_key_makes_and_sees_no_links(browser, stripe, file):
    link = stripe.file_links.create({"file": file.id})
    denied = {"kind": sdk.PermissionError, "status": 403, "code": "secret_key_required"}
    for reach in (
        lambda: browser.file_links.create({"file": file.id}),
        lambda: browser.file_links.retrieve(link.id),
        browser.file_links.list,
        lambda: browser.file_links.update(link.id, {"expires_at": "now"}),
    ):
        with refused(**denied):
            reach()


def test_a_link_of_a_connected_accounts_file(stripe, server, secret_key):
    account = stripe.accounts.create({"type": "standard"})
    file = upload_as(server, secret_key, png(), purpose="business_icon", account=account.id)

    link = stripe.file_links.create({"file": file}, {"stripe_account": account.id})

    assert follow(server, link).body == png()
    assert stripe.file_links.list().data == []
