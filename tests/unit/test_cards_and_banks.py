"""Bank accounts: what test mode accepts and echoes, what live mode checks, and what each refusal says."""

import copy

import pytest

from strongroom import catalog
from strongroom.catalog import banks, countries
from strongroom.catalog.reading import CatalogError, read
from strongroom.errors import InvalidRequest
from strongroom.secret import Secret
from strongroom.vault.cards import take_bank_account

# country/currency, routing sent ("-": none), routing shown, number
ACCEPTED = """
    US/usd 110000000    110000000   000123456789
    US/usd 111000000    111000000   000123456789
    US/usd 122105155    122105155   000123456789
    CA/cad 11000-000    11000-000   000123456789
    AU/aud 110000       11_0000     000123456
    GB/gbp 23-14-70     23-14-70    00012345
    GB/gbp 108800       108800      00012345
    FR/eur -            110000000   FR89370400440532013000
    DE/eur -            110000000   DE89370400440532013000
    CH/chf -            110000000   CH9300762011623852957
    LI/chf -            110000000   LI0508800636123378777
    NO/nok -            110000000   NO9386011117947
    SE/sek -            110000000   SE3550000000054910000003
    RO/ron -            110000000   RO49AAAA1B31007593840000
    GI/gbp -            11-00-00000 GI75NWBK000000007099453
    NZ/nzd -            110000      1100000000000010
    HK/hkd 110-000      110-000     000123456
    SG/sgd 1100-000     1100-000    000123456
    TH/thb 999          999         000123456789
    IN/inr HDFC0004051  HDFC0004051 000123456789
    KR/krw SGSEKRSLXXX  SGSEKRSLXXX 000123456789
    MY/myr HBMBMYKL     TESTMYKLXXX 000123456000
    ID/idr 000          000         000123456789
    PH/php BCDEFGHI123  BCDEFGHI123 01567890123456789
    VN/vnd 01101100     01101100    000123456789
    AE/aed -            110000000   AE070331234567890123456
    IL/ils -            110000000   IL620108000000099999999
    SA/sar RIBLSARIXXX  RIBLSARIXXX SA4420000001234567891234
    QA/qar AAAAQAQAXXX  AAAAQAQAXXX QA87CITI123456789012345678901
    ZA/zar FIRNZAJJ     FIRNZAJJXXX 000001234
    NG/ngn AAAANGLAXXX  AAAANGLAXXX 1111111112
    KE/kes BARCKENXMDR  BARCKENXMDR 000123456789
    GH/ghs 022112       022112      000123456789
    TR/try ADABTRIS     ADABTRIS    TR320010009999901234567890
    EG/egp NBEGEGCX331  NBEGEGCX331 EG800002000156789012345180002
    AR/ars -            110000000   0110000600000000000000
    CL/clp 999          999         000123456789
    CO/cop 060          060         000123456789
    PE/pen -            999         99934500012345670024
    UY/uyu 999          999         000123456789
    JP/jpy 1100000      1100000     0001234
"""

OUTCOMES = {
    "paid": ("000123456789", "000123456", "00012345", "89370400440532013000"),
    "no_account": ("000111111116", "111111116", "11111116", "62370400440532013001"),
    "account_closed": ("000111111113", "111111113", "11111113", "89370400440532013002"),
    "insufficient_funds": ("000222222227", "222222227", "22222227", "89370400440532013003"),
    "debit_not_authorized": ("000333333335", "333333335", "33333335", "89370400440532013004"),
    "invalid_currency": ("000444444440", "444444440", "44444440", "89370400440532013005"),
}


def take(country, number, routing=None, *, currency=None, livemode=False, param="bank_account"):
    return take_bank_account(
        country=country,
        currency=currency,
        account_number=None if number is None else Secret(number),
        routing_number=routing,
        livemode=livemode,
        param=param,
    )


def refusal(*args, **kwargs) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        take(*args, **kwargs)
    assert (caught.value.http_status, caught.value.type) == (400, "invalid_request_error")
    return caught.value


# -- test mode --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row", [line.split() for line in ACCEPTED.strip().splitlines()], ids=lambda row: row[0]
)
def test_a_published_test_account_is_accepted_and_its_routing_number_echoed(row):
    where, sent, shown, number = row
    country, currency = where.split("/")
    facts = take(country, number, None if sent == "-" else sent, currency=currency).facts
    assert (facts.country, facts.currency, facts.last4) == (country, currency, number[-4:])
    assert facts.routing_number == shown.replace("_", " ")
    assert facts.behaviour is None


