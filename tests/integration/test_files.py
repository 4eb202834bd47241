"""Documents through the official client: uploaded, looked at, listed, and handed out to whoever may have them."""

import io
import itertools

import pytest
import stripe as sdk

from support.data import event_types, refused
from support.documents import GIF, JPG, multipart, part, pdf, png, upload
from support.server import Server

MEBIBYTE = 1024 * 1024
FIELDS = [
    "id",
    "object",
    "created",
    "expires_at",
    "filename",
    "links",
    "purpose",
    "size",
    "title",
    "type",
    "url",
]


def a_file(content, name="passport.png"):
    held = io.BytesIO(content)
    held.name = name
    return held


def uploaded(client, content=None, purpose="identity_document", name="passport.png", **options):
    held = a_file(content or png(), name)
    return client.files.create({"purpose": purpose, "file": held}, options or None)


@pytest.fixture
def bytes_of(server, secret_key):
    def read(file_id, key=secret_key):
        return server.request("GET", f"/v1/files/{file_id}/contents", key=key)

    return read


# -- create -----------------------------------------------------------------------------------------------------------


def test_an_upload_is_a_file_with_every_field_in_order(stripe, server, post, get, bytes_of):
    file = uploaded(stripe, pdf(b"evidence"), "dispute_evidence", "/home/me/Rechnung – März.pdf")

    shown = get(f"/v1/files/{file.id}").json
    assert list(shown) == FIELDS
    assert shown == {
        "id": file.id,
        "object": "file",
        "created": file.created,
        "expires_at": file.created + 270 * 24 * 3600,
        "filename": "Rechnung – März.pdf",
        "links": {"object": "list", "data": [], "has_more": False, "url": f"/v1/file_links?file={file.id}"},
        "purpose": "dispute_evidence",
        "size": len(pdf(b"evidence")),
        "title": None,
        "type": "pdf",
        "url": f"{server.url}/v1/files/{file.id}/contents",
    }
    assert file.to_dict() == shown
    assert bytes_of(file.id).body == pdf(b"evidence")


@pytest.mark.parametrize("size", [1024, 64 * 1024, 64 * 1024 + 1, 10 * MEBIBYTE])
def test_every_byte_comes_back(stripe, bytes_of, size):
    content = png(size)
    file = uploaded(stripe, content)
    assert file.size == size
    assert bytes_of(file.id).body == content


def test_a_file_of_the_largest_size_is_taken(stripe, bytes_of):
    content = pdf(size=16 * MEBIBYTE)
    file = uploaded(stripe, content, "pci_document", "a.pdf")
    assert bytes_of(file.id).body == content


def test_creation_is_told_as_an_event(stripe):
    file = uploaded(stripe)
    assert event_types(stripe, file.id) == ["file.created"]
    assert stripe.events.list().data[0].data.object.to_dict() == file.to_dict()


def test_any_boundary_of_the_standard_will_do(post, get):
    for boundary in ("8675309", "----WebKitFormBoundaryX", "x" * 70, "a'()+_,-./:=?b"):
        reply = post(
            "/v1/files",
            multipart(
                part("purpose", "business_icon"), part("file", GIF, filename="a.gif"), boundary=boundary
            ),
            Content_Type=f'multipart/form-data; boundary="{boundary}"',
        )
        assert (reply.status, reply.json["type"]) == (200, "gif")


def test_the_order_of_the_parts_and_what_comes_around_them_do_not_matter(post, send):
    body = multipart(part("file", png(), filename="a.png"), part("purpose", "business_icon"))
    assert send(b"preamble\r\n" + body + b"epilogue").status == 200


@pytest.fixture
def send(post):
    """POST a multipart body written by hand."""

    def send(body, **headers):
        sent = {"Content_Type": "multipart/form-data; boundary=8675309", **headers}
        return post("/v1/files", body, **sent)

    return send


