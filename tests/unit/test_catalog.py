"""The card catalogue says what the published tables say, and a mistake in it is found when it is read."""

import copy
import time

import pytest

from strongroom import catalog
from strongroom.catalog import behaviours, cards, check_digits, countries
from strongroom.catalog.reading import CatalogError, read
from strongroom.domain.cards import card_facts
from strongroom.secret import Secret

NOW = 1_750_000_000  # June 2025

BRAND_CARDS = """
    4242424242424242    visa        credit   US  visa us
    4000056655665556    visa        debit    US  visa_debit visa_debit_us_transferSuccess
    5555555555554444    mastercard  credit   US  mastercard
    2223003122003222    mastercard  credit   US
    5200828282828210    mastercard  debit    US  mastercard_debit mastercard_debit_us_transferSuccess
    5105105105105100    mastercard  prepaid  US  mastercard_prepaid
    378282246310005     amex        credit   US  amex_threeDSecureNotSupported
    371449635398431     amex        credit   US
    6011111111111117    discover    credit   US  discover
    6011000990139424    discover    credit   US
    6011981111111113    discover    debit    US  discover_debit_us_transferSuccess
    3056930009020004    diners      credit   US  diners
    36227206271667      diners      credit   US
    6555900000604105    discover    credit   US
    3566002020360505    jcb         credit   JP  jcb
    3530111333300000    jcb         credit   JP
    6200000000000005    unionpay    credit   CN  unionpay
    6200000000000047    unionpay    debit    CN
    6205500000000000004 unionpay    credit   CN
    4000051230000072    visa        debit    US
    5200828282828897    mastercard  debit    US
    5062210000000009    unknown     unknown  MX
    5200007840000022    mastercard  credit   AE  ae_mastercard
    4000058260000005    visa        debit    GB  gb_debit
    5555558265554449    mastercard  credit   GB  gb_mastercard
    4000007640000003    visa        credit   TH  th_credit
    4000057640000008    visa        debit    TH  th_debit
    4000003560000123    visa        credit   IN
    4000003560000263    visa        credit   IN
    4000000000000093    visa        credit   US  domesticPricing
    4000008400000076    visa        credit   US  credit_disableEnterpriseCardFeatures
    4000000360000006    visa        credit   AU  visa_credit_au
    4001007020000002    visa        credit   SG
    4001000360000005    visa        credit   AU
    4000008260000075    visa        credit   GB
    4000002760000008    visa        credit   DE
"""

CO_BRANDED = {
    "visa_cartesBancaires": ("4000002500001001", ("cartes_bancaires", "visa"), "visa", "FR", "credit"),
    "mastercard_cartesBancaires": (
        "5555552500001001",
        ("cartes_bancaires", "mastercard"),
        "mastercard",
        "FR",
        "credit",
    ),
    "visa_debit_eftposAuCoBranded": ("4000050360000001", ("eftpos_au", "visa"), "visa", "AU", "debit"),
    "mastercard_debit_eftposAuCoBranded": (
        "5555050360000080",
        ("eftpos_au", "mastercard"),
        "mastercard",
        "AU",
        "debit",
    ),
}

COUNTRY_CARDS = """
    AE 4000007840000001  AR 4000000320000021  AT 4000000400000008  AU 4000000360000006  BE 4000000560000004  BG 4000001000000000
    BR 4000000760000002  BY 4000001120000005  CA 4000001240000000  CH 4000007560000009  CL 4000001520000001  CN 4000001560000002
    CO 4000001700000003  CR 4000001880000005  CY 4000001960000008  CZ 4000002030000002  DE 4000002760000016  DK 4000002080000001
    EC 4000002180000000  EE 4000002330000009  ES 4000007240000007  FI 4000002460000001  FR 4000002500000003  GB 4000008260000000
    GI 4000002920000005  GR 4000003000000030  HK 4000003440000004  HR 4000001910000009  HU 4000003480000005  IE 4000003720000005
    IN 4000003560000008  IT 4000003800000008  JP 4000003920000003  LI 4000004380000004  LT 4000004400000000  LU 4000004420000006
    LV 4000004280000005  MT 4000004700000007  MX 4000004840008001  MY 4000004580000002  NL 4000005280000002  NO 4000005780000007
    NZ 4000005540000008  PA 4000005910000000  PE 4000006040000068  PL 4000006160000005  PT 4000006200000007  PY 4000006000000066
    RO 4000006420000001  SA 4000006820000007  SE 4000007520000008  SG 4000007020000003  SI 4000007050000006  SK 4000007030000001
    TW 4000001580000008  UY 4000008580000003
"""

