"""Ids of objects that are there before anybody writes them."""

from hypothesis import given
from hypothesis import strategies as st

from strongroom import ids

parts = st.lists(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5), max_size=4
)


def test_the_same_parts_have_the_same_id_for_ever():
    assert ids.derived("pmc", "first", "acct_1", "False") == "pmc_1ZLIqu5HhcQeeaqDCA4XMbmq"


@given(parts, parts)
def test_other_parts_have_another_id_of_the_usual_form(some, others):
    one, other = ids.derived("pmc", *some), ids.derived("pmc", *others)

    assert (one == other) == (some == others)
    assert one.startswith("pmc_")
    assert len(one) == len(ids.new("pmc"))
