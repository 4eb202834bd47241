"""How much a customer can hold, and who can not be one here."""

import asyncio

import pytest

from strongroom import limits
from strongroom.config import Settings
from strongroom.errors import InvalidRequest
from strongroom.house import open_house
from strongroom.resources import attaching, customers, payment_methods, registry
from strongroom.resources.call import Call, Origin
from strongroom.resources.caller import Caller, KeyKind
from strongroom.store import Rejected
from support.data import VISA, refused


@pytest.fixture
def small_house(engine, database_for, tmp_path):
    """A house whose customers may have three PaymentMethods; the scene is given it and what makes a call."""

    async def opened(scene):
        registry.load()
        where = database_for(engine)
        settings = Settings(tmp_path / "data", where, sandbox=True, customer_payment_methods_max=3)
        house = await open_house(settings)
        try:
            caller = Caller("acct_1", False, KeyKind.SECRET, "acct_1", "sk_test_*")
            keyring = await house.keyring("acct_1", False)
            origin = Origin("req_1", None, None, "/v1/payment_methods")
            await scene(house, lambda: Call(house, caller, origin, keyring))
        finally:
            await house.close()

    return lambda scene: asyncio.run(opened(scene))


async def done(house, call, work):
    result = await work
    await house.store.commit(call.writes)
    call.committed()
    return result


async def attach(call, customer, method="pm_card_visa"):
    return await attaching.attach(call, {"customer": customer}, payment_method=method)


def test_a_customer_that_is_full_takes_no_more_until_one_is_detached(small_house):
    async def scene(house, fresh):
        customer = (await done(house, call := fresh(), customers.create(call, {})))["id"]
        first, *_ = [await done(house, call := fresh(), attach(call, customer)) for _ in range(3)]
        with pytest.raises(InvalidRequest, match="maximum number of PaymentMethods") as refusal:
            await attach(fresh(), customer)
        assert (refusal.value.http_status, refusal.value.code) == (400, "customer_max_payment_methods")
        again = await attach(fresh(), customer, first["id"])
        assert again["customer"] == customer

        await done(house, call := fresh(), attaching.detach(call, {}, payment_method=first["id"]))
        await done(house, call := fresh(), attach(call, customer))

    small_house(scene)


def test_of_two_who_take_the_last_place_at_once_one_gets_it(small_house):
    async def scene(house, fresh):
        customer = (await done(house, call := fresh(), customers.create(call, {})))["id"]
        for _ in range(2):
            await done(house, call := fresh(), attach(call, customer))
        one, other = fresh(), fresh()
        await attach(one, customer)
        await attach(other, customer)
        await house.store.commit(one.writes)
        with pytest.raises(Rejected):
            await house.store.commit(other.writes)

    small_house(scene)


def test_far_from_the_limit_those_who_attach_do_not_wait_for_each_other(in_house):
    async def scene(house, fresh):
        customer = (await done(house, call := fresh(), customers.create(call, {})))["id"]
        # A fingerprint is made once, and those who make it at once do wait for each other.
        await done(house, call := fresh(), attach(call, customer))
        calls = [fresh() for _ in range(8)]
        for call in calls:
            await attach(call, customer)
        for call in calls:
            await house.store.commit(call.writes)
        listed = await payment_methods.list_of_customer(fresh(), {}, customer=customer)
        assert len(listed.items) == 9 < limits.CUSTOMER_PAYMENT_METHODS_MAX - limits.ATTACHED_AT_ONCE

    in_house(scene)


# -- customers of another kind ------------------------------------------------------------------------------------------


def test_no_account_of_the_newer_api_is_a_customer_here(stripe):
    missing = {"code": "resource_missing", "param": "customer_account"}
    method = stripe.payment_methods.create({"type": "card", "card": VISA})
    with refused(**missing):
        stripe.payment_methods.list({"customer_account": "acct_x"})
    with refused(status=404, **missing):
        stripe.payment_methods.attach(method.id, {"customer_account": "acct_x"})
    with refused(code="parameter_invalid_empty", param="customer_account"):
        stripe.payment_methods.attach(method.id, {"customer_account": ""})
    both = {"customer": "cus_x", "customer_account": "acct_x"}
    for attempt in (
        stripe.payment_methods.list,
        lambda params: stripe.payment_methods.attach(method.id, params),
    ):
        with refused(code="parameters_exclusive", param="customer_account"):
            attempt(both)
    assert stripe.payment_methods.retrieve(method.id).customer is None