PAYOUT_CARDS = """
    ae 4000057840000006 4000057840000014 4000057840000022 5555057840000002
    at 4000050400000003 4000050400000011 4000050400000029 5555050400000009
    au 4000050360000019 4000050360000027 4000050360000035 5555050360000023
    be 4000050560000009 4000050560000017 4000050560000025 5555050560000005
    ca 4000051240000005 4000051240000021 4000051240000039 5510121240000006
    cy 4000051960000003 4000051960000011 4000051960000029 5555051960000009
    cz 4000052030000007 4000052030000015 4000052030000023 5555052030000003
    de 4000052760000037 4000052760000011 4000052760000029 5555052760000009
    dk 4000052080000006 4000052080000014 4000052080000022 5555052080000002
    ee 4000052330000004 4000052330000012 4000052330000020 5555052330000000
    es 4000057240000036 4000057240000010 4000057240000028 5555057240000008
    fi 4000052460000006 4000052460000014 4000052460000022 5555052460000002
    fr 4000052500000008 4000052500000016 4000052500000024 5555052500000004
    gb 4000058260000203 4000058260000211 4000058260000229 5555058260000100
    gr 4000053000000001 4000053000000019 4000053000000027 5555053000000007
    hr 4000051910000004 4000051910000012 4000051910000020 5555051910000000
    hu 4000053480000000 4000053480000018 4000053480000026 5555053480000006
    ie 4000053720000000 4000053720000018 4000053720000026 5555053720000006
    it 4000053800000037 4000053800000011 4000053800000029 5555053800000009
    lt 4000054400000005 4000054400000013 4000054400000021 5555054400000001
    lu 4000054420000001 4000054420000019 4000054420000027 5555054420000007
    lv 4000054280000000 4000054280000018 4000054280000026 5555054280000006
    mt 4000054700000002 4000054700000010 4000054700000028 5555054700000008
    my 4000054580000031 4000054580000015 4000054580000023 5555054580000003
    nl 4000055280000007 4000055280000015 4000055280000023 5555055280000003
    no 4000055780000002 4000055780000010 4000055780000028 5555055780000008
    nz 4000055540000003 4000055540000011 4000055540000029 5555055540000165
    pl 4000056160000000 4000056160000018 4000056160000026 5555056160000006
    pt 4000056200000002 4000056200000010 4000056200000028 5555056200000008
    ro 4000056420000030 4000056420000014 4000056420000022 5555056420000002
    se 4000057520000003 4000057520000011 4000057520000029 5555057520000009
    sg 4000057020000008 4000057020000016 4000057020000024 2227200000000009
    si 4000057050000001 4000057050000019 4000057050000027 5555057050000007
    sk 4000057030000006 4000057030000014 4000057030000022 5555057030000002
    us 4000056655665556 4000056655665572 4000056755665555 5200828282828210
"""

