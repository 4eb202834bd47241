"""Every leaf an account takes, one by one and empty: whatever is answered, it is no fault of ours, and the account opens."""

import pytest

from strongroom.contract import contract
from support.connect import COMPLETE, CUSTOM

SAMPLES = {"str": "Rosen", "int": "3", "bool": "true", "float": "12.5"}


def leaves(kind, path=""):
    """Yield the form field of each leaf below a type, with a value that fits and an empty one."""
    shapes = contract().shapes
    head = kind[0] if isinstance(kind, list) else kind
    if isinstance(kind, str) and kind.startswith("#"):
        for field, inside in shapes.hashes[kind[1:]].items():
            name = field.removesuffix("?")
            if not path and name == "expand":
                continue
            yield from leaves(inside, f"{path}[{name}]" if path else name)
    elif head == "list":
        yield from leaves(kind[1], f"{path}[0]")
    elif head == "map":
        yield f"{path}[key]", "value"
    elif head in ("clear", "or"):
        yield path, ""
        for one in kind[1:]:
            yield from leaves(one, path)
    elif head in ("enum", "enum-of"):
        yield path, kind[1] if head == "enum" else shapes.enums[kind[1]][0]
        yield path, ""
    else:
        yield path, SAMPLES[head]
        yield path, ""


LEAVES = sorted(set(leaves(contract().operations["POST /v1/accounts/{account}"].params)))


@pytest.mark.parametrize("business_type", ["individual", "company"])
def test_no_leaf_breaks_an_account(stripe, post, get, business_type):
    given = {**COMPLETE, "business_type": business_type}
    if business_type == "company":
        del given["individual"]
    account = stripe.accounts.create(given)

    broken = []
    for field, value in LEAVES:
        reply = post(f"/v1/accounts/{account.id}", {field: value})
        if reply.status >= 500 and reply.error.get("code") != "strongroom_not_implemented":
            broken.append((field, value))

    assert broken == []
    shown = get(f"/v1/accounts/{account.id}").json
    # One of the leaves made it another type of business.
    assert set(account.to_dict()) - {"individual"} <= set(shown)
    assert len(LEAVES) > 300


PERSON_LEAVES = sorted(set(leaves(contract().operations["POST /v1/accounts/{account}/persons"].params)))
TOKEN_LEAVES = sorted(set(leaves(contract().operations["POST /v1/tokens"].params)))


def test_no_leaf_breaks_a_person(stripe, post, get):
    account = stripe.accounts.create({**CUSTOM, "business_type": "company"}).id
    path = f"/v1/accounts/{account}/persons"
    person = post(path, {"relationship[representative]": "true"}).json
    statuses = {post(f"{path}/{person['id']}", {field: value}).status for field, value in PERSON_LEAVES}

    assert statuses == {200, 400}
    assert set(person) <= set(get(f"{path}/{person['id']}").json)
    assert get(path, {"limit": "100"}).status == 200
    assert len(PERSON_LEAVES) > 100


@pytest.mark.parametrize(
    ("kind", "use"),
    [("account", "accounts/{}"), ("person", "accounts/{}/persons")],
    ids=["account", "person"],
)
def test_no_leaf_breaks_a_token_of_data_or_what_it_is_spent_on(stripe, post, kind, use):
    """Whatever a token took can be spent or refused, and what is refused is not spent."""
    account = stripe.accounts.create(
        {**CUSTOM, "business_type": "individual" if kind == "account" else "company"}
    ).id
    own = [(field, value) for field, value in TOKEN_LEAVES if field.startswith(f"{kind}[")]
    statuses = set()
    for field, value in own:
        made = post("/v1/tokens", {field: value})
        statuses.add(made.status)
        if made.status != 200:
            continue
        spent = post(f"/v1/{use.format(account)}", {f"{kind}_token": made.json["id"]})
        statuses.add(spent.status)
        assert stripe.tokens.retrieve(made.json["id"]).used is (spent.status == 200), field

    assert statuses == {200, 400}
    assert len(own) > 80