@pytest.mark.parametrize(
    ("filename", "kept"),
    [
        ("a.png", "a.png"),
        ("/etc/passwd/a.png", "a.png"),
        ("C:\\\\fakepath\\\\a.png", "a.png"),
        ("../../a.png", "a.png"),
        ("a%22b%0D%0AX: y.png", 'a"bX: y.png'),
        ("", None),
        ("/", None),
        ("ß" * 300 + ".png", "ß" * 251 + ".png"),
    ],
)
def test_a_filename_is_kept_without_its_folders_and_control_characters(send, filename, kept):
    assert send(upload(png(), filename=filename)).json["filename"] == kept


# -- refusals ---------------------------------------------------------------------------------------------------------


def file_part(content=None, **options):
    return part("file", png() if content is None else content, **{"filename": "a.png", **options})


PURPOSE = part("purpose", "identity_document")
NO_TYPE = "We don't currently support that file type. Try uploading a file with one of the following mimetypes: application/pdf"
MALFORMED = "not well-formed multipart/form-data"


@pytest.mark.parametrize(
    ("body", "status", "code", "param", "says"),
    [
        (multipart(PURPOSE), 400, "parameter_missing", "file", "Missing required param: file."),
        (multipart(file_part()), 400, "parameter_missing", "purpose", "Missing required param: purpose."),
        (multipart(), 400, "parameter_missing", "file", "Missing required param: file."),
        (multipart(part("purpose", "passport"), file_part()), 400, None, "purpose", "Invalid purpose: must be one of"),
        (multipart(part("purpose", ""), file_part()), 400, "parameter_invalid_empty", "purpose", "empty string"),
        (multipart(part("purpose", "selfie"), file_part()), 400, None, "purpose", "Invalid purpose"),
        (multipart(PURPOSE, part("file", "a string")), 400, None, "file", "Invalid hash"),
        (multipart(PURPOSE, part("file[x]", "a")), 400, None, "file", "Invalid hash"),
        (multipart(PURPOSE, file_part(), file_part()), 400, None, "file", "one file at a time"),
        (multipart(PURPOSE, file_part(), part("file", "x")), 400, None, "file", "one file at a time"),
        (multipart(PURPOSE, part("file", "x"), file_part()), 400, None, "file", "one file at a time"),
        (multipart(PURPOSE, part("document", png(), filename="a.png")), 400, None, "document", "Only the parameter"),
        (multipart(PURPOSE, part("file[x]", png(), filename="a.png")), 400, None, "file[x]", "Only the parameter"),
        (multipart(part("purpose", png(), filename="a"), file_part()), 400, None, "purpose", "Only the parameter"),
        (multipart(PURPOSE, part("foo", "1"), file_part()), 400, "parameter_unknown", "foo", "unknown parameter: foo"),
        (multipart(PURPOSE, part("", "1"), file_part()), 400, "parameter_unknown", "", "unknown parameter"),
        (multipart(PURPOSE, part("a" + "[b]" * 20, "1"), file_part()), 400, None, None, "nested too deeply"),
        (multipart(PURPOSE, part("purpose[x]", "1"), file_part()), 400, None, "purpose", "Invalid object"),
        (multipart(PURPOSE, part("foo", b"\0"), file_part()), 400, None, None, "NUL"),
        (multipart(PURPOSE, part("fo\0o", "1"), file_part()), 400, None, None, "NUL"),
        (multipart(PURPOSE, file_part(filename="a\0.png")), 400, None, None, "NUL"),
        (multipart(PURPOSE, part("foo", b"\xff"), file_part()), 400, None, None, "not valid UTF-8"),
        (multipart(PURPOSE, file_part(b"")), 400, None, "file", "The file is empty."),
        (multipart(PURPOSE, file_part(b"\x7fELF")), 400, None, "file", NO_TYPE),
        (multipart(PURPOSE, file_part(GIF, filename="a.gif")), 400, None, "file", NO_TYPE),
        (multipart(PURPOSE, file_part(JPG)), 400, None, "file", "says something else"),
        (multipart(PURPOSE, file_part(headers=["Content-Type: image/jpeg"])), 400, None, "file", "says something else"),
        (upload(png(512 * 1024 + 1), "business_icon"), 400, None, "file", "up to 512 KiB"),
        (upload(pdf(size=5 * MEBIBYTE + 1), "dispute_evidence", "a.pdf"), 400, None, "file", "up to 5120 KiB"),
        (b"", 400, None, None, MALFORMED),
        (b"\0" * 1000, 400, None, None, MALFORMED),
        (b"purpose=identity_document", 400, None, None, MALFORMED),
        (upload(png())[:-30], 400, None, None, MALFORMED),
        (upload(png())[:-4], 400, None, None, MALFORMED),
        (b"--8675309\r\n\r\nx\r\n--8675309--\r\n", 400, None, None, MALFORMED),
        (b"--8675309\r\nContent-Disposition: attachment; name=file\r\n\r\nx\r\n--8675309--", 400, None, None, MALFORMED),
        (multipart(PURPOSE, file_part(headers=["X" * 5000 + ": y"])), 400, None, None, "too long headers"),
        (multipart(PURPOSE, file_part(headers=[f"X-{n}: y" for n in range(9)])), 400, None, None, "too many"),
        (b"--8675309\r\n" + b"X" * 100_000, 400, None, None, "too long headers"),
        (multipart(*[part(f"a{n}", "1") for n in range(1002)]), 400, None, None, "too many parts"),
        (multipart(*[part(f"a{n}", "1") for n in range(1001)]), 400, None, None, "too many parameters"),
        (multipart(PURPOSE, part("foo", b"x" * (MEBIBYTE + 1)), file_part()), 413, None, None, "too large"),
        (multipart(*[part(f"a{n}", "x" * 9000) for n in range(200)], file_part()), 413, None, None, "too large"),
        (upload(pdf(size=16 * MEBIBYTE + 1), "pci_document", "a.pdf"), 413, None, None, "at most 16 MiB"),
        (upload(pdf(size=17 * MEBIBYTE), "pci_document", "a.pdf"), 413, None, None, "at most 16 MiB"),
        (upload(pdf(size=24 * MEBIBYTE), "pci_document", "a.pdf"), 413, None, None, "at most 16 MiB"),
    ],
)  # fmt: skip
def test_a_bad_upload_is_a_clear_4xx_and_changes_nothing(send, get, body, status, code, param, says):
    reply = send(body)

    assert (reply.status, reply.error["type"]) == (status, "invalid_request_error")
    assert (reply.error.get("code"), reply.error.get("param")) == (code, param)
    assert says in reply.error["message"]
    assert get("/v1/files").json["data"] == []
    assert get("/v1/events").json["data"] == []