# number, country, behaviour, names
BEHAVING = """
    4000000000000002 US generic_decline            visa_chargeDeclined chargeDeclined
    4000000000009995 US insufficient_funds         visa_chargeDeclinedInsufficientFunds chargeDeclinedInsufficientFunds visa_debit_chargeDeclinedInsufficientFunds
    4000000000009987 US lost_card                  visa_chargeDeclinedLostCard chargeDeclinedLostCard
    4000000000009979 US stolen_card                visa_chargeDeclinedStolenCard chargeDeclinedStolenCard
    4000000000006975 US card_velocity_exceeded     visa_chargeDeclinedVelocityLimitExceeded chargeDeclinedVelocityLimitExceeded
    4000000000000069 US expired_card               visa_chargeDeclinedExpiredCard chargeDeclinedExpiredCard
    4000000000000127 US incorrect_cvc              visa_chargeDeclinedIncorrectCvc chargeDeclinedIncorrectCvc
    4000000000000119 US processing_error           visa_chargeDeclinedProcessingError chargeDeclinedProcessingError
    4000000000000341 US charge_generic_decline     visa_chargeCustomerFail chargeCustomerFail
    4100000000000019 US blocked                    radarBlock visa_chargeDeclinedFraudulent chargeDeclinedFraudulent
    4000000000004954 US risk_highest               riskLevelHighest
    4000000000009235 US risk_elevated              riskLevelElevated
    4000008400000407 US high_dispute_score         highFraudDisputeScore
    4000008400000159 US high_fraud_warning_score   highEfwScore
    4000008400001017 US dynamic_risk_threshold     radarDynamicRiskThreshold
    4000008405600003 US adaptive_challenge         adaptive3dsChallenge
    4000000000001208 US captcha
    4000000000003725 US captcha
    4000000000000101 US cvc_check_fails            cvcCheckFail
    4000000000000036 US postal_check_fails         avsZipFail
    4000000000000028 US line1_check_fails          avsLine1Fail
    4000000000000010 US address_checks_fail        avsFail
    4000000000000044 US address_checks_unavailable avsUnchecked
    4000058400307872 US cvc_check_fails_risk_elevated    cvcCheckFailElevatedRisk
    4000058400306072 US postal_check_fails_risk_elevated avsZipFailElevatedRisk
    4000002500003155 FR authenticate_until_set_up  authenticationRequiredOnSetup
    4000002760003184 DE authenticate_always        authenticationRequired
    4000003800000446 IT authenticate_on_session    authenticationRequiredSetupForOffSession
    4000008260003178 GB authenticate_then_insufficient_funds authenticationRequiredChargeDeclinedInsufficientFunds
    4000000000003220 IE challenge                  threeDSecure2Required
    4000008400000027 US challenge
    4000000000003063 US challenge                  threeDSecureRequired
    4000008400001629 US challenge_then_declined    threeDSecureRequiredChargeDeclined
    4000008400001280 US challenge_breaks           threeDSecureRequiredProcessingError
    4000000000003055 US challenge_when_asked       threeDSecureOptional
    4000000000003097 US challenge_breaks_when_asked threeDSecureOptionalProcessingError
    4000000032200000 US frictionless
    4000582600000094 US challenge_out_of_band
    4000582600000045 US challenge_one_time_code
    4000582600000102 US challenge_single_select
    4000582600000110 US challenge_multi_select
    4001007020000002 SG offline_pin
    4001000360000005 AU online_pin
    4000008260000075 GB offline_pin_retry
    4000002760000008 DE online_pin_retry
    4000000000000259 US dispute_fraudulent         createDispute
    4000000000002685 US dispute_product_not_received createDisputeProductNotReceived
    4000000000001976 US dispute_inquiry            createDisputeInquiry
    4000000000005423 US early_fraud_warning        createIssuerFraudRecord
    4000000404000079 AT dispute_multiple           createMultipleDisputes
    4000000404000038 AT dispute_compelling_evidence createCe3EligibleDispute
    4000008400000779 US dispute_compliance         createComplianceDispute
    5105008400000002 US dispute_compliance         createMastercardComplianceDispute
    4000000001000043 US dispute_auto_representment createAutoRepresentmentEligibleDispute
    4000000404004816 AT dispute_rapid_resolution   createRapidDisputeResolutionDispute
    4000000404005649 AT dispute_compelling_evidence_block createCe3BlockDispute
    5105000300000018 US ethoca_alert               createEthocaAlert
    4000000000007726 US refund_pending             pendingRefund
    4000000000005126 US refund_fails               refundFail
    4000000000000077 US available_at_once          bypassPending
    4000003720000278 IE available_at_once          bypassPendingInternational
    4000000000004202 US next_requirements          visa_triggerNextRequirements
    4000000000004210 US charge_block               visa_triggerChargeBlock
    4000000000004236 US payout_block               visa_triggerPayoutBlock
    4000003560000263 IN mandate_cancelled_later
    4000008400000076 US no_multicapture            credit_disableEnterpriseCardFeatures
"""

PAYOUT_NAMES = (
    ("visa_debit_{}_transferSuccess", "visa", None),
    ("visa_debit_{}_transferFail", "visa", "payout_fails"),
    ("visa_debit_{}_instantPayoutUnsupported", "visa", "no_instant_payouts"),
    ("mastercard_debit_{}_transferSuccess", "mastercard", None),
)


