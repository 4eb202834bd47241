"""What the API leaves behind is erased in time, and `check` finds what should not be there: on both engines.

The house is opened in this process, so that its clock can be moved; requests go straight into the application.
"""

import apsw
import asyncpg
import pytest

from strongroom.store import Row, WriteSet
from support.data import VISA
from support.scene import NOW, name_of, play

__all__ = ["play"]

DAY = 24 * 3600
MONTH = 30 * DAY

UNSAID = {
    "address": dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state")),
    **dict.fromkeys(("email", "name", "phone", "tax_id")),
}


# -- reaping ------------------------------------------------------------------------------------------------------------


def test_a_detached_card_can_be_looked_at_long_after_its_number_is_gone(play):
    async def story(scene):
        customer, card = await scene.saved_card()
        await scene.post(f"/v1/payment_methods/{card}/detach")
        shown = await scene.call("GET", f"/v1/payment_methods/{card}")
        scene.house.clock.advance(MONTH - 1)
        await scene.reaper.reap()
        assert len(await scene.rows("records")) == 1
        scene.house.clock.advance(1)
        await scene.reaper.reap()
        assert await scene.rows("records") == []
        assert await scene.call("GET", f"/v1/payment_methods/{card}") == shown
        assert (shown["customer"], shown["card"]["last4"]) == (None, "4242")
        assert await scene.faults() == []
        assert (await scene.call("GET", f"/v1/customers/{customer}"))["id"] == customer

    play(story)


def test_an_attached_card_keeps_its_number_however_old_it_and_its_token_are(play):
    async def story(scene):
        token = await scene.post("/v1/tokens", {"card": VISA})
        customer = await scene.post("/v1/customers", {"source": token["id"]})
        _, other = await scene.saved_card()
        scene.house.clock.advance(10 * MONTH)
        await scene.reaper.reap()
        assert await scene.rows("tokens") == []
        assert len(await scene.rows("records")) == 2
        assert await scene.faults() == []
        assert (await scene.call("GET", f"/v1/payment_methods/{other}"))["id"] == other
        assert (await scene.call("GET", f"/v1/customers/{customer['id']}"))["default_source"]

    play(story)


def test_a_token_nobody_spends_is_gone_with_its_number_after_a_day(play):
    async def story(scene):
        await scene.post("/v1/tokens", {"card": VISA})
        await scene.post("/v1/tokens", {"pii": {"id_number": "000000000"}})
        assert len(await scene.rows("records")) == 2
        scene.house.clock.advance(DAY - 1)
        assert await scene.reaper.reap() == 0
        scene.house.clock.advance(1)
        assert await scene.reaper.reap() == 2
        assert await scene.rows("tokens") == await scene.rows("records") == []

    play(story)