@pytest.mark.parametrize(
    "content_type",
    ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=" + "x" * 71],
)
def test_an_upload_without_a_sane_boundary_is_refused(send, content_type):
    reply = send(upload(png()), Content_Type=content_type)
    assert (reply.status, "boundary" in reply.error["message"]) == (400, True)


def test_a_file_as_an_ordinary_form_is_told_how_it_is_done(post):
    reply = post("/v1/files", {"purpose": "identity_document", "file": "x"})
    assert (reply.status, "multipart/form-data" in reply.error["message"]) == (400, True)
    assert post("/v1/files", b"").error["param"] == "file"


def test_multipart_is_for_files_alone(post, get):
    for path in ("/v1/customers", "/v1/tokens", "/v1/files/file_x"):
        reply = post(path, multipart(part("name", "A")), Content_Type="multipart/form-data; boundary=8675309")
        assert reply.status in {400, 404}
    assert get("/v1/customers").json["data"] == []


def test_an_upload_may_come_in_chunks_of_unknown_number(server, secret_key, bytes_of):
    body = upload(png(300_000))
    pieces = (body[at : at + 1000] for at in range(0, len(body), 1000))
    reply = server.request(
        "POST",
        "/v1/files",
        pieces,
        key=secret_key,
        headers={"Content-Type": "multipart/form-data; boundary=8675309"},
    )
    assert reply.status == 200
    assert bytes_of(reply.json["id"]).body == png(300_000)


