"""A deleted customer leaves nothing behind, not even what was being added at the same moment."""

import pytest

from strongroom.resources import customer_tax_ids, customers, sources
from strongroom.resources.check import check

LEFT_BEHIND = ("payment_methods", "records", "tax_ids")


async def add_tax_id(call, customer):
    await customer_tax_ids.create(call, {"type": "us_ein", "value": "12-3456789"}, customer=customer)


async def add_card(call, customer):
    call.guard(await customers.load_living(call, customer, param="customer"))
    await sources.add(call, customer, "tok_visa", param="source")


async def add_bank(call, customer):
    call.guard(await customers.load_living(call, customer, param="customer"))
    await sources.add(call, customer, "btok_us_verified", param="source")


@pytest.mark.parametrize("add", [add_tax_id, add_card, add_bank])
@pytest.mark.parametrize("meanwhile", [False, True], ids=["before", "meanwhile"])
def test_what_a_customer_had_is_gone_with_it(in_house, add, meanwhile):
    """What is added meanwhile is committed between what the deletion read and what it commits."""

    async def scene(house, fresh):
        call = fresh()
        customer = (await customers.create(call, {}))["id"]
        await house.store.commit(call.writes)
        adding, deleting = fresh(), fresh()
        await add(adding, customer)
        if not meanwhile:
            await house.store.commit(adding.writes)
        await customers.delete(deleting, {}, customer=customer)
        if meanwhile:
            await house.store.commit(adding.writes)
        await house.store.commit(deleting.writes)
        for follow_up in deleting.follow_ups:
            again = fresh()
            await follow_up(again)
            await house.store.commit(again.writes)

        left = [row for table in LEFT_BEHIND for row in await house.store.scan(table, 0, 10)]
        assert left == []
        assert await check(house) == []

    in_house(scene)