def rows(table: str) -> list[list[str]]:
    return [line.split() for line in table.strip().splitlines()]


def country_cards() -> dict[str, str]:
    words = COUNTRY_CARDS.split()
    return dict(zip(words[::2], words[1::2], strict=True))


def number_behind(name: str) -> str:
    magic = catalog.magic_token(name) or catalog.magic_payment_method(name)
    assert isinstance(magic, catalog.MagicCard), name
    assert magic.name == name
    return magic.number.reveal()


def assert_both_names_lead_to(number: str, suffix: str) -> None:
    assert number_behind(f"tok_{suffix}") == number
    assert number_behind(f"pm_card_{suffix}") == number


# -- what is published ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", rows(BRAND_CARDS), ids=lambda row: row[0][-4:])
def test_a_brand_card_is_what_is_published(row):
    number, brand, funding, country, *names = row
    facts = card_facts(number)
    assert (facts.brand, facts.funding, facts.country, facts.last4) == (brand, funding, country, number[-4:])
    assert facts.networks == (brand,)
    assert facts.is_test_number
    assert facts.regulated_status == "unregulated"
    for name in names:
        assert_both_names_lead_to(number, name)


@pytest.mark.parametrize(("country", "number"), country_cards().items())
def test_a_country_card_is_a_visa_credit_card_of_that_country(country, number):
    facts = card_facts(number)
    assert (facts.brand, facts.funding, facts.country, facts.last4) == (
        "visa",
        "credit",
        country,
        number[-4:],
    )
    assert (facts.behaviour, facts.is_test_number) == (None, True)
    assert_both_names_lead_to(number, country.lower())


@pytest.mark.parametrize("row", rows(PAYOUT_CARDS), ids=lambda row: row[0])
def test_a_payout_card_is_a_debit_card_of_its_country(row):
    country, *numbers = row
    for number, (name, brand, behaviour) in zip(numbers, PAYOUT_NAMES, strict=True):
        facts = card_facts(number)
        assert (facts.brand, facts.funding, facts.country) == (brand, "debit", country.upper())
        assert facts.behaviour == behaviour
        assert_both_names_lead_to(number, name.format(country))


@pytest.mark.parametrize("row", rows(BEHAVING), ids=lambda row: f"{row[0][-4:]}-{row[2]}")
def test_a_behaving_card_behaves_as_is_published(row):
    number, country, behaviour, *names = row
    facts = card_facts(number)
    assert (facts.behaviour, facts.country) == (behaviour, country)
    assert facts.funding == ("debit" if number.startswith("400005840") else "credit")
    for name in names:
        assert_both_names_lead_to(number, name)


@pytest.mark.parametrize(("name", "row"), CO_BRANDED.items())
def test_a_co_branded_card_has_both_networks_in_alphabetical_order(name, row):
    number, networks, brand, country, funding = row
    facts = card_facts(number)
    assert (facts.networks, facts.brand, facts.country, facts.funding) == (networks, brand, country, funding)
    assert_both_names_lead_to(number, name)


def test_nothing_is_in_the_catalogue_that_is_not_in_these_tables():
    published = {row[0] for row in rows(BRAND_CARDS) + rows(BEHAVING)}
    published |= {number for number, *_ in CO_BRANDED.values()} | set(country_cards().values())
    published |= {number for row in rows(PAYOUT_CARDS) for number in row[1:]}
    assert set(cards.card_tables().test_cards) == published
    assert len(published) == 293


def test_american_express_has_one_number_as_a_token_and_another_as_a_payment_method():
    assert number_behind("tok_amex") == "371449635398431"
    assert number_behind("pm_card_amex") == "378282246310005"
    assert not card_facts("378282246310005").three_d_secure_supported
    assert card_facts("371449635398431").three_d_secure_supported


def test_names_without_a_number_of_their_own_behave_differently_on_a_shared_one():
    for name, behaviour in (("LostCard", "charge_lost_card"), ("StolenCard", "charge_stolen_card")):
        magic = catalog.magic_token(f"tok_visa_chargeCustomerFail{name}")
        assert magic.number.behaviour == behaviour
        assert magic.number.reveal() == "4000000000000341"


