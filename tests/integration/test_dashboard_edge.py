"""What guards the pages: headers, cookies, where forms come from, and what is refused before anything is done."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.pages import Visitor
from support.server import Server

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)


@pytest.fixture
def visitor(server, secret_key):
    """Somebody who has signed in with the account's key."""
    someone = Visitor(server)
    assert someone.sign_in_with_key(secret_key).status == 303
    return someone


def names_of_keys(visitor):
    found = re.findall(
        r'data-label="Name" class="name">([^<]+)<', visitor.get("/dashboard/test/keys").body.decode()
    )
    return [name.strip() for name in found]


@pytest.mark.parametrize(
    "path", ["/dashboard/signin", "/dashboard/test", "/dashboard/nowhere", "/dashboard/test/keys/key_x"]
)
def test_every_answer_has_the_strict_headers(visitor, path):
    headers = visitor.get(path).headers
    assert headers["Content-Security-Policy"] == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in headers


def test_pages_hold_no_inline_script_or_style_and_nothing_of_third_parties(visitor):
    for path in ("", "/keys", "/payment-methods", "/payment-methods/connected", "/review", "/audit"):
        text = visitor.get(f"/dashboard/test{path}").body.decode()
        assert re.findall(r"<script(?! type=\"module\" src=\"/dashboard/static/)", text) == []
        assert (
            re.findall(r"\sstyle=|<style|\son[a-z]+=|javascript:|(?:src|href)=\"(?:https?:)?//", text) == []
        )


def test_static_files_are_kept_for_ever_under_an_address_that_changes_with_them(visitor):
    page = visitor.get("/dashboard/signin").body.decode()
    (address,) = re.findall(r'href="(/dashboard/static/[0-9a-f]{16}/app\.css)"', page)
    reply = visitor.get(address)
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/css; charset=utf-8")
    assert reply.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert visitor.get("/dashboard/static/0000000000000000/app.css").status == 404
    assert visitor.get(address.replace("app.css", "..%2fapp.py")).status == 404


def test_the_cookie_is_for_this_server_alone_and_no_script_reads_it(server, secret_key):
    reply = Visitor(server).sign_in_with_key(secret_key)
    cookie = reply.headers["Set-Cookie"]
    assert re.fullmatch(rf"strongroom_{server.port}=[\w-]{{43}}; HttpOnly; Path=/; SameSite=lax", cookie)


def test_many_come_in_and_make_keys_at_once_and_each_is_in_the_log(server, secret_key):
    def come_in(number):
        someone = Visitor(server)
        assert someone.sign_in_with_key(secret_key).status == 303
        token = someone.token("/dashboard/test/keys/new")
        return someone.post(
            "/dashboard/test/keys/new", {"name": f"k{number}", "kind": "secret"}, token=token
        ).status

    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(come_in, range(4)))
    visitor = Visitor(server)
    visitor.sign_in_with_key(secret_key)
    text = visitor.get("/dashboard/test/audit").body.decode()
    assert statuses == [200] * 4
    assert text.count(">api_key.created<") == 4
    assert "Altered" not in text


def test_who_is_not_signed_in_is_sent_to_the_door_and_back(server):
    reply = Visitor(server).get("/dashboard/test/audit?before=3")
    assert (reply.status, reply.headers["Location"]) == (
        303,
        "/dashboard/signin?next=%2Fdashboard%2Ftest%2Faudit%3Fbefore%3D3",
    )


