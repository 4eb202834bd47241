"""What accounts and persons do with a document's id: it is found, it fits, or the refusal names the parameter."""

import asyncio

import pytest

from strongroom import errors
from strongroom.catalog import file_tables
from strongroom.clock import ManualClock
from strongroom.config import Settings
from strongroom.house import open_house
from strongroom.resources import registry
from strongroom.resources.call import Call, Origin
from strongroom.resources.caller import Caller, KeyKind
from strongroom.resources.files import create, outcome_of, take_document, view
from strongroom.resources.uploaded import UploadedFile
from strongroom.secret import Secret
from strongroom.store import Rejected
from support.documents import png

NOW = 1_800_000_000
DAY = 24 * 3600
PARAM = "verification[document][front]"
PURPOSES = ("identity_document", "additional_verification")
MAGIC = sorted(file_tables().magic)


class Desk:
    """Makes calls of one account, in either mode."""

    def __init__(self, house):
        self.house = house

    async def call(self, *, livemode=False, account="acct_1"):
        caller = Caller(account, livemode, KeyKind.SECRET, account, "sk_…")
        keyring = await self.house.keyring(account, livemode)
        return Call(self.house, caller, Origin("req_1", None, None, "/v1/accounts"), keyring)

    async def commit(self, call):
        await self.house.store.commit(call.writes)

    async def uploaded(self, purpose="identity_document", **whose):
        """Upload a picture and return its id."""
        call = await self.call(**whose)
        file = UploadedFile(Secret(png()), len(png()), "", "a.png", None)
        shown = await create(call, {"file": file, "purpose": purpose})
        await self.commit(call)
        return shown["id"]


@pytest.fixture
def play(engine, database_for, tmp_path):
    def run(story):
        async def opened():
            registry.load()
            settings = Settings(tmp_path / "data", database_for(engine), sandbox=True)
            house = await open_house(settings, ManualClock(NOW))
            try:
                await story(Desk(house))
            finally:
                await house.close()

        asyncio.run(opened())

    return run


async def refusal_of(call, file_id, purposes=PURPOSES):
    with pytest.raises(errors.InvalidRequest) as caught:
        await take_document(call, file_id, purposes=purposes, param=PARAM)
    error = caught.value
    return error.http_status, error.code, error.param, error.message


def test_an_uploaded_document_is_taken_for_its_purpose_alone(play):
    async def story(desk):
        file_id = await desk.uploaded()
        taken = await take_document(await desk.call(), file_id, purposes=PURPOSES, param=PARAM)
        assert (taken.id, outcome_of(taken), view(taken)["type"]) == (file_id, None, "png")

        logo = await desk.uploaded("business_logo")
        assert await refusal_of(await desk.call(), logo) == (
            400,
            None,
            PARAM,
            (
                f"The file '{logo}' was uploaded with the purpose business_logo; here it has to be identity_document "
                "or additional_verification."
            ),
        )

    play(story)


def test_a_document_that_is_not_there_is_missing_and_the_parameter_is_named(play):
    async def story(desk):
        foreign, live = await desk.uploaded(account="acct_2"), await desk.uploaded(livemode=True)
        for file_id, hint in (
            ("file_nope", ""),
            (foreign, ""),
            (live, "; a similar object exists in live mode"),
        ):
            status, code, param, message = await refusal_of(await desk.call(), file_id)
            assert (status, code, param) == (400, "resource_missing", PARAM)
            assert message.startswith(f"No such file upload: '{file_id}'{hint}")
        assert (await refusal_of(await desk.call(), ""))[:3] == (400, "parameter_invalid_empty", PARAM)

    play(story)


def test_a_document_past_its_time_is_missing(play):
    async def story(desk):
        file_id = await desk.uploaded("dispute_evidence")
        desk.house.clock.advance(270 * DAY)
        assert (await refusal_of(await desk.call(), file_id, ("dispute_evidence",)))[1] == "resource_missing"

    play(story)


@pytest.mark.parametrize("name", MAGIC)
def test_a_magic_document_becomes_a_file_of_its_own_each_time(play, name):
    async def story(desk):
        made = []
        for _ in range(2):
            call = await desk.call()
            file = await take_document(call, name, purposes=PURPOSES, param=PARAM)
            await desk.commit(call)
            made.append(file)
        found = [
            await take_document(await desk.call(), one.id, purposes=PURPOSES, param=PARAM) for one in made
        ]

        assert len({one.id for one in made} | {name}) == 3
        assert [outcome_of(one) for one in found] == [file_tables().magic[name].outcome] * 2
        assert [view(one)["purpose"] for one in found] == ["identity_document"] * 2
        assert name.rpartition("document_")[2] == outcome_of(found[0])

    play(story)


def test_a_magic_document_keeps_its_own_purpose_where_that_is_asked_for(play):
    async def story(desk):
        call = await desk.call()
        file = await take_document(
            call,
            "file_relationship_document_invalid",
            purposes=("pci_document", "account_requirement"),
            param=PARAM,
        )
        assert view(file)["purpose"] == "account_requirement"

    play(story)


def test_a_magic_name_means_nothing_in_live_mode(play):
    async def story(desk):
        for name in MAGIC:
            assert (await refusal_of(await desk.call(livemode=True), name))[1] == "resource_missing"

    play(story)


def test_a_document_that_goes_meanwhile_takes_what_needs_it_with_it(play):
    """It was there when it was read; the commit finds out that it no longer is."""

    async def story(desk):
        file_id = await desk.uploaded()
        call = await desk.call()
        taken = await take_document(call, file_id, purposes=PURPOSES, param=PARAM)
        await take_document(call, "file_identity_document_success", purposes=PURPOSES, param=PARAM)
        other = await desk.call()
        other.delete(taken)
        await desk.commit(other)
        with pytest.raises(Rejected):
            await desk.commit(call)

    play(story)
