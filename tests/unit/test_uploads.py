"""An upload is read in whatever pieces it comes, holds no more memory than it may, and gives it back."""

import asyncio
import itertools
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom import errors, limits
from strongroom.http import forms
from strongroom.http.request import Request
from strongroom.http.uploads import Uploads, body_bytes_max, is_upload
from support.documents import BOUNDARY, multipart, part, png, upload

MULTIPART = b"multipart/form-data; boundary=" + BOUNDARY.encode()


def request_of(content_type=MULTIPART, **headers):
    sent = {name.replace("_", "-").encode(): value for name, value in headers.items()}
    return Request("POST", "/v1/files", b"", {b"content-type": content_type, **sent}, None, True)


async def receive_of(pieces):
    """Make an ASGI `receive` of `pieces`."""
    waiting = list(pieces)

    async def receive():
        piece = waiting.pop(0)
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": bool(waiting)}

    return receive


def read(pieces, uploads=None, request=None):
    """Return the fields as a tree, and the file's bytes, name and media type."""

    async def scene():
        whole = request or request_of()
        async with (uploads or Uploads()).received(whole, await receive_of(pieces)):
            file = whole.file
            shown = None if file is None else (file.content.reveal(), file.filename, file.media_type)
            seen = forms.decode(whole.body), shown
        assert (whole.body, whole.file) == (b"", None)
        return seen

    return asyncio.run(scene())


def cut(body, places):
    edges = sorted({0, len(body), *(place % (len(body) + 1) for place in places)})
    return [body[start:end] for start, end in itertools.pairwise(edges)]


@given(content=st.binary(max_size=300), places=st.lists(st.integers(0, 10_000), max_size=20))
def test_where_a_body_is_cut_does_not_matter(content, places):
    body = upload(content, **{"file_link_data[create]": "false"})
    expected = {"purpose": "identity_document", "file_link_data": {"create": "false"}}
    assert read(cut(body, places)) == (expected, (content, "a.png", None))


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=5))
def test_any_bytes_are_a_form_or_a_refusal(pieces):
    with pytest.raises(errors.ParameterRefused):
        read(pieces)


@given(
    st.lists(
        st.sampled_from(
            [f"--{BOUNDARY}".encode(), b"--", b"\r\n", b"\n", b": ", b'Content-Disposition: form-data; name="file"',
             b'; filename="a', b"Content-Length: 3", b"x", b"\0", b"\xff", b'name="'],
        ), min_size=1, max_size=30)
)  # fmt: skip
@settings(max_examples=500)
def test_any_heap_of_its_parts_is_a_form_or_a_refusal(heap):
    try:
        read([b"".join(heap)])
    except errors.ApiError as refusal:
        assert isinstance(refusal, errors.ParameterRefused)  # noqa: PT017 -- either outcome is right; what is raised is not free


@given(
    st.dictionaries(
        st.text("abc[]é=&+ ", min_size=1, max_size=8),
        st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=20),
        max_size=6,
    )
)
def test_fields_mean_what_they_mean_in_an_ordinary_form(fields):
    def outcome(decode):
        try:
            return decode()
        except errors.ParameterRefused as refusal:
            return refusal.message

    body = multipart(*[part(name, value) for name, value in fields.items()])
    assert outcome(lambda: read([body])[0]) == outcome(lambda: forms.decode(urlencode(fields).encode()))


def test_a_client_that_goes_away_is_noticed():
    with pytest.raises(errors.ParameterRefused, match="never arrived whole"):
        read([upload(png())[:50], None])


def test_what_is_announced_as_too_large_is_not_read():
    with pytest.raises(errors.ParameterRefused) as refusal:
        read([], request=request_of(content_length=b"%d" % (limits.UPLOAD_BYTES_MAX + 1)))
    assert refusal.value.http_status == 413


def test_a_stalled_upload_has_an_end(monkeypatch):
    monkeypatch.setattr(limits, "UPLOAD_READ_SECONDS_MAX", 0.01)

    async def scene():
        async def never():
            await asyncio.Event().wait()

        async with Uploads().received(request_of(), never):
            pass

    with pytest.raises(errors.ParameterRefused) as refusal:
        asyncio.run(scene())
    assert refusal.value.http_status == 408


def test_all_uploads_together_hold_no_more_than_they_may(monkeypatch):
    """Four at once of a size that three may have together: the fourth is told to come back, and later it is taken."""
    body = upload(png(1000))
    monkeypatch.setattr(limits, "UPLOADS_BYTES_MAX", 3 * len(body))

    async def scene():
        uploads, done = Uploads(), asyncio.Event()

        async def one():
            async with uploads.received(request_of(), await receive_of([body])):
                await done.wait()
            return "taken"

        waiting = [asyncio.create_task(one()) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(errors.Overloaded):
            await one()
        done.set()
        assert await asyncio.gather(*waiting) == ["taken"] * 3
        assert await one() == "taken"
        for broken in (body[:-5], body + bytes(limits.UPLOAD_BYTES_MAX)):
            with pytest.raises(errors.ApiError):
                async with uploads.received(request_of(), await receive_of([broken])):
                    pass
        assert await asyncio.gather(one(), one(), one()) == ["taken"] * 3

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("method", "path", "content_type", "large"),
    [
        ("POST", "/v1/files", MULTIPART, True),
        ("POST", "/v1/files", b"Multipart/Form-Data;boundary=x", True),
        ("POST", "/v1/files", b"application/x-www-form-urlencoded", False),
        ("GET", "/v1/files", MULTIPART, False),
        ("POST", "/v1/customers", MULTIPART, False),
        ("POST", "/v1/files/", MULTIPART, False),
    ],
)
def test_only_an_upload_may_be_large(method, path, content_type, large):
    headers = {b"content-type": content_type}
    request = Request(method, path, b"", headers, None, True)
    assert is_upload(request) is large
    most = limits.UPLOAD_BYTES_MAX if large else limits.BODY_BYTES_MAX
    assert body_bytes_max(method, path, list(headers.items())) == most
    assert body_bytes_max(method, path, [(b"x-other", MULTIPART)]) == limits.BODY_BYTES_MAX