@pytest.mark.parametrize(
    "where",
    [
        "https://evil.example/",
        "//evil.example",
        "/dashboard/../v1",
        "/\\evil",
        "/v1/tokens",
        "javascript:alert(1)",
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(server, secret_key, where):
    reply = Visitor(server).post("/dashboard/signin", {"key": secret_key, "next": where})
    assert reply.headers["Location"] in {"/dashboard/test", "/dashboard/live"}


@pytest.mark.parametrize("path", ["/dashboard/test/keys", "/dashboard/live/keys"])
def test_a_cookie_that_nobody_was_given_opens_nothing(server, path):
    stranger = Visitor(server)
    stranger.cookies[f"strongroom_{server.port}"] = "A" * 43
    assert stranger.get(path).status == 303


# -- forms ------------------------------------------------------------------------------------------------------------


KEY_FORM = {"name": "Planted", "kind": "secret"}


def test_a_form_with_its_token_is_done(visitor):
    token = visitor.token("/dashboard/test/keys/new")
    assert visitor.post("/dashboard/test/keys/new", KEY_FORM, token=token).status == 200
    assert names_of_keys(visitor) == ["Planted"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "", "Origin": "null"},
        {"Sec-Fetch-Site": ""},
    ],
)
def test_a_form_from_elsewhere_is_refused_and_does_nothing(visitor, headers):
    token = visitor.token("/dashboard/test/keys/new")
    assert visitor.post("/dashboard/test/keys/new", KEY_FORM, token=token, **headers).status == 403
    assert names_of_keys(visitor) == []


def test_a_browser_that_only_says_the_origin_is_believed(visitor, server):
    token = visitor.token("/dashboard/test/keys/new")
    headers = {"Sec-Fetch-Site": "", "Origin": server.url}
    assert visitor.post("/dashboard/test/keys/new", KEY_FORM, token=token, **headers).status == 200


def test_a_form_without_the_token_of_its_session_does_nothing(visitor, server, secret_key):
    other = Visitor(server)
    other.sign_in_with_key(secret_key)
    foreign = other.token("/dashboard/test/keys/new")
    for token in (None, "", "0" * 64, foreign, "ä"):
        assert visitor.post("/dashboard/test/keys/new", KEY_FORM, token=token).status == 403
    assert names_of_keys(visitor) == []


def test_signing_in_is_no_form_of_another_site_either(server, secret_key):
    reply = Visitor(server).post("/dashboard/signin", {"key": secret_key}, **{"Sec-Fetch-Site": "cross-site"})
    assert (reply.status, reply.headers["Set-Cookie"]) == (403, None)


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{}", "application/json", 415),
        (b"a=" + b"x" * 300_000, "application/x-www-form-urlencoded", 413),
        (b"&".join(b"a=b" for _ in range(3_000)), "application/x-www-form-urlencoded", 400),
        (b"a=%ff", "application/x-www-form-urlencoded", 400),
        (b"a=%00", "application/x-www-form-urlencoded", 400),
        ("a=ä".encode(), "application/x-www-form-urlencoded", 400),
    ],
)
def test_what_is_no_form_of_ours_is_refused(server, body, content_type, status):
    headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": content_type}
    assert server.request("POST", "/dashboard/signin", body, headers=headers).status == status


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_not_there(visitor, server, method):
    assert server.request(method, "/dashboard/test/keys").status == 405


@pytest.mark.parametrize("path", ["/dashboardx", "/dashboar"])
def test_what_is_not_the_dashboard_is_the_apis(server, path):
    assert server.request("GET", path).json["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    "path",
    [
        "/dashboard/test/keys/key_x",
        "/dashboard/other/keys",
        "/dashboard/test/accounts/acct_x",
        "/dashboard/test/payment-methods?configuration=x",
        "/dashboard/test/payment-methods/connected/x/klarna",
        "/dashboard/test/payment-methods/connected?configuration=x",
    ],
)
def test_what_is_not_there_is_a_page_that_says_so(visitor, path):
    reply = visitor.get(path)
    assert reply.status in {403, 404}
    assert b"That is not possible" in reply.body