def test_a_chunked_upload_that_goes_on_and_on_is_refused(server, secret_key, get):
    start = upload(pdf(), "pci_document", "a.pdf").rpartition(b"\r\n--")[0]
    pieces = itertools.chain([start], itertools.repeat(b"x" * 65536, 300))
    reply = server.request(
        "POST",
        "/v1/files",
        pieces,
        key=secret_key,
        headers={"Content-Type": "multipart/form-data; boundary=8675309"},
    )
    assert (reply.status, get("/v1/files").json["data"]) == (413, [])


# -- retrieve, list, contents -----------------------------------------------------------------------------------------


def test_files_are_listed_newest_first_by_purpose_and_time(stripe):
    made = [
        uploaded(stripe, purpose=purpose)
        for purpose in ("business_icon", "identity_document", "business_icon")
    ]

    assert [file.id for file in stripe.files.list()] == [file.id for file in reversed(made)]
    icons = stripe.files.list({"purpose": "business_icon", "created": {"gte": made[0].created}})
    assert [file.id for file in icons] == [made[2].id, made[0].id]
    page = stripe.files.list({"limit": 1, "starting_after": made[2].id})
    assert ([file.id for file in page.data], page.has_more) == ([made[1].id], True)
    assert [file.id for file in page.auto_paging_iter()] == [made[1].id, made[0].id]
    assert stripe.files.list({"created": {"lt": made[0].created}}).data == []


def test_an_unknown_purpose_is_refused_in_a_list_and_a_secret_one_is_not(stripe):
    with refused(param="purpose", says="Invalid purpose"):
        stripe.files.list({"purpose": "x"})
    assert stripe.files.list({"purpose": "selfie"}).data == []


def test_the_bytes_come_as_something_to_save(stripe, bytes_of):
    reply = bytes_of(uploaded(stripe, png(), "business_icon", 'Übel "x".png').id)

    assert reply.body == png()
    assert reply.headers["Content-Type"] == "image/png"
    assert reply.headers["Content-Disposition"] == (
        "attachment; filename=\"_bel _x_.png\"; filename*=UTF-8''%C3%9Cbel%20%22x%22.png"
    )
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in reply.headers["Content-Security-Policy"]
    assert reply.headers["Request-Id"].startswith("req_")


def test_a_file_without_a_name_is_saved_under_its_id(send, bytes_of):
    file = send(upload(JPG, filename="")).json
    assert f'filename="{file["id"]}.jpg"' in bytes_of(file["id"]).headers["Content-Disposition"]


@pytest.mark.parametrize("path", ["/v1/files/file_nope", "/v1/files/file_nope/contents", "/v1/files/pm_nope"])
def test_a_file_that_is_not_there_is_missing(get, path):
    reply = get(path)
    assert (reply.status, reply.error["code"], reply.error["param"]) == (404, "resource_missing", "file")
    assert reply.error["message"].startswith("No such file upload: ")


def test_nobody_else_sees_a_file(server, stripe, live, name, bytes_of):
    file = uploaded(stripe)
    with refused(status=404, code="resource_missing", param="file", says="exists in test mode"):
        live.files.retrieve(file.id)
    assert bytes_of(file.id, f"sk_live_{name}").status == 404
    for path in (file.id, f"{file.id}/contents"):
        assert server.request("GET", f"/v1/files/{path}", key=f"sk_test_{name}other").status == 404
    assert live.files.list().data == []
    assert bytes_of(uploaded(live).id).status == 404


def test_expanding_the_contents_means_nothing(get, stripe):
    reply = get(f"/v1/files/{uploaded(stripe).id}/contents", {"expand[]": "file"})
    assert (reply.status, "cannot be expanded" in reply.error["message"]) == (400, True)


# -- which key may do what --------------------------------------------------------------------------------------------


def test_a_publishable_key_uploads_documents_and_reads_nothing(
    browser, stripe, server, publishable_key, bytes_of
):
    file = uploaded(browser)

    assert list(file.to_dict()) == [field for field in FIELDS if field != "links"]
    assert file.url is None
    seen = stripe.files.retrieve(file.id)
    assert (seen.url, seen.purpose, seen.type) == (None, "identity_document", "png")
    assert (
        bytes_of(file.id).error["message"] == "Files with the purpose identity_document cannot be downloaded."
    )
    for path in ("/v1/files", f"/v1/files/{file.id}", f"/v1/files/{file.id}/contents"):
        reply = server.request("GET", path, key=publishable_key)
        assert (reply.status, reply.error["code"]) == (403, "secret_key_required")


