"""The sandbox's acquirer remembers in the database what it was asked: on both engines, across calls."""

import asyncio

from strongroom.connectors.base import Authorization, Instrument
from strongroom.domain.intent_machine import Verdict
from strongroom.resources.acquiring import as_document, as_question, put, put_again
from support.house import inside

__all__ = ["inside"]

ASKED = Authorization("ch_1", Instrument("card", "insufficient_funds", cvc_given=True), 1000, "usd")


def test_asked_at_once_under_one_reference_it_does_one_thing(inside):
    async def scene(within):
        calls = [await within.call() for _ in range(5)]
        outcomes = await asyncio.gather(*[put(call, ASKED) for call in calls])
        assert {(one.verdict, one.code) for one in outcomes} == {(Verdict.DECLINED, "insufficient_funds")}
        (kept,) = await within.house.store.scan("acquirer_records", 0, 10)
        assert (kept.id, kept.columns["kind"]) == ("ch_1", "authorize")

    inside(scene)


def test_asked_again_it_says_what_it_said(inside):
    async def scene(within):
        first = await put_again(await within.call(), ASKED)
        again = await put_again(await within.call(), as_question(as_document(ASKED)))
        assert again == first
        assert len(await within.house.store.scan("acquirer_records", 0, 10)) == 1

    inside(scene)
