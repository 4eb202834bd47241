"""The committed contract is what the installed SDK, the optional fields and the overlay make, and nothing else."""

import gc
import importlib
import json
import sys
import tomllib
from pathlib import Path

import msgspec
import pytest

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT / "src" / "strongroom" / "contract"


@pytest.fixture(scope="module")
def build_contract():
    sys.path.insert(0, str(ROOT / "tools"))
    gc.disable()  # a million syntax nodes that all stay: looking for garbage among them is a third of the time
    try:
        yield importlib.import_module("build_contract")
    finally:
        gc.enable()
        sys.path.remove(str(ROOT / "tools"))


@pytest.fixture(scope="module")
def generated(build_contract):
    return build_contract.build()


@pytest.fixture(scope="module")
def document(generated):
    return json.loads(generated[1])


def test_the_committed_contract_is_what_the_installed_sdk_generates_byte_for_byte(generated):
    version, text = generated
    committed = sorted(CONTRACT.glob("20*.json"))
    assert [path.name for path in committed] == [f"{version}.json"]
    assert committed[0].read_bytes() == text.encode()


def test_an_edit_by_hand_is_noticed(generated):
    """Control of the test above: one changed character differs."""
    version, text = generated
    edited = text.replace('"client_ip":["null","str"]', '"client_ip?":["null","str"]', 1)
    assert edited != text
    assert (CONTRACT / f"{version}.json").read_text() != edited


def test_the_contract_is_small_and_has_one_entry_to_a_line(generated):
    assert len(generated[1]) < 1_500_000
    for line in generated[1].splitlines():
        if line[:1] == '"' and line.endswith(("},", "]")):
            json.loads("{" + line.rstrip(",") + "}")


def test_every_rule_of_the_overlay_has_its_reason():
    overlay = tomllib.loads((CONTRACT / "overlay.toml").read_text())
    rules = [
        *overlay["params"],
        *overlay["resource"],
        *overlay["operations"],
        *overlay["own"],
        *overlay["own_resource"],
        *overlay["publishable"].values(),
    ]
    assert [rule for rule in rules if not rule.get("why")] == []


def test_a_rule_that_matches_nothing_fails_the_build(build_contract):
    shape = build_contract.Hash("TokenCreateParams", {"customer": "str"})
    rule = {"on": ["POST /v1/tokens"], "at": "gone", "why": "…", "limits": {"max": 3}}
    with pytest.raises(SystemExit, match="nothing matches"):
        build_contract.apply_overlay([rule], {"POST /v1/tokens": shape}, {})


def test_an_optional_field_the_sdk_does_not_know_fails_the_build(build_contract):
    omitted = {"absent": ["no_such_field"], "absent_or_null": [], "always": []}
    with pytest.raises(SystemExit, match="token has no"):
        build_contract.resource("token", omitted)


@pytest.mark.parametrize(
    ("at", "path", "matches"),
    [
        ("**.cvc", "cvc", True),
        ("**.cvc", "payment_method_data.card.cvc", True),
        ("**.cvc", "card.cvc_check", False),
        ("**.card*.number", "card.number", True),
        ("**.card*.number", "a.card_present.number", True),
        ("**.card*.number", "number", False),
        ("card.exp_*", "card.exp_year", True),
        ("card.exp_*", "card.exp_year.more", False),
        ("email", "individual.email", False),
    ],
)
def test_where_a_rule_applies(build_contract, at, path, matches):
    assert (build_contract.path_pattern(at).fullmatch(path) is not None) == matches


def test_every_operation_of_the_sdk_is_there_and_what_no_service_spells_out_as_well(document):
    assert len(document["operations"]) == 593
    for key in (
        "GET /v1/account",
        "GET /v1/customers/{customer}/sources/{id}",
        "POST /v1/customers/{customer}/sources/{id}/verify",
        "GET /v1/customers/{customer}/cards",
        "DELETE /v1/accounts/{account}/bank_accounts/{id}",
        "DELETE /v1/customers/{customer}/bank_accounts/{id}",
        "GET /v1/charges/{charge}/refunds",
        "POST /v1/confirmation_tokens",
        "POST /v1/terminal/readers",
        "POST /v1/billing_portal/sessions",
    ):
        assert key in document["operations"]


@pytest.mark.parametrize(
    ("key", "returns"),
    [
        ("POST /v1/tokens", "token"),
        ("GET /v1/customers", "list:customer"),
        ("GET /v1/customers/search", "search:customer"),
        ("DELETE /v1/customers/{customer}", "deleted:customer"),
        ("DELETE /v1/customers/{customer}/discount", "deleted:discount"),
        ("DELETE /v1/ephemeral_keys/{key}", "ephemeral_key"),
        ("POST /v1/payment_methods/{payment_method}/attach", "payment_method"),
        ("GET /v1/accounts/{account}/external_accounts", "list:bank_account|card"),
        ("DELETE /v1/accounts/{account}/external_accounts/{id}", "deleted:bank_account|card"),
    ],
)
def test_what_an_operation_returns(document, key, returns):
    assert document["operations"][key][1] == returns


def test_null_and_left_out_are_told_apart_though_python_says_optional_of_both(document):
    token = document["hashes"][document["resources"]["token"][1:]]
    assert token["client_ip"] == ["null", "str"]
    assert token["card?"] == "@card"
    assert token["redaction?"] == ["null", "str"]
    customer = document["hashes"][document["resources"]["customer"][1:]]
    assert customer["balance"] == "int"
    assert customer["email"] == ["null", "str"]
    assert customer["sources?"][0] == "page"


def test_every_name_in_the_contract_leads_somewhere(document):
    def names(kind):
        if isinstance(kind, str):
            yield kind
        elif kind[0] == "enum-of":
            yield "$" + kind[1]
        elif kind[0] == "expand":
            yield from ("@" + name for name in kind[1:])
        elif kind[0] != "enum":
            for member in kind[1:]:
                yield from () if isinstance(member, dict) else names(member)

    known = {"#": document["hashes"], "$": document["enums"], "@": document["resources"]}
    scalars = {"str", "int", "bool", "float", "decimal", "any"}
    kinds = [kind for fields in document["hashes"].values() for kind in fields.values()]
    lost = {
        name
        for kind in kinds
        for name in names(kind)
        if name not in scalars and name[1:] not in known[name[0]]
    }
    assert lost == set()


def test_the_committed_file_loads_as_json_of_the_right_version(generated):
    raw = msgspec.json.decode((CONTRACT / f"{generated[0]}.json").read_bytes())
    assert raw["api_version"] == generated[0] == "2026-10-28.endive"
