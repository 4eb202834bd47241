"""The sandbox's acquirer: every published behaviour, and the same answer to the same reference."""

import asyncio
from dataclasses import replace

import pytest

from strongroom.catalog.behaviours import behaviour_table
from strongroom.catalog.cards import card_tables
from strongroom.connectors.base import (
    Authorization,
    Cancellation,
    Capture,
    Instrument,
    Outcome,
    Return,
    Verification,
)
from strongroom.connectors.sandbox import Sandbox, authorized, verified
from strongroom.domain.intent_machine import Verdict

GIVEN = {"cvc_given": True, "zip_given": True, "line1_given": True}


def card(behaviour=None, **more):
    return Instrument("card", behaviour, **{**GIVEN, **more})


def charge(behaviour=None, **asked):
    return authorized(Authorization("ch_1", card(behaviour), 1000, "usd", **asked))


def said(outcome):
    return outcome.verdict, outcome.code


class Paper:
    """A ledger of one test."""

    def __init__(self):
        self.pages = {}

    async def find(self, reference):
        return self.pages.get(reference)

    async def keep(self, reference, record):
        return self.pages.setdefault(reference, record)


class Hand:
    """A clock that a test moves."""

    def __init__(self):
        self.second = 100

    def __call__(self):
        return self.second


APPROVED = (Verdict.APPROVED, None)
CHALLENGED = (Verdict.CHALLENGED, None)
UNAUTHENTICATED = (Verdict.DECLINED, "authentication_required")


def declined(code):
    return Verdict.DECLINED, code


# behaviour → with the customer there, without, once set up, by telephone
PEOPLE = {
    None: (APPROVED, APPROVED, APPROVED, APPROVED),
    "authenticate_until_set_up": (CHALLENGED, UNAUTHENTICATED, APPROVED, APPROVED),
    "authenticate_always": (CHALLENGED, UNAUTHENTICATED, UNAUTHENTICATED, UNAUTHENTICATED),
    "authenticate_on_session": (CHALLENGED, APPROVED, APPROVED, APPROVED),
    "authenticate_then_insufficient_funds": (CHALLENGED, *[declined("insufficient_funds")] * 3),
    "challenge": (CHALLENGED, UNAUTHENTICATED, UNAUTHENTICATED, APPROVED),
    "challenge_then_declined": (
        CHALLENGED,
        UNAUTHENTICATED,
        UNAUTHENTICATED,
        declined("generic_decline"),
    ),
    "challenge_breaks": (
        declined("generic_decline"),
        UNAUTHENTICATED,
        UNAUTHENTICATED,
        declined("generic_decline"),
    ),
    "challenge_when_asked": (APPROVED, APPROVED, APPROVED, APPROVED),
    "frictionless": (APPROVED, APPROVED, APPROVED, APPROVED),
}


@pytest.mark.parametrize("behaviour", PEOPLE)
def test_who_is_there_decides_what_a_card_that_wants_its_holder_answers(behaviour):
    there, away, set_up, telephone = PEOPLE[behaviour]
    assert said(charge(behaviour)) == there
    assert said(charge(behaviour, customer_present=False)) == away
    assert said(charge(behaviour, customer_present=False, set_up=True)) == set_up
    assert said(charge(behaviour, mail_or_telephone=True)) == telephone


@pytest.mark.parametrize("name", [name for name, row in behaviour_table().items() if row.charge])
def test_every_declining_card_declines_with_its_code_once_its_holder_has_answered(name):
    row = behaviour_table()[name]
    outcome = charge(name, authenticated=True)
    assert said(outcome) == declined(row.charge)
    assert outcome.blocked is row.blocked


@pytest.mark.parametrize("name", [name for name, row in behaviour_table().items() if not row.charge])
def test_every_other_card_is_charged_once_its_holder_has_answered(name):
    row = behaviour_table()[name]
    expected = declined("fraudulent") if row.risk == "highest" else APPROVED
    outcome = charge(name, authenticated=True)
    assert said(outcome) == expected
    assert outcome.available_at_once is (row.balance == "available")


@pytest.mark.parametrize("name", list(behaviour_table()))
def test_every_card_can_be_set_up_or_says_why_not(name):
    row = behaviour_table()[name]
    outcome = verified(Verification("seti_1", card(name), authenticated=True))
    expected = (
        declined("fraudulent") if row.blocked else APPROVED if row.attach is None else declined(row.attach)
    )
    assert said(outcome) == expected


def test_a_code_that_was_not_given_cannot_be_wrong():
    silent = Authorization("ch_1", card("incorrect_cvc", cvc_given=False), 1000, "usd")
    assert said(authorized(silent)) == APPROVED
    assert said(charge("incorrect_cvc")) == declined("incorrect_cvc")


def test_what_is_checked_is_what_was_given():
    assert charge("address_checks_fail").checks == {
        "cvc_check": "pass",
        "address_line1_check": "fail",
        "address_postal_code_check": "fail",
    }
    bare = Authorization("ch_1", Instrument("card", "address_checks_fail"), 1000, "usd")
    assert authorized(bare).checks == {}


def test_a_merchant_may_decline_on_checks():
    assert said(charge("cvc_check_fails")) == APPROVED
    assert said(charge("cvc_check_fails", decline_on_cvc=True)) == declined("incorrect_cvc")
    assert said(charge("postal_check_fails", decline_on_zip=True)) == declined("incorrect_zip")
    assert said(charge("postal_check_fails", decline_on_cvc=True)) == APPROVED


