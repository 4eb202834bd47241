"""What intents will do with PaymentMethods, on both engines: use them, verify them, save them, hold mandates of them."""

import re

import pytest

from strongroom import errors
from strongroom.contract import renderer
from strongroom.resources import attaching, mandates, payment_methods
from strongroom.resources.check import check
from strongroom.resources.payment_methods import PAYMENT_METHOD
from strongroom.secret import Secret
from strongroom.store import Rejected, WriteSet
from strongroom.workers.reaper import Reaper
from support.house import ACCOUNT, NOW, inside
from support.methods import JENNY

__all__ = ["inside"]
IBAN = "DE89370400440532013000"
CREATE, ATTACH = "POST /v1/payment_methods", "POST /v1/payment_methods/{payment_method}/attach"
DETACH, RETRIEVE = (
    "POST /v1/payment_methods/{payment_method}/detach",
    "GET /v1/payment_methods/{payment_method}",
)
MONTH = 30 * 24 * 3600
ONLINE = {"type": "online", "accepted_at": NOW, "online": {"ip_address": "127.0.0.1", "user_agent": "a"}}


def sepa(iban=IBAN):
    return {"type": "sepa_debit", "sepa_debit": {"iban": Secret(iban)}, "billing_details": JENNY}


def american(number="000123456789"):
    details = {"account_number": Secret(number), "routing_number": "110000000"}
    return {"type": "us_bank_account", "us_bank_account": details, "billing_details": JENNY}


NEEDED = {
    "sepa_debit": sepa(),
    "us_bank_account": american(),
    "acss_debit": {
        "acss_debit": {
            "account_number": Secret("000123456789"),
            "institution_number": "000",
            "transit_number": "11000",
        }
    },
    "au_becs_debit": {"au_becs_debit": {"account_number": Secret("000123456"), "bsb_number": "000000"}},
    "nz_bank_account": {
        "nz_bank_account": {
            "account_number": Secret("0068389"),
            "bank_code": "01",
            "branch_code": "0902",
            "suffix": "00",
        }
    },
    "boleto": {"boleto": {"tax_id": Secret("39053344705")}},
    "custom": {"custom": {"type": "cpmt_1"}},
    "fpx": {"fpx": {"bank": "cimb"}},
    "sofort": {"sofort": {"country": "DE"}},
    "payto": {"payto": {"pay_id": Secret("jenny@example.com")}},
    "card": {"card": {"number": Secret("4242424242424242"), "exp_month": "12", "exp_year": "2034"}},
}


async def consume(here, method_id, customer=None):
    async def work(call):
        method = await call.find(PAYMENT_METHOD, method_id)
        return payment_methods.consume(call, method, customer)

    return await here.do(work)


async def events(here):
    listed = await here.operate("GET /v1/events", {"limit": 100})
    return [(event["type"], event["data"]["object"]["id"]) for event in reversed(listed.items)]


def test_one_that_is_not_saved_can_be_used_once_and_is_shown_for_ever(inside):
    async def scene(here):
        method = await here.operate(CREATE, sepa())
        customer = await here.operate("POST /v1/customers")
        await consume(here, method["id"], customer["id"])

        for attempt in (consume(here, method["id"]), consume(here, method["id"], customer["id"])):
            with pytest.raises(
                errors.InvalidRequest, match="was previously used with a PaymentIntent without"
            ):
                await attempt
        for key, params, says in (
            (ATTACH, {"customer": customer["id"]}, "may not be used again"),
            (DETACH, {}, "detachment is impossible"),
            (
                "POST /v1/payment_methods/{payment_method}",
                {"metadata": {"a": "b"}},
                "save this PaymentMethod",
            ),
        ):
            with pytest.raises(errors.InvalidRequest, match=says):
                await here.operate(key, params, payment_method=method["id"])
        assert await here.operate(RETRIEVE, payment_method=method["id"]) == method
        assert [kind for kind, _ in await events(here)] == ["customer.created"]

    inside(scene)


def test_one_that_is_saved_can_be_used_many_times_by_its_customer_alone(inside):
    async def scene(here):
        method = await here.operate(CREATE, sepa())
        customer = await here.operate("POST /v1/customers")
        await here.operate(ATTACH, {"customer": customer["id"]}, payment_method=method["id"])
        for _ in range(2):
            used = await consume(here, method["id"], customer["id"])
            assert (used["state"], used["customer"]) == ("attached", customer["id"])
        with pytest.raises(errors.InvalidRequest, match="include the Customer"):
            await consume(here, method["id"])
        with pytest.raises(errors.InvalidRequest, match="can not be used with the Customer cus_other"):
            await consume(here, method["id"], "cus_other")
        await here.operate("DELETE /v1/customers/{customer}", customer=customer["id"])
        with pytest.raises(errors.InvalidRequest, match="was deleted"):
            await consume(here, method["id"], customer["id"])

    inside(scene)


