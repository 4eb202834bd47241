"""Operations in two halves: whoever finishes one, it is finished once; and an acquirer that is silent has not said no."""

import asyncio
from dataclasses import replace

import pytest

from strongroom import errors
from strongroom.connectors.base import UNKNOWN, Authorization, Instrument, Outcome
from strongroom.domain.intent_machine import Verdict
from strongroom.http import idempotency, phases
from strongroom.resources import acquiring, tasks
from strongroom.resources.check import check
from strongroom.workers.completer import complete_due
from support.halves import begun, rows, shown, types
from support.house import inside

__all__ = ["inside"]
CHARGE = {"amount": 1000, "currency": "usd", "source": "tok_visa"}
APPROVED = Outcome(Verdict.APPROVED)


class Silent:
    """An acquirer who says nothing until told to."""

    def __init__(self):
        self.says = UNKNOWN
        self.asked = []

    async def authorize(self, asked):
        self.asked.append(asked.reference)
        return self.says

    verify = capture = cancel = refund = increment = authorize

    async def look_up(self, reference):
        return self.says if reference in self.asked else None


@pytest.fixture
def silent(monkeypatch):
    acquirer = Silent()
    monkeypatch.setattr(acquiring, "acquirer_of", lambda call: acquirer)
    return acquirer


def test_request_and_completer_at_once_finish_it_once_and_answer_the_same(inside):
    async def scene(within):
        call, onward, claimed = await begun(within, "POST /v1/charges", CHARGE)
        (task,) = await rows(within, "tasks")
        own, other = await asyncio.gather(
            phases.go_on(within.house, call, onward, claimed), phases.complete(within.house, task)
        )
        assert own.answer.status == 200
        assert other is None or other.answer.body == own.answer.body
        assert len(await rows(within, "charges")) == len(await rows(within, "acquirer_records")) == 1
        assert await types(within) == ["charge.succeeded"]
        assert [one.columns["kind"] for one in await rows(within, "tasks")] == [
            "balance_transaction.available"
        ]
        assert await check(within.house) == []

    inside(scene)


def test_a_request_that_comes_too_late_gives_the_answer_that_was_kept(inside):
    async def scene(within):
        call, onward, claimed = await begun(within, "POST /v1/charges", CHARGE)
        (task,) = await rows(within, "tasks")
        finished = await phases.complete(within.house, task)
        late = await phases.go_on(within.house, call, onward, claimed)
        assert late.answer.body == finished.answer.body
        assert await phases.complete(within.house, task) is None

    inside(scene)


def test_the_completer_leaves_whoever_asks_a_little_time(inside):
    async def scene(within):
        await begun(within, "POST /v1/charges", CHARGE)
        assert await complete_due(within.house, phases.complete) == 0
        within.house.clock.advance(tasks.LEASE_SECONDS)
        assert await complete_due(within.house, phases.complete) == 1
        assert len(await rows(within, "charges")) == 1

    inside(scene)


def test_a_charge_nobody_has_answered_for_is_pending_until_somebody_does(inside, silent):
    async def scene(within):
        call, onward, claimed = await begun(within, "POST /v1/charges", CHARGE)
        charge = shown(await phases.go_on(within.house, call, onward, claimed))
        assert (charge["status"], charge["paid"], charge["balance_transaction"]) == ("pending", False, None)

        for _ in range(2):
            within.house.clock.advance(tasks.ASK_AGAIN_SECONDS)
            assert await complete_due(within.house, phases.complete) == 1
            assert await types(within) == ["charge.pending"]
        silent.says = APPROVED
        within.house.clock.advance(tasks.ASK_AGAIN_SECONDS)
        await complete_due(within.house, phases.complete)
        assert await types(within) == ["charge.pending", "charge.succeeded"]
        assert len(await rows(within, "balance_transactions")) == 1
        assert silent.asked == [charge["id"]]

    inside(scene)


def test_a_refund_nobody_has_answered_for_is_waited_for(inside, silent):
    async def scene(within):
        silent.says = APPROVED
        call, onward, claimed = await begun(within, "POST /v1/charges", CHARGE)
        charge = shown(await phases.go_on(within.house, call, onward, claimed))
        silent.says = UNKNOWN
        call, onward, claimed = await begun(within, "POST /v1/refunds", {"charge": charge["id"]})
        with pytest.raises(errors.NotAnsweredYet):
            await phases.go_on(within.house, call, onward, claimed)
        assert await rows(within, "refunds") == []
        with pytest.raises(errors.RateLimited):
            await begun(within, "POST /v1/refunds", {"charge": charge["id"]})

        within.house.clock.advance(tasks.LEASE_SECONDS)
        await complete_due(within.house, phases.complete)
        silent.says = APPROVED
        within.house.clock.advance(60)
        await complete_due(within.house, phases.complete)
        assert len(await rows(within, "refunds")) == 1
        kept = await idempotency.finished(await within.call(), claimed.row_id)
        assert kept.status == 200

    inside(scene)


def test_one_task_that_cannot_be_done_keeps_no_other_waiting(inside):
    async def scene(within):
        await begun(within, "POST /v1/charges", CHARGE)
        await begun(within, "POST /v1/charges", CHARGE)
        within.house.clock.advance(tasks.LEASE_SECONDS)
        first = (await rows(within, "tasks"))[0].id

        async def stumbling(house, row):
            if row.id == first:
                raise RuntimeError
            return await phases.complete(house, row)

        assert await complete_due(within.house, stumbling) == 2
        assert len(await rows(within, "charges")) == 1
        assert await complete_due(within.house, phases.complete) == 0
        within.house.clock.advance(60)
        assert await complete_due(within.house, phases.complete) == 1
        assert len(await rows(within, "charges")) == 2

    inside(scene)


def test_real_money_is_not_said_to_have_moved(inside):
    async def scene(within):
        call = await within.call()
        call.settings = replace(call.settings, sandbox=False)
        call.caller = replace(call.caller, livemode=True)
        asked = Authorization("ch_1", Instrument("card"), 1000, "usd")
        onward = tasks.Onward(asked, "charge.created", {})
        with pytest.raises(errors.NotImplementedHere):
            phases.stage(call, onward, idempotency.fresh_claim(call.keyring), [])
        assert call.writes.inserts == []

    inside(scene)