def test_no_account_sees_or_changes_anything_of_another(visitor, server, name):
    token = visitor.token("/dashboard/test/keys/new")
    visitor.post("/dashboard/test/keys/new", KEY_FORM, token=token)
    (key,) = set(
        re.findall(r"/dashboard/test/keys/(key_\w+)", visitor.get("/dashboard/test/keys").body.decode())
    )
    stranger = Visitor(server)
    stranger.sign_in_with_key(f"sk_test_{name}stranger")
    token = stranger.token("/dashboard/test/keys/new")
    assert stranger.get(f"/dashboard/test/keys/{key}").status == 404
    assert stranger.post(f"/dashboard/test/keys/{key}/revoke", {}, token=token).status == 404
    assert visitor.get(f"/dashboard/live/keys/{key}").status == 404
    assert names_of_keys(visitor) == ["Planted"]


# -- outside the sandbox ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("closed") / "data", options=()) as running:
        yield running


def test_outside_the_sandbox_no_key_signs_in(closed):
    key = next(line.strip() for line in closed.greeting if line.startswith("  sk_test_"))
    reply = Visitor(closed).sign_in_with_key(key)
    assert (reply.status, reply.headers["Set-Cookie"]) == (401, None)
    assert key.encode() not in reply.body


def test_the_greeting_says_where_the_dashboard_is_and_how_to_enter(closed):
    (line,) = (line for line in closed.greeting if line.startswith("Dashboard"))
    assert (
        line
        == f"Dashboard {closed.url}/dashboard  (strongroom users create --email YOU makes the first person)"
    )


def test_a_refused_sign_in_says_the_same_of_everybody_and_leaves_on_the_beat(closed):
    closed.command(
        "users", "create", "--email", "ada@example.com", "--with-password", typed="seven grey herons\n"
    )
    replies = []
    for email in ("ada@example.com", "nobody@example.com"):
        started = time.monotonic()
        reply = Visitor(closed).post("/dashboard/signin", {"email": email, "password": "wrong", "code": "1"})
        assert time.monotonic() - started >= 0.5
        replies.append((reply.status, reply.body.replace(email.encode(), b"")))
    assert replies[0] == replies[1]
    assert replies[0][0] == 401


def test_a_password_is_in_no_log(closed):
    Visitor(closed).post(
        "/dashboard/signin", {"email": "ada@example.com", "password": "hunter2hunter2", "code": ""}
    )
    log = closed.log_path.read_text()
    assert "POST /dashboard/signin" in log
    assert "hunter2" not in log
    assert "ada@example.com" not in log


def test_neither_passwords_nor_addresses_nor_cookies_are_in_any_file(closed):
    password = "nine brown finches sing"
    closed.command("users", "create", "--email", "wren@example.com", "--with-password", typed=password + "\n")
    visitor = Visitor(closed)
    reply = visitor.post("/dashboard/signin", {"email": "wren@example.com", "password": password, "code": ""})
    assert reply.headers["Location"] == "/dashboard/factor"
    (cookie,) = visitor.cookies.values()
    seed = re.search(r'name="seed" value="([A-Z2-7]{32})"', visitor.get("/dashboard/factor").body.decode())[1]
    content = b"".join(path.read_bytes() for path in closed.data_dir.parent.rglob("*") if path.is_file())
    for secret in (password, "wren@example.com", cookie, seed):
        assert secret.encode() not in content


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("create", "--email", "nobody"), "That is not an e-mail address."),
        (("create", "--email", "a@b.example", "--role", "king"), "There is no such role."),
        (("reset", "nobody@example.com"), "nobody has the address nobody@example.com"),
    ],
)
def test_a_person_that_cannot_be_is_refused_on_the_command_line(closed, words, said):
    done = closed.command("users", *words)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"strongroom: {said}\n")


def test_people_are_listed_and_reset_on_the_command_line(closed):
    closed.command("users", "create", "--email", "eve@example.com", "--role", "auditor")
    assert re.search(r"usr_\w+  eve@example\.com  auditor\n", closed.command("users", "list").stdout)
    assert re.search(r"hours:  [0-9a-f-]{35}\n", closed.command("users", "reset", "EVE@example.com").stdout)
    assert closed.command("check").stdout == "0 faults\n"
