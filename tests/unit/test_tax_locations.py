"""Where a customer pays taxes: the first address that says enough."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.catalog.countries import country_table
from strongroom.catalog.reading import CatalogError
from strongroom.catalog.tax_locations import build, tax_location_needs
from strongroom.domain.tax_locations import locate

FRANCE, SPRINGFIELD = {"country": "FR"}, {"country": "US", "postal_code": "94107", "state": "CA"}

addresses = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "country": st.sampled_from(["US", "CA", "FR", "ZZ", "", None]),
        "postal_code": st.sampled_from(["94107", None]),
        "state": st.sampled_from(["CA", None]),
    },
)


@given(addresses, addresses, addresses)
def test_the_place_is_what_the_first_sufficient_address_says(shipping, billing, method):
    found = locate(shipping, billing, method)
    sufficient = [address for address in (shipping, billing, method) if locate(address, None, None)]
    assert (found is None) == (not sufficient)
    if found is not None:
        assert (found.country, found.state) == (sufficient[0]["country"], sufficient[0].get("state"))


def test_the_source_says_which_address_it_was():
    assert locate(FRANCE, SPRINGFIELD, None).source == "shipping_destination"
    assert locate({"country": "US"}, SPRINGFIELD, None).source == "billing_address"
    assert locate(None, {"country": "ZZ"}, FRANCE).source == "payment_method"


@pytest.mark.parametrize("damage", [{"ZZ": ["state"]}, {"US": []}, {"US": ["zip"]}])
def test_a_mistake_in_the_table_is_found_when_it_is_read(damage):
    assert build({"needs": {}}, country_table()) == {}
    with pytest.raises(CatalogError, match="tax_locations"):
        build({"needs": damage}, country_table())
    assert set(tax_location_needs()) == {"US", "CA"}