def test_a_use_fails_if_the_payment_method_is_detached_or_used_meanwhile(inside):
    async def scene(here):
        customer = await here.operate("POST /v1/customers")
        saved, fresh = [(await here.operate(CREATE, sepa()))["id"] for _ in range(2)]
        await here.operate(ATTACH, {"customer": customer["id"]}, payment_method=saved)
        for method_id, meanwhile in (
            (saved, here.operate(DETACH, payment_method=saved)),
            (fresh, consume(here, fresh)),
        ):
            slow = await here.call()
            payment_methods.consume(slow, await slow.find(PAYMENT_METHOD, method_id), customer["id"])
            await meanwhile
            with pytest.raises(Rejected):
                await here.house.store.commit(slow.writes)

    inside(scene)


def test_the_number_of_a_used_one_is_erased_in_time(inside):
    async def scene(here):
        method = await here.operate(CREATE, sepa())
        await consume(here, method["id"])
        records = await here.house.store.scan("records", 0, 10)
        here.house.clock.advance(MONTH + 1)
        await Reaper(here.house).reap()

        assert len(records) == 1
        assert await here.house.store.scan("records", 0, 10) == []
        assert (await here.operate(RETRIEVE, payment_method=method["id"]))["sepa_debit"]["last4"] == "3000"

    inside(scene)


def test_a_bank_account_is_attached_once_it_was_verified(inside):
    async def scene(here):
        method = await here.operate(CREATE, american())
        customer = await here.operate("POST /v1/customers")
        with pytest.raises(errors.InvalidRequest, match="must be verified before"):
            await here.operate(ATTACH, {"customer": customer["id"]}, payment_method=method["id"])

        async def verify(call):
            return payment_methods.mark_verified(call, await call.find(PAYMENT_METHOD, method["id"]))

        await here.do(verify)
        attached = await here.operate(ATTACH, {"customer": customer["id"]}, payment_method=method["id"])
        assert attached["customer"] == customer["id"]
        update = {"us_bank_account": {"account_type": "savings", "account_holder_type": "company"}}
        key = "POST /v1/payment_methods/{payment_method}"
        updated = await here.operate(key, update, payment_method=method["id"])
        changed = {**method["us_bank_account"], **update["us_bank_account"]}
        assert updated["us_bank_account"] == changed
        with pytest.raises(errors.InvalidRequest) as refusal:
            await here.operate(key, {"card": {"exp_month": "1"}}, payment_method=method["id"])
        assert (refusal.value.code, refusal.value.param) == ("payment_method_invalid_parameter", "card")

    inside(scene)


def test_what_only_an_intent_saves_is_saved_by_one(inside):
    async def scene(here):
        customer = await here.operate("POST /v1/customers")
        cashapp, ideal = [(await here.operate(CREATE, {"type": kind}))["id"] for kind in ("cashapp", "ideal")]

        async def save(call, method_id):
            method = await call.find(PAYMENT_METHOD, method_id)
            return attaching.attach_to(call, method, customer["id"], through_intent=True)

        saved = await here.do(lambda call: save(call, cashapp))
        assert saved["customer"] == customer["id"]
        with pytest.raises(errors.InvalidRequest, match="type 'ideal' cannot be saved to customers"):
            await here.do(lambda call: save(call, ideal))

    inside(scene)


@pytest.mark.parametrize(
    ("data", "param"),
    [
        ({"sepa_debit": {"iban": "x"}}, "payment_method_data[type]"),
        ({"type": "sepa_debit"}, "payment_method_data[sepa_debit]"),
        (
            {"type": "sepa_debit", "sepa_debit": {"iban": Secret("x")}},
            "payment_method_data[sepa_debit][iban]",
        ),
        ({"type": "eps"}, "payment_method_data[billing_details][name]"),
        ({"type": "alipay", "eps": {}}, "payment_method_data[eps]"),
        ({"type": "card"}, "payment_method_data[card]"),
        ({"type": "card", "card": {"exp_month": "1"}}, "payment_method_data[card][number]"),
        ({"type": "card", "card": {"token": "t", "cvc": "1"}}, "payment_method_data[card][cvc]"),
        (
            {"type": "alipay", "billing_details": {"address": {"country": "XX"}}},
            "payment_method_data[billing_details][address][country]",
        ),
    ],
)
def test_what_is_wrong_inside_something_else_is_named_there(inside, data, param):
    async def scene(here):
        with pytest.raises(errors.InvalidRequest) as refusal:
            await here.do(lambda call: payment_methods.from_data(call, data, param="payment_method_data"))
        assert refusal.value.param == param
        assert (await here.operate("GET /v1/payment_methods")).items == []

    inside(scene)


