"""Whose payment it is and which configuration counts: every shape of a request with every kind of id it can name."""

import itertools

import pytest

from strongroom.domain.charges import Charge, Kind, Merchant, Named, Pick, Shape, merchant_of, pick

P, A, B, Q = "acct_platform", "acct_a", "acct_b", "acct_other_platform"

SHAPES = {
    "the platform's own": Charge(P, P),
    "direct": Charge(P, A),
    "direct, to a destination": Charge(P, A, destination=B),
    "destination": Charge(P, P, destination=A),
    "separate": Charge(P, P, transfer_group="order 7"),
    "destination on behalf": Charge(P, P, destination=A, on_behalf_of=A),
    "separate on behalf": Charge(P, P, transfer_group="order 7", on_behalf_of=A),
    "on behalf alone": Charge(P, P, on_behalf_of=A),
    "on behalf, to another": Charge(P, P, destination=B, on_behalf_of=A),
    "on behalf of itself": Charge(P, P, on_behalf_of=P),
    "an account's own key": Charge(A, A),
}
MERCHANTS = {
    "the platform's own": Merchant(P, Kind.DIRECT, Shape.OWN, None, False),
    "direct": Merchant(A, Kind.CHILD, Shape.DIRECT, P, False),
    "direct, to a destination": Merchant(A, Kind.CHILD, Shape.DIRECT, P, False),
    "destination": Merchant(P, Kind.DIRECT, Shape.DESTINATION, None, False),
    "separate": Merchant(P, Kind.DIRECT, Shape.SEPARATE, None, False),
    "destination on behalf": Merchant(A, Kind.CHILD, Shape.DESTINATION, P, True),
    "separate on behalf": Merchant(A, Kind.CHILD, Shape.SEPARATE, P, True),
    "on behalf alone": Merchant(A, Kind.CHILD, Shape.SEPARATE, P, True),
    "on behalf, to another": Merchant(A, Kind.CHILD, Shape.DESTINATION, P, True),
    "on behalf of itself": Merchant(P, Kind.DIRECT, Shape.OWN, None, False),
    "an account's own key": Merchant(A, Kind.DIRECT, Shape.OWN, None, False),
}

IDS = {
    "direct of P": (Kind.DIRECT, P, None),
    "direct of A": (Kind.DIRECT, A, None),
    "direct of B": (Kind.DIRECT, B, None),
    "parent of P": (Kind.PARENT, P, None),
    "parent of A": (Kind.PARENT, A, None),
    "parent of Q": (Kind.PARENT, Q, None),
    "child of P on A": (Kind.CHILD, A, P),
    "child of P on B": (Kind.CHILD, B, P),
    "child of Q on A": (Kind.CHILD, A, Q),
}

# What each shape may name; everything else is told like an id that never was.
ALLOWED = {
    ("the platform's own", "direct of P"): Pick.AS_IS,
    ("destination", "direct of P"): Pick.AS_IS,
    ("separate", "direct of P"): Pick.AS_IS,
    ("on behalf of itself", "direct of P"): Pick.AS_IS,
    ("an account's own key", "direct of A"): Pick.AS_IS,
    **{
        (shape, name): how
        for shape, merchant in MERCHANTS.items()
        if merchant.kind is Kind.CHILD
        for name, how in (("parent of P", Pick.CHILD_OF_IT), ("child of P on A", Pick.AS_IS))
    },
    ("direct", "direct of A"): Pick.AS_IS,
    ("direct, to a destination", "direct of A"): Pick.AS_IS,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_merchant_of_record_and_the_kind_that_counts(shape):
    assert merchant_of(SHAPES[shape]) == MERCHANTS[shape]


@pytest.mark.parametrize(("shape", "name"), list(itertools.product(SHAPES, IDS)))
def test_every_shape_with_every_kind_of_id(shape, name):
    kind, account, platform = IDS[name]
    expected = ALLOWED.get((shape, name), Pick.MISSING)

    assert pick(merchant_of(SHAPES[shape]), Named(kind, account, platform, active=True)) is expected


@pytest.mark.parametrize(("shape", "name"), list(itertools.product(SHAPES, IDS)))
def test_an_inactive_one_is_refused_as_such_only_where_it_could_be_named(shape, name):
    kind, account, platform = IDS[name]
    expected = Pick.INACTIVE if (shape, name) in ALLOWED else Pick.MISSING

    assert pick(merchant_of(SHAPES[shape]), Named(kind, account, platform, active=False)) is expected