@pytest.mark.parametrize(
    "name",
    ["tok_Visa", "tok_", "tok_0aB", "pm_card_", "pm_card_nope", "visa", "", "btok_", "btok_us_unverified"],
)
def test_other_names_are_not_magic(name):
    assert catalog.magic_token(name) is None
    assert catalog.magic_payment_method(name) is None


def test_a_token_name_is_no_payment_method_name():
    assert catalog.magic_payment_method("tok_visa") is None
    assert catalog.magic_token("pm_card_visa") is None


def test_magic_details_are_what_would_have_been_typed():
    details = catalog.magic_payment_method("pm_card_visa").details(NOW)
    assert (details["exp_month"], details["exp_year"]) == ("6", "2026")
    assert isinstance(details["number"], Secret)
    assert details["number"].reveal() == "4242424242424242"
    assert len(details["cvc"].reveal()) == 3
    assert len(catalog.magic_token("tok_amex").details(NOW)["cvc"].reveal()) == 4
    assert "4242" not in repr(catalog.magic_token("tok_visa")).replace("tok_visa", "")


def test_only_cards_whose_postal_check_matters_count_as_sent_with_a_postal_code():
    assert not catalog.magic_token("tok_visa").zip_given
    with_zip = {name for name in cards.card_tables().tokens if catalog.magic_token(name).zip_given}
    assert with_zip == {"tok_avsZipFail", "tok_avsFail", "tok_avsUnchecked", "tok_avsZipFailElevatedRisk"}


# -- first digits -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "brand", "funding", "country"),
    [
        ("4000005280000036", "visa", "credit", "NL"),  # not published; the range says it
        ("4000050040000006", "visa", "debit", "AF"),
        ("5200000000000007", "mastercard", "credit", "US"),
        ("4000009990000009", "visa", "unknown", None),  # 999 is no country
        ("4111111111111111", "visa", "unknown", None),
        ("2221000000000009", "mastercard", "unknown", None),
        ("2720990000000007", "mastercard", "unknown", None),
        ("6440000000000000", "discover", "unknown", None),
        ("8100000000000001", "unionpay", "unknown", None),
        ("3528000000000000", "jcb", "unknown", None),
        ("30900000000000", "diners", "unknown", None),
    ],
)
def test_an_unpublished_number_is_described_by_its_first_digits(number, brand, funding, country):
    facts = card_facts(number)
    assert (facts.brand, facts.funding, facts.country, facts.networks) == (brand, funding, country, (brand,))
    assert not facts.is_test_number


@pytest.mark.parametrize(
    "number", ["9" * 16, "1" * 16, "2220" + "0" * 12, "2721" + "0" * 12, "3060" + "0" * 10, ""]
)
def test_other_first_digits_belong_to_nobody(number):
    assert card_facts(number) is None


def test_every_country_of_iso_3166_is_there():
    table = countries.country_table()
    assert len(table) == 249
    assert (table["DE"].numeric, table["US"].numeric, table["GB"].name) == ("276", "840", "United Kingdom")


def test_every_decline_has_the_customary_words():
    table = behaviours.decline_table()
    assert table["generic_decline"].message == "Your card was declined."
    assert table["lost_card"].message == table["stolen_card"].message == "Your card was declined."
    assert table["insufficient_funds"].message == "Your card has insufficient funds."
    assert table["incorrect_cvc"].message == "Your card's security code is incorrect."
    assert (table["expired_card"].code, table["expired_card"].param) == ("expired_card", "exp_month")
    assert table["do_not_honor"].code == "card_declined"
    assert (table["generic_decline"].advice_code, table["generic_decline"].network_decline_code) == (
        "try_again_later",
        "01",
    )


# -- mistakes in the data ---------------------------------------------------------------------------------------------


def rebuild(change) -> None:
    """Build the card tables from the shipped rows after `change` planted its mistake in them."""
    brand_rows, bin_rows, card_rows = (copy.deepcopy(read(name)) for name in ("brands", "bins", "test_cards"))
    change(brand_rows, bin_rows, card_rows)
    cards.build(brand_rows, bin_rows, card_rows, countries.country_table(), behaviours.behaviour_table())


