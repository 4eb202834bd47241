"""Laws of bank details: what is published passes, one wrong character does not, and spelling does not matter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom import errors
from strongroom.catalog import method_types
from strongroom.domain.method_details import check

NOW = 1_800_000_000
PAGES = method_types()
IBANS = sorted(PAGES["sepa_debit"].sandbox.accounts)


def checked(kind, sent, *, livemode=True):
    return check(PAGES[kind], sent, livemode=livemode, now=NOW, param=kind)


def test_every_published_iban_passes_every_check_even_in_live_mode():
    for iban in IBANS:
        assert checked("sepa_debit", {"iban": iban}).canonical == iban


@given(st.sampled_from(IBANS), st.data())
def test_one_wrong_character_in_an_iban_is_found(iban, data):
    place = data.draw(st.integers(0, len(iban) - 1))
    other = data.draw(
        # A letter counts as two digits: the checksum promises nothing of one in a digit's place.
        st.sampled_from("0123456789" if iban[place].isdigit() else "ABCDEFGHIJKLMNOPQRSTUVWXYZ").filter(
            lambda c: c != iban[place]
        )
    )
    wrong = iban[:place] + other + iban[place + 1 :]
    with pytest.raises(errors.InvalidRequest) as refusal:
        checked("sepa_debit", {"iban": wrong})
    assert (refusal.value.code, refusal.value.param) == ("account_number_invalid", "sepa_debit[iban]")
    assert wrong not in str(refusal.value)


@given(st.sampled_from(IBANS), st.integers(1, 6), st.booleans(), st.sampled_from(" -"))
def test_how_an_iban_is_written_does_not_matter(iban, width, lower, separator):
    written = separator.join(iban[at : at + width] for at in range(0, len(iban), width))
    plain = checked("sepa_debit", {"iban": iban})
    assert checked("sepa_debit", {"iban": written.lower() if lower else written}) == plain


@given(st.from_regex(r"[0-9]{8}", fullmatch=True), st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_in_a_routing_number_is_found(first_eight, place, added):
    weights = (3, 7, 1, 3, 7, 1, 3, 7)
    last = -sum(weight * int(digit) for weight, digit in zip(weights, first_eight, strict=True)) % 10
    good = f"{first_eight}{last}"
    wrong = good[:place] + str((int(good[place]) + added) % 10) + good[place + 1 :]
    account = {"account_number": "000123456789"}
    assert checked("us_bank_account", {**account, "routing_number": good}).shown["routing_number"] == good
    with pytest.raises(errors.InvalidRequest):
        checked("us_bank_account", {**account, "routing_number": wrong})


@given(st.sampled_from(sorted(PAGES)), st.dictionaries(st.sampled_from(
    sorted({take.name for page in PAGES.values() for take in page.take} - {"dob", "mandate_options"})
), st.text(max_size=40)), st.booleans())  # fmt: skip
def test_whatever_is_sent_is_described_or_refused_by_name_and_never_repeated(kind, sent, livemode):
    try:
        described = checked(kind, sent, livemode=livemode)
    except errors.InvalidRequest as refusal:
        assert refusal.param.startswith(f"{kind}[")  # noqa: PT017 -- a refusal is one of two good answers
    else:
        assert described.shown.keys() == {show.name for show in PAGES[kind].show}


@given(st.sampled_from(IBANS))
def test_what_describes_an_account_does_not_print_it(iban):
    assert iban not in repr(checked("sepa_debit", {"iban": iban}))