@pytest.mark.parametrize(("outcome", "numbers"), OUTCOMES.items())
def test_what_a_payout_comes_to_is_in_the_number(outcome, numbers):
    twelve, nine, sort_code, sepa = numbers
    expected = None if outcome == "paid" else outcome
    assert take("US", twelve, "110000000").facts.behaviour == expected
    assert take("CA", twelve, "11000-000").facts.behaviour == expected
    assert take("BR", twelve, "110-0000").facts.behaviour == expected
    for country, routing in (("AU", "110000"), ("HK", "110-000"), ("SG", "1100-000")):
        assert take(country, nine, routing).facts.behaviour == expected
    assert take("GB", sort_code, "108800").facts.behaviour == expected
    for country in ("DE", "FR", "IT", "ES", "PT"):
        assert take(country, country + sepa).facts.behaviour == expected


def test_two_american_numbers_lead_to_verification():
    assert take("US", "000999999991", "110000000").facts.behaviour == "ownership_verified_later"
    assert take("US", "000999999992", "110000000").facts.behaviour == "ownership_needs_documents"


@pytest.mark.parametrize(
    ("token", "last4", "behaviour"),
    [
        ("btok_us_verified", "6789", None),
        ("btok_us_verified_noAccount", "1116", "no_account"),
        ("btok_us_verified_accountClosed", "1113", "account_closed"),
        ("btok_us_verified_insufficientFunds", "2227", "insufficient_funds"),
        ("btok_us_verified_debitNotAuthorized", "3335", "debit_not_authorized"),
        ("btok_us_verified_invalidCurrency", "4440", "invalid_currency"),
    ],
)
def test_a_magic_bank_token_stands_for_an_american_account(token, last4, behaviour):
    magic = catalog.magic_token(token)
    assert isinstance(magic, catalog.MagicBank)
    details = magic.details()
    facts = take(
        "US", details["account_number"].reveal(), details["routing_number"], currency=details["currency"]
    ).facts
    assert (facts.last4, facts.behaviour, facts.routing_number, facts.currency) == (
        last4,
        behaviour,
        "110000000",
        "usd",
    )
    assert (details["country"], details["account_holder_type"]) == ("US", "individual")
    assert "000" + "123" not in repr(magic)


def test_the_bank_is_named_where_it_is_known():
    assert take("US", "000123456789", "110000000").facts.bank_name == "STRIPE TEST BANK"
    assert take("US", "000123456789", "122105155").facts.bank_name == "US BANK NA"
    assert take("US", "123", "021000021", livemode=True).facts.bank_name is None


@pytest.mark.parametrize(
    ("country", "number", "routing", "suggested"),
    [
        ("US", "123123123", "110000000", "000123456789"),
        ("CA", "999999999", "11000-000", "000123456789"),
        ("DE", "DE02120300000000202051", None, "DE89370400440532013000"),
        ("FR", "DE89370400440532013000", None, "FR89370400440532013000"),
        ("GB", "12345678", "108800", "00012345"),
    ],
)
def test_test_mode_accepts_no_other_number_and_suggests_one(country, number, routing, suggested):
    error = refusal(country, number, routing)
    assert (error.code, error.param) == ("account_number_invalid", "bank_account[account_number]")
    assert f"You must use a test bank account number in test mode. Try {suggested} " in error.message
    assert number not in error.message


def test_the_default_currency_is_the_countrys():
    assert take("US", "000123456789", "110000000").facts.currency == "usd"
    assert take("CH", "CH9300762011623852957").facts.currency == "chf"
    assert take("CH", "CH9300762011623852957", currency="EUR").facts.currency == "eur"


# -- refusals in both modes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("livemode", [True, False])
@pytest.mark.parametrize(
    ("args", "code", "param", "gist"),
    [
        (
            ("US", None, "110000000"),
            "parameter_missing",
            "[account_number]",
            "Missing required param: root[account_number]",
        ),
        (("US", "", "110000000"), "parameter_missing", "[account_number]", "Missing required param"),
        (
            ("US", "000123456789"),
            "parameter_missing",
            "[routing_number]",
            "Missing required param: root[routing_number]",
        ),
        (("US", "000123456789", ""), "parameter_missing", "[routing_number]", "Missing required param"),
        (("GB", "00012345"), "parameter_missing", "[routing_number]", "Missing required param"),
        (("US", "000123456789", "12345"), "routing_number_invalid", "[routing_number]", "must have 9 digits"),
        (
            ("US", "000123456789", "11000000²"),
            "routing_number_invalid",
            "[routing_number]",
            "must have 9 digits",
        ),
        (
            ("US", "000123456789", "110000001"),
            "routing_number_invalid",
            "[routing_number]",
            "Couldn't find that bank",
        ),
        (
            ("GB", "00012345", "10/88/00"),
            "routing_number_invalid",
            "[routing_number]",
            "not one of this country",
        ),
        (("US", "12345678901x", "110000000"), "account_number_invalid", "[account_number]", "only digits"),
        (
            ("US", "1234567890123", "110000000"),
            "account_number_invalid",
            "[account_number]",
            "at most 12 digits",
        ),
        (("GB", "12|34", "108800"), "account_number_invalid", "[account_number]", "not one of this country"),
        (("FR", "FR89370400440532013000", ""), None, "", "Invalid BIC"),
        (("XX", "000123456789"), "country_code_invalid", "[country]", "XX"),
        (("AF", "000123456789"), "country_unsupported", "[country]", "AF"),
    ],
)
def test_a_refusal_names_the_field_under_its_root(args, code, param, gist, livemode):
    error = refusal(*args, livemode=livemode, param="root")
    assert (error.code, error.param) == (code, f"root{param}")
    assert gist in error.message