def test_a_confirmation_token_nobody_uses_is_gone_with_its_number_after_twelve_hours(play):
    async def story(scene):
        data = {"payment_method_data": {"type": "card", "card": VISA}}
        unused = (await scene.post("/v1/confirmation_tokens", data))["id"]
        used = (await scene.post("/v1/confirmation_tokens", data))["id"]
        beside = (await scene.post("/v1/confirmation_tokens", data))["id"]
        paid = {"amount": 2000, "currency": "usd", "payment_method_types[0]": "card", "confirm": "true"}
        await scene.post("/v1/payment_intents", {**paid, "confirmation_token": used})
        await scene.post(
            "/v1/payment_intents", {**paid, "confirmation_token": beside, "payment_method": "pm_card_visa"}
        )
        # The unused token's; the one that became a PaymentMethod's; the magic card's. What another took the place of is gone.
        assert len(await scene.rows("records")) == 3
        assert await scene.faults() == []
        scene.house.clock.advance(DAY // 2 - 1)
        assert (await scene.call("GET", f"/v1/confirmation_tokens/{unused}"))["payment_intent"] is None
        scene.house.clock.advance(1)
        missing = await scene.call("GET", f"/v1/confirmation_tokens/{unused}", status=404)
        assert missing["error"]["code"] == "resource_missing"
        refused = await scene.call(
            "POST", "/v1/payment_intents", {**paid, "confirmation_token": unused}, status=400
        )
        assert refused["error"]["code"] == "resource_missing"
        await scene.reaper.reap()
        assert {row.id for row in await scene.rows("confirmation_tokens")} == {used, beside}
        assert len(await scene.rows("records")) == 2
        scene.house.clock.advance(MONTH)
        await scene.reaper.reap()
        assert await scene.rows("confirmation_tokens") == []
        assert await scene.faults() == []

    play(story)


def test_an_ephemeral_key_ends_after_an_hour_and_is_forgotten_after_a_day(play):
    async def story(scene):
        customer = (await scene.post("/v1/customers"))["id"]
        made = await scene.call(
            "POST", "/v1/ephemeral_keys", {"customer": customer}, headers={"stripe-version": "2024-06-20"}
        )
        path, key = f"/v1/customers/{customer}", made["secret"]
        scene.house.clock.advance(3599)
        assert (await scene.call("GET", path, key=key))["id"] == customer
        scene.house.clock.advance(1)
        ended = await scene.call("GET", path, key=key, status=401)
        assert ended["error"]["code"] == "api_key_expired"
        scene.house.clock.advance(DAY - 3601)
        await scene.reaper.reap()
        assert (await scene.call("GET", path, key=key, status=401))["error"]["code"] == "api_key_expired"
        scene.house.clock.advance(1)
        await scene.reaper.reap()
        assert "code" not in (await scene.call("GET", path, key=key, status=401))["error"]
        assert await scene.rows("ephemeral_keys") == []

    play(story)


def test_deleting_a_customer_clears_whose_cards_they_were(play):
    async def story(scene):
        customer, card = await scene.saved_card()
        before = await scene.call("GET", f"/v1/payment_methods/{card}")
        assert before["billing_details"]["address"]["line1"] == "1 Main St"
        await scene.call("DELETE", f"/v1/customers/{customer}")
        after = await scene.call("GET", f"/v1/payment_methods/{card}")
        assert after == {**before, "billing_details": UNSAID}
        assert await scene.rows("records") == []
        assert await scene.faults() == []

    play(story)


def test_rows_that_are_due_are_found_by_an_indexed_column_across_accounts_lowest_first(play):
    async def story(scene):
        columns = {"created": 1, "object": "card", "type": "card", "state": "detached"}
        rows = [
            Row("payment_methods", account, livemode, f"pm_{due}", 0, 0, {**columns, "detached_at": due}, b"")
            for account, livemode, due in [("a", True, 30), ("a", False, 10), ("b", True, 20), ("b", False, None)]
        ]  # fmt: skip
        store = scene.house.store
        await store.commit(WriteSet(inserts=rows))

        async def due(until, limit=9):
            return [row.id for row in await store.scan_due("payment_methods", "detached_at", until, limit)]

        assert await due(9) == []
        assert await due(20) == ["pm_10", "pm_20"]
        assert await due(2**40) == ["pm_10", "pm_20", "pm_30"]
        assert await due(2**40, 1) == ["pm_10"]
        for table, column in [("payment_methods", "created"), ("tokens", "used_at"), ("nothing", "created")]:
            with pytest.raises(ValueError, match=r"nothing"):
                await store.scan_due(table, column, 1, 1)

    play(story)


# -- check --------------------------------------------------------------------------------------------------------------


def test_a_house_in_use_has_no_faults(play):
    async def story(scene):
        for _ in range(2):
            customer, card = await scene.saved_card()
            _, detached = await scene.saved_card()
            await scene.post(f"/v1/payment_methods/{detached}/detach")
            token = await scene.post("/v1/tokens", {"card": VISA})
            await scene.post("/v1/payment_methods", {"type": "card", "card": {"token": token["id"]}})
            await scene.post("/v1/tokens", {"card": VISA})
            await scene.call("DELETE", f"/v1/customers/{customer}")
            await scene.post(f"/v1/payment_methods/{card}/detach")
            assert await scene.faults() == []
            scene.house.clock.advance(10 * MONTH)
            assert await scene.faults() == []
            await scene.reaper.reap()
            assert await scene.faults() == []

    play(story)


def test_check_reports_a_card_attached_to_a_deleted_customer(play):
    async def story(scene):
        await scene.saved_card()
        await scene.change(await scene.row("customers"), deleted_at=NOW)
        fault = f"{name_of(await scene.row('payment_methods'))} is attached to a deleted customer"
        assert await scene.faults() == [fault]
        await scene.reaper.reap()
        assert await scene.faults() == [fault]

    play(story)


def test_check_reports_a_customer_who_does_not_exist(play):
    async def story(scene):
        await scene.saved_card()
        await scene.remove(await scene.row("customers"))
        holder = name_of(await scene.row("payment_methods"))
        assert await scene.faults() == [f"{holder} refers to a customer that does not exist"]

    play(story)


def test_check_reports_a_value_that_nothing_refers_to_once_no_token_can_be_its_owner(play):
    async def story(scene):
        await scene.saved_card()
        await scene.remove(await scene.row("payment_methods"))
        scene.house.clock.advance(DAY - 1)
        assert await scene.faults() == []
        scene.house.clock.advance(1)
        stray = name_of(await scene.row("records"))
        assert await scene.faults() == [f"{stray} is a vaulted value that nothing refers to"]

    play(story)


def test_a_used_token_does_not_answer_for_a_value(play):
    async def story(scene):
        token = await scene.post("/v1/tokens", {"card": VISA})
        await scene.post("/v1/payment_methods", {"type": "card", "card": {"token": token["id"]}})
        scene.house.clock.advance(DAY)
        assert await scene.faults() == []
        await scene.remove(await scene.row("payment_methods"))
        stray = name_of(await scene.row("records"))
        assert await scene.faults() == [f"{stray} is a vaulted value that nothing refers to"]

    play(story)


def test_check_reports_a_value_that_is_gone(play):
    async def story(scene):
        await scene.saved_card()
        await scene.remove(await scene.row("records"))
        holder = name_of(await scene.row("payment_methods"))
        assert await scene.faults() == [f"{holder} refers to a vaulted value that is gone"]

    play(story)


@pytest.mark.parametrize("table", ["customers", "payment_methods", "records"])
def test_check_reports_what_does_not_open(play, table):
    async def story(scene):
        await scene.saved_card()
        row = await scene.row(table)
        await scene.change(row, doc=row.doc[:-1] + bytes([row.doc[-1] ^ 1]))
        assert await scene.faults() == [f"{name_of(row)} does not open"]

    play(story)


def test_check_reports_an_account_without_keys_once_and_makes_it_none(play):
    async def story(scene):
        await scene.saved_card()
        account = (await scene.row("customers")).account
        await forget_keys(scene.house, account)
        assert await scene.faults() == [f"the keys of {account} (test) are gone or damaged"]
        assert await scene.house.key_store.account_keys(account, False) == []

    play(story)


def test_a_shredded_account_is_no_fault(play):
    async def story(scene):
        await scene.saved_card()
        await scene.house.vault.shred((await scene.row("customers")).account, livemode=False)
        assert await scene.faults() == []

    play(story)


def test_what_a_request_changes_while_check_runs_is_no_fault(play):
    """The card loses its customer and its number between being read and being followed."""

    async def story(scene):
        customer, _ = await scene.saved_card()
        stale = await scene.row("payment_methods")
        await scene.call("DELETE", f"/v1/customers/{customer}")
        scene.house.store = Stale(scene.house.store, stale)
        assert await scene.faults() == []

    play(story)


def test_a_value_that_moves_while_check_runs_is_seen_on_one_side(play):
    """A token is spent in its last second; the request is still under way when the second is over and `check` starts."""

    async def story(scene):
        token = await scene.post("/v1/tokens", {"card": VISA})
        clock = scene.house.clock

        async def spend():
            clock.advance(-1)
            await scene.post("/v1/payment_methods", {"type": "card", "card": {"token": token["id"]}})
            clock.advance(1)

        clock.advance(DAY)
        between = scene.house.store = Between(scene.house.store, {"tokens", "payment_methods"}, spend)
        assert await scene.faults() == []
        assert between.happened
        assert (await scene.row("tokens")).columns["used_at"] == NOW + DAY - 1
        assert len(await scene.rows("payment_methods")) == 1

    play(story)


class Between:
    """The store, with something that happens once the first of two tables has been read and not yet the second."""

    def __init__(self, store, tables, happening):
        self._store = store
        self._unread = set(tables)
        self._happening = happening
        self.happened = False

    def __getattr__(self, name):
        return getattr(self._store, name)

    async def scan(self, table, after, limit):
        if self._unread == {table} and not self.happened:
            self.happened = True
            await self._happening()
        self._unread.discard(table)
        return await self._store.scan(table, after, limit)


class Stale:
    """The store as a scan sees it that read one row before it was changed."""

    def __init__(self, store, row):
        self._store = store
        self._row = row

    def __getattr__(self, name):
        return getattr(self._store, name)

    async def scan(self, table, after, limit):
        rows = await self._store.scan(table, after, limit)
        return [self._row if (row.table, row.id) == (self._row.table, self._row.id) else row for row in rows]


async def forget_keys(house, account):
    """Lose an account's keys, as restoring an older key store does."""
    settings = house.settings
    if settings.is_sqlite:
        connection = apsw.Connection(str(settings.data_dir / "keys.db"))
        connection.execute("DELETE FROM keys WHERE owner = ?", (account,))
        connection.close()
    else:
        connection = await asyncpg.connect(settings.database)
        await connection.execute("DELETE FROM strongroom_keys.keys WHERE owner = $1", account)
        await connection.close()
    house.vault.forget(account, livemode=False)