def test_asking_for_authentication_matters_to_cards_that_have_it():
    assert said(charge("challenge_when_asked", three_d_secure="any")) == CHALLENGED
    assert said(charge("challenge_breaks_when_asked", three_d_secure="challenge")) == declined(
        "generic_decline"
    )
    acknowledged = charge(three_d_secure="any")
    assert said(acknowledged) == APPROVED
    assert acknowledged.three_d_secure["result"] == "attempt_acknowledged"
    unable = Authorization(
        "ch_1", card(None, three_d_secure_supported=False), 1000, "usd", three_d_secure="challenge"
    )
    assert authorized(unable).three_d_secure is None


def test_how_the_holder_was_authenticated_is_told():
    done = charge("challenge", authenticated=True).three_d_secure
    assert (done["authentication_flow"], done["electronic_commerce_indicator"], done["result"]) == (
        "challenge",
        "05",
        "authenticated",
    )
    assert charge("frictionless").three_d_secure["authentication_flow"] == "frictionless"
    assert charge("challenge_breaks").three_d_secure["result"] == "processing_error"
    assert charge().three_d_secure is None


def test_what_never_left_the_house_says_so():
    assert not charge("challenge", customer_present=False).reached_network
    assert charge("authenticate_always", customer_present=False).reached_network


def test_a_hold_is_not_a_payment():
    assert charge(capture=False).verdict is Verdict.AUTHORIZED


def test_every_published_number_has_an_answer():
    for facts in card_tables().test_cards.values():
        assert charge(facts.behaviour).verdict in {Verdict.APPROVED, Verdict.CHALLENGED, Verdict.DECLINED}


# -- what is not a card -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "fate", "first", "then"),
    [
        ("us_bank_account", None, (Verdict.PENDING, None), APPROVED),
        ("us_bank_account", "no_account", (Verdict.PENDING, None), declined("no_account")),
        ("us_bank_account", "stays_processing", (Verdict.PENDING, None), (Verdict.PENDING, None)),
        ("sepa_debit", "insufficient_funds_later", (Verdict.PENDING, None), declined("insufficient_funds")),
        ("klarna", None, CHALLENGED, CHALLENGED),
    ],
)
def test_what_a_bank_says_comes_later(method, fate, first, then):
    async def scene():
        hand = Hand()
        acquirer = Sandbox(Paper(), hand, settle_after=3)
        asked = Authorization("py_1", Instrument(method, fate), 1000, "usd")
        assert said(await acquirer.authorize(asked)) == first
        hand.second += 2
        assert said(await acquirer.look_up("py_1")) == first
        hand.second += 1
        assert said(await acquirer.look_up("py_1")) == then

    asyncio.run(scene())


def test_who_comes_back_from_elsewhere_has_paid_or_will_have():
    def paid(method, **asked):
        async def scene():
            acquirer = Sandbox(Paper(), Hand(), settle_after=3)
            return await acquirer.authorize(
                Authorization("py_1", Instrument(method), 1000, "eur", authenticated=True, **asked)
            )

        return asyncio.run(scene()).verdict

    assert paid("klarna") is Verdict.APPROVED
    assert paid("klarna", capture=False) is Verdict.AUTHORIZED
    assert paid("sofort") is Verdict.PENDING


# -- the same reference -----------------------------------------------------------------------------------------------


def test_the_same_reference_is_answered_the_same_and_written_once():
    async def scene():
        paper = Paper()
        acquirer = Sandbox(paper, Hand(), settle_after=1)
        asked = Authorization("ch_1", card(), 1000, "usd")
        first = await acquirer.authorize(asked)
        again = await acquirer.authorize(replace(asked, instrument=card("generic_decline")))
        assert first == again == await acquirer.look_up("ch_1")
        assert await acquirer.look_up("ch_2") is None
        assert list(paper.pages) == ["ch_1"]

    asyncio.run(scene())


def test_holds_are_captured_and_let_go_of():
    async def scene():
        acquirer = Sandbox(Paper(), Hand(), settle_after=1)
        assert await acquirer.capture(Capture("cap_1", "ch_1", 400, final=False)) == Outcome(
            Verdict.PARTLY_CAPTURED
        )
        assert await acquirer.capture(Capture("cap_2", "ch_1", 600)) == Outcome(Verdict.APPROVED)
        assert await acquirer.cancel(Cancellation("can_1", "ch_2")) == Outcome(Verdict.APPROVED)

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("behaviour", "first", "then"),
    [
        (None, APPROVED, APPROVED),
        ("refund_pending", (Verdict.PENDING, None), APPROVED),
        ("refund_fails", APPROVED, declined("expired_or_canceled_card")),
    ],
)
def test_the_card_that_was_charged_decides_what_comes_of_a_refund(behaviour, first, then):
    async def scene():
        hand = Hand()
        acquirer = Sandbox(Paper(), hand, settle_after=5)
        await acquirer.authorize(Authorization("ch_1", card(behaviour), 1000, "usd"))
        assert said(await acquirer.refund(Return("re_1", "ch_1", 1000))) == first
        hand.second += 5
        assert said(await acquirer.look_up("re_1")) == then

    asyncio.run(scene())