def test_what_is_needed_to_pay_is_missed_when_it_is_paid(inside):
    async def scene(here):
        bare = {**sepa(), "billing_details": {"email": "jenny@example.com"}}
        method = await here.do(lambda call: payment_methods.from_data(call, bare))
        whole = await here.do(lambda call: payment_methods.from_data(call, sepa()))
        with pytest.raises(errors.ParameterRefused) as refusal:
            payment_methods.check_confirmable(method)
        assert refusal.value.param == "payment_method[billing_details][name]"
        payment_methods.check_confirmable(whole)

    inside(scene)


# -- mandates ---------------------------------------------------------------------------------------------------------


async def mandate_of(here, data, **more):
    async def work(call):
        method = await payment_methods.from_data(call, data)
        return mandates.make(call, method, ONLINE, **more)

    return await here.do(work)


def test_a_mandate_to_the_letter(inside):
    async def scene(here):
        made = await mandate_of(here, sepa())
        shown = renderer("mandate")(await here.operate("GET /v1/mandates/{mandate}", mandate=made.id))
        details = shown["payment_method_details"]["sepa_debit"]

        assert made.id.startswith("mandate_")
        assert re.fullmatch("[0-9A-Z]{16}", details["reference"])
        assert re.fullmatch(rf"http://.*/mandates/acct_\w+/test/{made.id}/[0-9A-Za-z]{{32}}", details["url"])
        assert shown == {
            "id": made.id,
            "object": "mandate",
            "customer_acceptance": ONLINE,
            "livemode": False,
            "multi_use": {},
            "payment_method": made["payment_method"],
            "payment_method_details": {
                "sepa_debit": {
                    "reference": details["reference"],
                    "url": details["url"],
                },
                "type": "sepa_debit",
            },
            "status": "active",
            "type": "multi_use",
        }
        with pytest.raises(errors.InvalidRequest) as refusal:
            await here.operate("GET /v1/mandates/{mandate}", mandate="mandate_nope")
        assert (refusal.value.http_status, refusal.value.code) == (404, "resource_missing")

    inside(scene)


def test_every_type_with_mandates_has_one_the_api_can_show(inside):
    async def scene(here):
        for page in payment_methods.PAGES.values():
            data = {"type": page.type, "billing_details": JENNY, **NEEDED.get(page.type, {})}
            if page.save.mandate:
                made = await mandate_of(here, data)
                assert renderer("mandate")(mandates.view(made))["payment_method_details"]["type"] == page.type
            else:
                with pytest.raises(errors.ApiError):
                    await mandate_of(here, data)

    inside(scene)


def test_check_follows_a_mandate_to_its_payment_method(inside):
    async def scene(here):
        made = await mandate_of(here, sepa())
        assert await check(here.house) == []
        [method] = await here.house.store.scan("payment_methods", 0, 10)
        [record] = await here.house.store.scan("records", 0, 10)
        await here.house.store.commit(WriteSet(deletes=[method, record]))
        faults = await check(here.house)
        assert [fault for fault in faults if made.id in fault] == [
            f"mandates {made.id} of {ACCOUNT} (test) is of a PaymentMethod that does not exist"
        ]

    inside(scene)


def test_check_finds_nothing_wrong_with_any_type(inside):
    async def scene(here):
        for page in payment_methods.PAGES.values():
            data = {"type": page.type, "billing_details": JENNY, **NEEDED.get(page.type, {})}
            await here.operate(CREATE, data)
        assert await check(here.house) == []
        assert len(await here.house.store.scan("payment_methods", 0, 100)) == 57

    inside(scene)


def test_a_test_account_can_refuse_its_mandate_and_a_mandate_can_end(inside):
    async def scene(here):
        def british(number):
            return {
                "type": "bacs_debit",
                "bacs_debit": {"account_number": Secret(number), "sort_code": "108800"},
            }

        refused = await mandate_of(here, british("00033333"))
        good = await mandate_of(here, british("00012345"), single_use={"amount": 100, "currency": "gbp"})
        shown = [renderer("mandate")(mandates.view(one)) for one in (refused, good)]
        network = [one["payment_method_details"]["bacs_debit"]["network_status"] for one in shown]
        assert [one["status"] for one in shown] == ["inactive", "pending"]
        assert network == ["refused", "pending"]
        assert shown[1]["single_use"] == {"amount": 100, "currency": "gbp"}

        async def end(call):
            stored = await call.find(mandates.MANDATE, good.id)
            return mandates.set_status(call, stored, mandates.INACTIVE)

        await here.do(end)
        await here.do(end)
        assert await events(here) == [("mandate.updated", good.id)]
        told = (await here.operate("GET /v1/events", {})).items[0]["data"]["previous_attributes"]
        assert told == {
            "payment_method_details": {"bacs_debit": {"network_status": "pending"}},
            "status": "pending",
        }

    inside(scene)
