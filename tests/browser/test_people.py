"""People, outside the sandbox: set-up, second factor, recovery, roles. The codes are made here as an app would make them."""

import re
import time

import pytest
from playwright.sync_api import expect

from strongroom.vault import totp
from support.server import Server

PASSWORD = "seven grey herons wait"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A server that is no sandbox."""
    with Server(tmp_path_factory.mktemp("people") / "data", options=()) as running:
        yield running


class Person:
    """Somebody with a browser and an authenticator app, whose clock can be ahead by a step to have another code."""

    def __init__(self, page, house, email):
        self.page, self.house, self.email = page, house, email
        self.seed = ""
        self.last = 0

    def code(self):
        """A code that was not used yet: this step's or, if that was used, the next one's, which is accepted early."""
        self.last = max(int(time.time()) // 30, self.last + 1)
        return totp.code_at(self.seed, self.last)

    def set_up(self, secret):
        self.page.goto(f"{self.house.url}/dashboard/setup")
        self.page.get_by_label("E-mail address").fill(self.email)
        self.page.get_by_label("Set-up secret").fill(secret)
        self.page.get_by_label("New password").fill(PASSWORD)
        self.page.get_by_role("button", name="Continue").click()
        self.make_factor()

    def make_factor(self):
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Your second factor")
        expect(self.page.locator(".qr-frame svg")).to_be_visible()
        self.page.get_by_text("Type it in by hand").click()
        self.seed = self.page.locator("details code").inner_text()
        self.page.get_by_label("Code", exact=True).fill(self.code())
        self.page.get_by_role("button", name="Confirm").click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
        self.recovery = self.page.locator(".codes code").all_inner_texts()
        self.page.get_by_role("link", name="I have kept them").click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Home")

    def sign_in(self, code, password=PASSWORD):
        self.page.goto(f"{self.house.url}/dashboard/signin")
        self.page.get_by_label("E-mail address").fill(self.email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_label("Code", exact=True).fill(code)
        self.page.get_by_role("button", name="Sign in").click()

    def sign_out(self):
        self.page.get_by_role("button", name="Sign out").click()

    def go(self, path):
        self.page.goto(f"{self.house.url}/dashboard{path}")


def invited(house, email, role="owner"):
    said = house.command("users", "create", "--email", email, "--role", role).stdout
    return re.search(r"hours:  ([0-9a-f-]+)", said)[1]


@pytest.fixture(scope="module")
def emails():
    return (f"person{number}@example.com" for number in range(100))


@pytest.fixture
def owner(open_page, house, emails):
    email = next(emails)
    person = Person(open_page(), house, email)
    person.set_up(invited(house, email))
    return person


def test_the_first_person_sets_themselves_up_and_comes_in_again(owner):
    assert len(owner.recovery) == 10
    owner.sign_out()
    owner.sign_in("000000")
    expect(owner.page.get_by_role("alert")).to_have_text(re.compile("^That is not right"))
    owner.sign_in(owner.recovery[0])
    expect(owner.page.get_by_role("heading", level=1)).to_have_text("Home")
    owner.sign_out()
    owner.sign_in(owner.recovery[0])
    expect(owner.page.get_by_role("alert")).to_be_visible()


def test_a_password_from_standard_input_is_never_shown_and_a_factor_is_made_at_the_first_sign_in(
    open_page, house, emails
):
    email = next(emails)
    made = house.command("users", "create", "--email", email, "--with-password", typed=PASSWORD + "\n")
    assert made.returncode == 0
    assert PASSWORD not in made.stdout + made.stderr
    person = Person(open_page(), house, email)
    person.sign_in("")
    person.make_factor()


def test_without_a_second_factor_nothing_else_is_shown(open_page, house, emails):
    email = next(emails)
    house.command("users", "create", "--email", email, "--with-password", typed=PASSWORD + "\n")
    person = Person(open_page(), house, email)
    person.sign_in("")
    for path in ("/test", "/test/keys", "/live/audit", "/test/people"):
        person.go(path)
        expect(person.page.get_by_role("heading", level=1)).to_have_text("Your second factor")


def test_an_owner_adds_a_developer_who_may_make_test_keys_and_no_live_ones(owner, open_page, house, emails):
    owner.go("/test/people")
    email = next(emails)
    owner.page.get_by_label("E-mail address").fill(email)
    owner.page.get_by_label("Role", exact=True).select_option("developer")
    owner.page.get_by_role("button", name="Add person").click()
    secret = owner.page.locator(".secret-line code").inner_text()
    developer = Person(open_page(), house, email)
    developer.set_up(secret)
    developer.go("/test/keys/new")
    expect(developer.page.get_by_role("heading", level=1)).to_have_text("Create a test key")
    developer.go("/live/keys/new")
    expect(developer.page.get_by_text("Your role does not allow this.")).to_be_visible()
    for path in ("/test/people", "/test/audit"):
        developer.go(path)
        expect(developer.page.get_by_text("Your role does not allow this.")).to_be_visible()
    developer.go("/live/keys")
    expect(developer.page.get_by_role("link", name="Create key")).to_have_count(0)


def test_an_owner_ends_somebodys_access_and_their_sessions_with_it(owner, open_page, house, emails):
    email = next(emails)
    leaver = Person(open_page(), house, email)
    leaver.set_up(invited(house, email, "analyst"))
    owner.go("/test/people")
    owner.page.get_by_role("button", name=f"End access of {email}").click()
    expect(owner.page.get_by_text("The person was changed.")).to_be_visible()
    leaver.go("/test")
    expect(leaver.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    leaver.sign_in(leaver.code())
    expect(leaver.page.get_by_role("alert")).to_be_visible()


def test_nobody_changes_their_own_access(owner):
    owner.go("/test/people")
    expect(owner.page.get_by_role("button", name=f"End access of {owner.email}")).to_have_count(0)


def test_a_new_password_ends_other_sessions(owner, open_page):
    other = Person(open_page(), owner.house, owner.email)
    other.sign_in(owner.recovery[1])
    expect(other.page.get_by_role("heading", level=1)).to_have_text("Home")
    owner.go("/test/security")
    owner.page.get_by_label("New password").fill("eight white storks leave")
    owner.page.get_by_role("button", name="Change password").click()
    expect(owner.page.get_by_text("Your password was changed.")).to_be_visible()
    other.go("/test")
    expect(other.page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_one_session_is_ended_from_another(owner, open_page):
    other = Person(open_page(), owner.house, owner.email)
    other.sign_in(owner.recovery[2])
    owner.go("/test/security")
    owner.page.get_by_role("button", name=re.compile("^End the session")).click()
    expect(owner.page.get_by_text("The session has ended.")).to_be_visible()
    other.go("/test")
    expect(other.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    owner.go("/test")
    expect(owner.page.get_by_role("heading", level=1)).to_have_text("Home")


def test_a_password_that_everybody_has_is_refused_at_set_up(open_page, house, emails):
    email = next(emails)
    secret = invited(house, email)
    page = open_page()
    page.goto(f"{house.url}/dashboard/setup")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Set-up secret").fill(secret)
    page.get_by_label("New password").fill("password1234")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("every list of leaked ones")