def test_a_publishable_key_uploads_nothing_else(browser, stripe):
    with refused(sdk.PermissionError, status=403, code="secret_key_required"):
        uploaded(browser, purpose="business_icon")
    with refused(sdk.PermissionError, status=403, code="secret_key_required"):
        browser.files.create(
            {"purpose": "dispute_evidence", "file": a_file(png()), "file_link_data": {"create": True}}
        )
    assert stripe.files.list().data == []


@pytest.mark.parametrize(
    ("purpose", "by_secret", "by_publishable"),
    [
        ("dispute_evidence", 200, 200),
        ("identity_document", 200, 403),
        ("account_requirement", 403, 403),
        ("additional_verification", 403, 403),
    ],
)
def test_what_may_be_downloaded_depends_on_purpose_and_uploader(
    stripe, browser, bytes_of, purpose, by_secret, by_publishable
):
    for client, status in ((stripe, by_secret), (browser, by_publishable)):
        file = uploaded(client, purpose=purpose)
        assert bytes_of(file.id).status == status
        assert (stripe.files.retrieve(file.id).url is None) is (status == 403)


def test_a_restricted_key_needs_the_permission_for_files(tmp_path, database_for, engine):
    with Server(tmp_path / "data", database_for(engine), options=()) as server:

        def key_with(*permissions):
            words = [word for one in permissions for word in ("--permission", one)]
            made = server.command("keys", "create", "--kind", "restricted", *words)
            return next(word for word in made.stdout.split() if word.startswith("rk_test_"))

        reader, writer, other = key_with("file=read"), key_with("file=write"), key_with("customer=write")
        file = uploaded(server.client(writer).v1, purpose="business_icon")
        paths = ("/v1/files", f"/v1/files/{file.id}", f"/v1/files/{file.id}/contents")
        for key, status in ((reader, 200), (writer, 200), (other, 403)):
            assert [server.request("GET", path, key=key).status for path in paths] == [status] * 3
        for key in (reader, other):
            with refused(sdk.PermissionError, status=403, says="rak_file_write"):
                uploaded(server.client(key).v1)
        assert len(server.client(reader).v1.files.list().data) == 1


def test_who_calls_is_known_before_the_body_is_read(server):
    head = {"Content-Type": "multipart/form-data; boundary=8675309"}
    reply = server.request("POST", "/v1/files", upload(png(9 * MEBIBYTE)), key="sk_prod_x", headers=head)
    assert reply.status == 401


# -- idempotency ------------------------------------------------------------------------------------------------------


def test_an_upload_sent_again_is_replayed_however_it_is_put_together(send, get):
    first = send(upload(png(), "business_icon"), Idempotency_Key="k1")
    other = multipart(file_part(), part("purpose", "business_icon"), boundary="other")
    again = send(other, Idempotency_Key="k1", Content_Type="multipart/form-data; boundary=other")

    assert (first.status, again.status, again.body) == (200, 200, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(get("/v1/files").json["data"]) == len(get("/v1/events").json["data"]) == 1


@pytest.mark.parametrize(
    "other",
    [
        upload(png(2000), "business_icon"),
        upload(png(), "business_logo"),
        upload(png(), "business_icon", "b.png"),
    ],
    ids=["content", "purpose", "filename"],
)
def test_a_key_is_not_used_for_another_upload(send, get, other):
    send(upload(png(), "business_icon"), Idempotency_Key="k1")
    reply = send(other, Idempotency_Key="k1")
    assert (reply.status, reply.error["type"]) == (400, "idempotency_error")
    assert len(get("/v1/files").json["data"]) == 1


def test_a_refused_upload_leaves_its_key_free(send):
    assert send(upload(GIF, "pci_document"), Idempotency_Key="k1").status == 400
    assert send(upload(pdf(), "pci_document", "a.pdf"), Idempotency_Key="k1").status == 200
