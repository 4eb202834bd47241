"""The pages about PaymentMethod types: whole, held against the contract, and refused where they say what nobody knows."""

import copy

import pytest

from strongroom.catalog import CatalogError, magic_method, method_types
from strongroom.catalog.method_pages import build, outcome_table, read_pages
from strongroom.contract import contract
from strongroom.resources.method_pages import TERMINAL_TYPES, checked


def pages_with(change):
    pages = copy.deepcopy(read_pages())
    change(pages)
    return build(pages, outcome_table())


def test_every_type_the_sdk_can_name_has_a_page_or_a_reason():
    shapes = contract().shapes
    shown = shapes.hashes[shapes.resources["payment_method"][1:]]
    assert set(shapes.enums[shown["type"][1]]) - method_types().keys() == TERMINAL_TYPES
    assert len(method_types()) == 57


def set_in(path, value):
    def change(pages):
        *most, last = path.split(".")
        at = pages
        for part in most:
            at = at[part]
        at[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (set_in("ideal.colour", "red"), "nobody knows what colour means"),
        (set_in("ideal.type", "eps"), "called otherwise than its type"),
        (set_in("ideal.take.bank.check", "smell"), "there is no smell"),
        (set_in("ideal.show.bank.from", "thin_air"), "there is no thin_air"),
        (set_in("ideal.show.bank.of", "iban"), "there is no iban"),
        (set_in("ideal.show.bank.table", "bic"), "a table goes with lookup"),
        (set_in("ideal.show.bic.table", "nowhere"), "there is no nowhere"),
        (set_in("ideal.flow.confirmation", "prayer"), "there is no prayer"),
        (set_in("ideal.flow.refunds", "some"), "there is no some"),
        (set_in("ideal.save.attach", "sideways"), "there is no sideways"),
        (set_in("ideal.save.becomes", "gold"), "there is no gold"),
        (set_in("eps.billing.create", ["shoe_size"]), "there is no shoe_size"),
        (set_in("sepa_debit.account.number", ["number"]), "there is no number"),
        (set_in("sepa_debit.account.check", "hope"), "there is no hope"),
        (set_in("payto.account.alias", "nickname"), "there is no nickname"),
        (set_in("payto.choice", "two"), "choice is one or at_most_one"),
        (set_in("ideal.choice", "one"), "goes with choices"),
        (set_in("us_bank_account.update", ["colour"]), "there is no colour"),
        (set_in("us_bank_account.take.routing_number.secret", True), "would never reach the vault"),
        (
            set_in("us_bank_account.sandbox.accounts", [{"number": "1", "outcome": "luck"}]),
            "there is no luck",
        ),
        (set_in("card.take", {"number": {"check": "text"}}), "either the page or code"),
        (set_in("ideal.flow", "always"), "flow is not of type dict"),
    ],
)
def test_a_mistake_on_a_page_stops_the_start_and_is_named(change, says):
    with pytest.raises(CatalogError, match=says):
        pages_with(change)


def drop(pages):
    del pages["zip"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (drop, r"not the API's types: \['zip'\]"),
        (set_in("ideal.take.bank.required", True), r"ideal takes \['bank'\] otherwise"),
        (set_in("ideal.take", {"bank": {"check": "choice"}, "iban": {"check": "text"}}), r"takes \['iban'\]"),
        (
            set_in("sepa_debit.take.iban", {"check": "sepa_iban", "required": True}),
            r"takes \['iban'\] otherwise",
        ),
        (set_in("alipay.show", {"colour": {"from": "nothing"}}), "alipay shows"),
        (set_in("ideal.show", {"bank": {"from": "nothing"}}), "ideal shows"),
        (set_in("boleto.show", {"tax_id": {"from": "nothing"}}), "which is never null"),
        (set_in("sepa_debit.mandate", {"colour": "red"}), "a mandate of sepa_debit"),
        (set_in("alipay.save.mandate", True), "a mandate of alipay"),
    ],
)
def test_a_page_that_has_come_apart_from_the_contract_stops_the_start(change, says):
    with pytest.raises(CatalogError, match=says):
        checked(pages_with(change))


def test_a_page_says_what_the_reference_says():
    page = method_types()["sepa_debit"]
    assert (page.flow.confirmation, page.save.attach, page.save.mandate) == ("immediate", "direct", True)
    assert (page.flow.refunds, page.flow.refund_days) == ("full_and_partial", 180)
    assert method_types()["ideal"].save.becomes == "sepa_debit"
    with pytest.raises(TypeError):
        page.sandbox.accounts["DE"] = "succeeds"


def test_when_a_type_may_be_proposed_is_said_once_and_of_every_type_but_the_merchants_own():
    assert [kind for kind, page in method_types().items() if page.offer is None] == ["custom"]
    offer = method_types()["sepa_debit"].offer
    assert (offer.currencies, offer.delayed) == (frozenset({"eur"}), True)
    assert offer.reuse == frozenset({"off_session", "on_session"})


def test_what_can_be_set_up_can_be_saved_as_itself_or_as_what_it_becomes():
    for page in method_types().values():
        kept = bool(page.offer and page.offer.reuse)
        saved = page.save.attach != "never" or page.save.becomes is not None
        assert kept == saved, page.type


def test_a_number_that_is_published_twice_comes_to_what_is_said_first_and_its_names_to_their_own():
    page = method_types()["sepa_debit"]
    assert page.sandbox.accounts["NL55RABO0300065267"] == "succeeds_later"
    assert magic_method("pm_insufficientFunds_nl").details["iban"].behaviour == "insufficient_funds"
    assert magic_method("pm_successDelayed_nl").details["iban"].behaviour == "succeeds_later"
    assert magic_method("pm_success_xx") is None
