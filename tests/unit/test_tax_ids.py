"""Tax ids: every type there is, the published examples, and nothing that cannot be one."""

import importlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.catalog.countries import country_table
from strongroom.catalog.reading import CatalogError, read
from strongroom.catalog.tax_ids import build, tax_id_tables
from strongroom.contract import contract
from strongroom.domain.tax_ids import check_tax_id
from strongroom.errors import InvalidRequest

TYPES = tax_id_tables().types

# Stripe's own documentation, https://docs.stripe.com/billing/customer/tax-ids: type, example, country.
PUBLISHED = """
ad_nrt A-123456-Z AD | ae_trn 123456789012345 AE | al_tin J12345678N AL | am_tin 02538904 AM | ao_tin 5123456789 AO
ar_cuit 12-3456789-01 AR | au_abn 12345678912 AU | au_arn 123456789123 AU | az_tin 0123456789 AZ | bb_tin 1123456789012 BB
bg_uic 123456789 BG | br_cnpj 01.234.456/5432-10 BR | br_cpf 123.456.789-87 BR | by_tin 123456789 BY | ca_bn 123456789 CA
ca_gst_hst 123456789RT0002 CA | ca_pst_bc PST-1234-5678 CA | ca_qst 1234567890TQ1234 CA | ch_vat CHE-123.456.789 MWST CH
cl_tin 12.345.678-K CL | cn_tin 123456789012345678 CN | co_nit 123.456.789-0 CO | cr_tin 1-234-567890 CR
de_stn 1234567890 DE | do_rcn 123-4567890-1 DO | ec_ruc 1234567890001 EC | eg_tin 123456789 EG | es_cif A12345678 ES
eu_oss_vat EU123456789 - | eu_vat ATU12345678 AT | eu_vat BE0123456789 BE | eu_vat BG0123456789 BG | eu_vat CY12345678Z CY
eu_vat DE123456789 DE | eu_vat EL123456789 GR | eu_vat FRAB123456789 FR | eu_vat HR12345678912 HR
eu_vat NL123456789B12 NL | eu_vat XI123456789 GB | gb_vat GB123456789 GB | hr_oib 12345678901 HR | hu_tin 12345678-1-23 HU
id_npwp 012.345.678.9-012.345 ID | in_gst 12ABCDE3456FGZH IN | is_vat 123456 IS | jp_cn 1234567891234 JP | jp_rn 12345 JP
jp_trn T1234567891234 JP | ke_pin P000111111A KE | kr_brn 123-45-67890 KR | li_uid CHE123456789 LI | li_vat 12345 LI
me_pib 12345678 ME | mk_vat MK1234567890123 MK | mx_rfc ABC010203AB9 MX | no_vat 123456789MVA NO | nz_gst 123456789 NZ
pe_ruc 12345678901 PE | ro_tin 1234567890123 RO | rs_pib 123456789 RS | ru_inn 1234567891 RU | sg_uen 123456789F SG
si_tin 12345678 SI | sn_ninea 12345672A2 SN | sv_nit 1234-567890-123-4 SV | th_vat 1234567891234 TH | tr_tin 0123456789 TR
tw_vat 12345678 TW | ua_vat 123456789 UA | us_ein 12-3456789 US | uy_ruc 123456789012 UY | ve_rif A-12345678-9 VE
vn_tin 1234567890 VN | za_vat 4123456789 ZA
"""
EXAMPLES = [
    (entry.split()[0], " ".join(entry.split()[1:-1]), entry.split()[-1])
    for line in PUBLISHED.strip().splitlines()
    for entry in line.split(" | ")
]


def facts(type_name, value, *, livemode=True):
    return check_tax_id(type_name, value, livemode=livemode, param="value")


def test_the_types_are_those_of_the_contract():
    assert set(TYPES) == set(contract().shapes.enums["TaxIdCreateParams.type"])


@pytest.mark.parametrize("name", sorted({kind.check for kind in TYPES.values() if kind.check}))
def test_every_check_is_there(name):
    assert callable(importlib.import_module(f"stdnum.{name}").validate)


@pytest.mark.parametrize(("type_name", "value", "country"), EXAMPLES)
def test_the_published_examples_are_good(type_name, value, country):
    found = facts(type_name, value)
    assert found.country == (None if country == "-" else country)
    assert found.verification == ("unavailable" if type_name in {"au_abn", "eu_vat", "gb_vat"} else None)


@pytest.mark.parametrize(
    ("type_name", "value"),
    [
        ("eu_vat", "DE12345678"),
        ("eu_vat", "US123456789"),
        ("eu_vat", "123456789"),
        ("gb_vat", "GB1"),
        ("us_ein", "12345"),
        ("br_cpf", "123.456.789"),
        ("au_abn", "not a number"),
        ("za_vat", "x" * 51),
        ("ae_trn", "١٢٣٤٥٦٧٨٩٠١٢٣٤٥"),
        ("ae_trn", "12345\n1"),
    ],
)
def test_what_cannot_be_one_is_refused(type_name, value):
    with pytest.raises(InvalidRequest) as refusal:
        facts(type_name, value)
    assert (refusal.value.http_status, refusal.value.code, refusal.value.param) == (
        400,
        "tax_id_invalid",
        "value",
    )
    assert value not in refusal.value.message


@pytest.mark.parametrize(
    ("number", "status"), [("000000000", "verified"), ("111111111", "unverified"), ("222222222", "pending")]
)
@pytest.mark.parametrize(("type_name", "prefix"), [("eu_vat", "DE"), ("gb_vat", "GB"), ("au_abn", "")])
def test_test_modes_numbers_come_to_what_is_published(type_name, prefix, number, status):
    assert facts(type_name, prefix + number, livemode=False).verification == status


def test_test_modes_numbers_are_nothing_in_live_mode_and_for_other_types():
    with pytest.raises(InvalidRequest):
        facts("eu_vat", "DE000000000")
    assert facts("eu_vat", "DE111111111").verification == "unavailable"
    assert facts("nz_gst", "222222222", livemode=False).verification is None


@given(
    st.sampled_from(sorted(TYPES)),
    st.one_of(
        st.text(),
        st.text(alphabet="0123456789", max_size=20),
        st.text(alphabet="0123456789ABEGLTUX-./ ", max_size=20),
        st.sampled_from([value for _, value, _ in EXAMPLES]),
    ),
    st.booleans(),
)
def test_any_value_is_taken_or_refused_in_one_way(type_name, value, livemode):
    try:
        country = facts(type_name, value, livemode=livemode).country
    except InvalidRequest as refusal:
        country = refusal.code
    assert country in {*country_table(), None, "tax_id_invalid"}


@pytest.mark.parametrize(
    ("place", "damage"),
    [
        ("types", {"us_ein": {"country": "ZZ"}}),
        ("types", {"us_ein": {"country": "US", "check": "os.path.join"}}),
        ("types", {"us_ein": {"prefixes": "nobody"}}),
        ("types", {"us_ein": {"size": 9}}),
        ("prefixes", {"eu_vat": {"ZZ": "ZZ"}}),
        ("verification", {"types": ["zz_tin"], "numbers": {}}),
        ("verification", {"types": [], "numbers": {"1": "good"}}),
    ],
)
def test_a_mistake_in_the_table_is_found_when_it_is_read(place, damage):
    document = read("tax_ids")
    document[place] = {**document[place], **damage}
    with pytest.raises(CatalogError, match="tax_ids"):
        build(document, country_table())