def plant_card(**columns):
    return lambda _brands, _bins, rows: rows["cards"].append({"number": "4111111111111111", **columns})


PLANTED = {
    "fails the Luhn check": lambda b, n, c: c["cards"].append({"number": "4242424242424241"}),
    "says it fails and passes": plant_card(funding="credit", country="US", luhn=False),
    "number twice": lambda b, n, c: c["cards"].append(
        {"number": "4242424242424242", "funding": "credit", "country": "US"}
    ),
    "unknown column": plant_card(funding="credit", country="US", colour="red"),
    "column of another type": plant_card(funding="credit", country="US", names="visa"),
    "no such behaviour": plant_card(funding="credit", country="US", behaviour="explodes"),
    "no such behaviour in a variant": plant_card(
        funding="credit", country="US", variants=[{"behaviour": "explodes", "names": ["boom"]}]
    ),
    "no such country": plant_card(funding="credit", country="XX"),
    "no such funding": plant_card(funding="gift", country="US"),
    "funding not known": plant_card(country="US"),
    "country not known": plant_card(funding="credit"),
    "no such network": plant_card(funding="credit", country="US", networks=["visa", "zebra"]),
    "networks out of order": plant_card(
        funding="credit", country="US", networks=["visa", "cartes_bancaires"]
    ),
    "name taken": plant_card(funding="credit", country="US", names=["visa"]),
    "not digits": lambda b, n, c: c["cards"].append({"number": "4242 4242 4242 4242"}),
    "a length the brand lacks": lambda b, n, c: c["cards"].append({"number": "42424242424247"}),
    "two behaviours": lambda b, n, c: c["payouts"]["us"].__setitem__(1, "4000000000000002"),
    "a table nobody knows": lambda b, n, c: c.update(more={}),
    "prefix twice": lambda b, n, c: b["amex"]["prefixes"].append("4"),
    "brand without lengths": lambda b, n, c: b["visa"].pop("lengths"),
    "a range of no brand": lambda b, n, c: n["prefixes"].update({"987654": {"brand": "zebra"}}),
    "a test range of no brand": lambda b, n, c: n["test_ranges"]["funding"].update({"999999": "credit"}),
}


def test_the_shipped_rows_build():
    rebuild(lambda brands, bins, rows: None)


@pytest.mark.parametrize("change", PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_mistake_is_refused(change):
    with pytest.raises(CatalogError):
        rebuild(change)


@pytest.mark.parametrize(
    "row",
    [
        {"attach": "no_such_decline"},
        {"charge": "no_such_decline"},
        {"dispute": "no_such_dispute"},
        {"checks": {"cvc": "maybe"}},
        {"checks": {"colour": "fail"}},
        {"blocked": "yes"},
        {"surprise": True},
    ],
)
def test_a_planted_behaviour_is_refused(row):
    with pytest.raises(CatalogError):
        behaviours.build_behaviours({"planted": row}, behaviours.decline_table())


def test_a_decline_code_that_stands_twice_is_refused():
    document = read("decline_codes")
    document["plain"]["codes"].append("generic_decline")
    with pytest.raises(CatalogError):
        behaviours.build_declines(document)


@pytest.mark.parametrize(
    "change", [{"XX": ["840", "Twice"]}, {"USA": ["999", "Three letters"]}, {"XX": ["99", "Two digits"]}]
)
def test_a_planted_country_is_refused(change):
    with pytest.raises(CatalogError):
        countries.build({**read("countries"), **change})


def test_everything_loads_fast_enough_to_be_checked_at_every_start():
    started = time.process_time()
    rebuild(lambda brands, bins, rows: None)
    assert time.process_time() - started < 0.5  # about 0.02 s; the bound is loose because machines differ


# -- check digits -----------------------------------------------------------------------------------------------------


def test_aba_and_iban_checksums():
    assert check_digits.aba_ok("110000000")
    assert check_digits.aba_ok("122105155")
    assert not check_digits.aba_ok("110000001")
    assert not check_digits.aba_ok("12345")
    assert check_digits.iban_ok("DE89370400440532013000")
    assert check_digits.iban_ok("FR1420041010050500013M02606")
    assert not check_digits.iban_ok("FR89370400440532013000")
