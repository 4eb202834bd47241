"""What an amount is made of, as laws: it adds up exactly if every part is counted once."""

from hypothesis import given
from hypothesis import strategies as st

from strongroom.domain.amount_details import Details, error_of

NUMBERS = st.integers(0, 10_000)
ITEMS = st.builds(
    lambda cost, many, tax, off: {
        "unit_cost": cost,
        "quantity": many,
        "tax": tax and {"total_tax_amount": tax},
        "discount_amount": off,
    },
    NUMBERS,
    st.integers(1, 20),
    st.none() | NUMBERS,
    st.none() | st.integers(1, 10),
)
DETAILS = st.builds(
    lambda items, off, shipping, tax: Details(
        tuple(items), off, shipping and {"amount": shipping}, tax and {"total_tax_amount": tax}
    ),
    st.lists(ITEMS, min_size=1, max_size=5),
    st.none() | st.integers(1, 10),
    st.none() | NUMBERS,
    st.none() | NUMBERS,
)


@given(DETAILS, st.integers(-3, 3))
def test_only_the_very_sum_adds_up(details, off_by):
    goods = sum(
        one["unit_cost"] * one["quantity"]
        + (one["tax"]["total_tax_amount"] if one["tax"] else 0)
        - (one["discount_amount"] or 0)
        for one in details.items
    )
    beside = (
        (details.shipping["amount"] if details.shipping else 0)
        + (details.tax["total_tax_amount"] if details.tax else 0)
        - (details.discount or 0)
    )
    error = error_of(details, goods + beside + off_by)
    if beside > goods + beside + off_by:
        assert error["code"] == "amount_details_tax_shipping_discount_greater_than_amount"
    else:
        assert (error is None) == (off_by == 0)


@given(NUMBERS, NUMBERS)
def test_without_items_the_rest_only_has_to_fit(shipping, amount):
    error = error_of(Details(shipping={"amount": shipping}), amount)
    assert (error is None) == (shipping <= amount)