def test_a_published_routing_number_without_a_good_checksum_is_for_test_mode_alone():
    assert take("US", "000123456789", "111000000").facts.routing_number == "111000000"
    assert refusal("US", "000123456789", "111000000", livemode=True).code == "routing_number_invalid"


def test_a_currency_the_country_does_not_have_is_refused():
    error = refusal("US", "000123456789", "110000000", currency="eur")
    assert (error.code, error.param) == (None, "bank_account[currency]")


# -- live mode --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "number"),
    [
        ("DE", "FR1420041010050500013M02606"),  # of another country
        ("FR", "FR89370400440532013000"),  # a test number: too short, wrong checksum
        ("DE", "DE89370400440532013001"),  # wrong checksum
        ("DE", "DE893704004405320130000"),  # too long
        ("DE", "37040044"),
        ("DE", "DE89370400440532013²00"),
    ],
)
def test_a_live_iban_must_be_of_the_country_and_have_its_length_and_checksum(country, number):
    error = refusal(country, number, livemode=True)
    assert (error.code, error.param) == ("account_number_invalid", "bank_account[account_number]")
    assert number not in error.message


def test_a_live_account_is_taken_as_it_was_typed_however_it_was_spaced():
    spaced, plain = (
        take("FR", text, livemode=True)
        for text in ("fr14 2004 1010 0505 0001 3m02 606", "FR1420041010050500013M02606")
    )
    assert spaced.canonical.reveal() == plain.canonical.reveal() == "FR1420041010050500013M02606"
    assert spaced.facts == plain.facts
    assert (plain.facts.last4, plain.facts.routing_number, plain.facts.bank_name) == ("2606", None, None)
    american = take("US", "0001-2345 6789", "021000021", livemode=True)
    assert american.canonical.reveal() == "US|021000021|000123456789"
    assert "0001234" not in repr(american)


def test_one_account_has_one_canonical_text_in_every_spelling_of_its_routing_number():
    dashed, plain = (take("GB", "00012345", routing) for routing in ("10-88-00", "108800"))
    assert dashed.canonical.reveal() == plain.canonical.reveal() == "GB|108800|00012345"


# -- mistakes in the data ---------------------------------------------------------------------------------------------


def rebuild(change) -> None:
    country_rows, test_rows = copy.deepcopy(read("bank_countries")), copy.deepcopy(read("test_banks"))
    change(country_rows, test_rows)
    banks.build(country_rows, test_rows, countries.country_table())


def test_the_shipped_rows_build():
    rebuild(lambda rows, tests: None)


@pytest.mark.parametrize(
    "change",
    [
        lambda rows, tests: rows.update(XX=rows["US"]),
        lambda rows, tests: rows["US"].update(colour="red"),
        lambda rows, tests: rows["US"].update(number="magic"),
        lambda rows, tests: rows["US"].update(routing="sometimes"),
        lambda rows, tests: rows["US"].update(iban_length=20),
        lambda rows, tests: rows["DE"].pop("iban_length"),
        lambda rows, tests: tests["countries"].pop("DE"),
        lambda rows, tests: tests["countries"]["DE"].update(family="nobody"),
        lambda rows, tests: tests["countries"]["NG"].update(numbers={}),
        lambda rows, tests: tests["countries"]["NG"].update(numbers={"1": "lottery"}),
        lambda rows, tests: tests["tokens"].update(btok_new="lottery"),
        lambda rows, tests: tests.update(more=1),
    ],
)
def test_a_planted_mistake_is_refused(change):
    with pytest.raises(CatalogError):
        rebuild(change)
