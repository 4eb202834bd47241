"""What an operation holds in its hands: who calls, what time it is, what it may read, and the write set it leaves.

An operation reads through its call and decides; it writes no SQL and sees no ciphertext. Documents are opened on the
way in and sealed on the way out, each bound to its account, mode, table and id.
"""

import copy
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import msgspec

from strongroom import errors, ids, limits
from strongroom.contract import contract, renderer
from strongroom.house import House
from strongroom.resources.caller import Caller
from strongroom.resources.kind import Document, Kind, Listing, Stored
from strongroom.secret import Secret
from strongroom.store import Filter, Operator, Row, WriteSet
from strongroom.vault import Keyring, NewKeyring, SealBroken, SealedRecord

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode

EVENTS = "events"
RECORDS = "records"
TOKENS = "tokens"


class Origin(msgspec.Struct, frozen=True):
    """Where a request came from, for the fields that say so."""

    request_id: str | None
    """None: no request caused this."""
    idempotency_key: str | None
    client_ip: str | None
    path: str
    user_agent: str | None = None
    api_version: str | None = None
    """The `Stripe-Version` asked for; None: ours."""


FollowUp = Callable[["Call"], Awaitable[None]]


class Call:
    """One request's view of the house. A rejected commit starts over with a fresh one."""

    __slots__ = (
        "_codes_handed_over",
        "_codes_held",
        "_codes_used",
        "_moves_clock_to",
        "_new_keyrings",
        "_staged",
        "ahead",
        "caller",
        "clocks",
        "follow_ups",
        "keyring",
        "now",
        "origin",
        "settings",
        "store",
        "vault",
        "writes",
    )

    def __init__(
        self, house: House, caller: Caller, origin: Origin, keyring: Keyring, *, due_at: int | None = None
    ) -> None:
        """Begin.

        Args:
            house: everything that outlives the call.
            caller: who calls.
            origin: where it came from.
            keyring: the account's keys.
            due_at: when this was to be done, in the machine's time; None: now. It only counts where the account's clock was
                moved past it.
        """
        self.caller = caller
        self.origin = origin
        self.clocks = house.clocks
        self.ahead = house.clocks.ahead(caller.key_account, livemode=caller.livemode)
        self.now = house.clock.now() + self.ahead
        if due_at is not None and self.ahead:
            self.now = min(self.now, due_at + self.ahead)
        self.settings = house.settings
        self.store = house.store
        self.vault = house.vault
        self.keyring = keyring
        self.writes = WriteSet()
        self.follow_ups: list[FollowUp] = []
        self._staged: dict[tuple[str, str], Stored] = {}
        self._codes_held: dict[str, Secret[str]] = {}
        self._codes_handed_over: dict[str, str] = {}
        self._codes_used: list[str] = []
        self._moves_clock_to: int | None = None
        self._new_keyrings: list[NewKeyring] = []

    async def on_account(self, account: str, *, make: bool = False) -> "Call":
        """Return a call that acts on a connected account and leaves its writes in this one.

        Args:
            account: the connected account; whether the caller may act on it is decided by who calls this.
            make: whether the account is a new one, whose keys come to be with this call's commit.
        """
        acting = copy.copy(self)
        livemode = self.caller.livemode
        acting.caller = self.caller.acting_on(account)
        if make:
            self._new_keyrings.append(self.vault.new_keyring(account, livemode))
        acting.keyring = self.vault.cached_keyring(account, livemode) or await self.vault.keyring(
            account, livemode, make=self.settings.sandbox
        )
        return acting

    async def keep_keyrings(self) -> None:
        """Make the keys of new accounts durable: to be done before what they have sealed is committed."""
        for new in self._new_keyrings:
            await self.vault.keep(new)

    async def abandon_keyrings(self) -> None:
        """Take the keys of new accounts back: what they have sealed was not committed."""
        for new in self._new_keyrings:
            await self.vault.abandon(new)

    # -- time ---------------------------------------------------------------------------------------------------

    def due_in(self, seconds: int) -> int:
        """Return the time in `seconds` as a column says it by which due rows are found: in the machine's time."""
        return self.now - self.ahead + seconds

    def move_clock(self, ahead: int) -> None:
        """Have the account's clock be `ahead` seconds ahead of the machine's once this call is committed."""
        self._moves_clock_to = ahead

    @property
    def moves_clock(self) -> bool:
        """Whether what is due has to be done before the answer."""
        return self._moves_clock_to is not None

    # -- reading ------------------------------------------------------------------------------------------------

    async def find(self, kind: Kind, object_id: str) -> Stored | None:
        """Return the object as this call would leave it, or None if it is not the caller's."""
        staged = self._staged.get((kind.table, object_id))
        if staged is not None:
            return staged
        row = await self.store.get(kind.table, self.caller.account, self.caller.livemode, object_id)
        return None if row is None else self.open(row)

    async def find_many(self, kind: Kind, object_ids: set[str]) -> dict[str, Stored]:
        """Return those of the objects that are the caller's, by id, as this call would leave them."""
        staged = {
            one: self._staged[kind.table, one] for one in object_ids if (kind.table, one) in self._staged
        }
        wanted = [one for one in object_ids if one not in staged]
        rows = await self.store.get_many(kind.table, self.caller.account, self.caller.livemode, wanted)
        return {**staged, **{one: self.open(row) for one, row in rows.items()}}

    async def load(self, kind: Kind, object_id: str, *, param: str, in_path: bool = False) -> Stored:
        """Return the object, or raise Stripe's `resource_missing`; an empty id is no id."""
        if not object_id:
            raise errors.parameter_empty(param)
        stored = await self.find(kind, object_id)
        if stored is None:
            raise await self.missing(kind, object_id, param=param, in_path=in_path)
        return stored

    async def missing(
        self, kind: Kind, object_id: str, *, param: str, in_path: bool = False
    ) -> errors.InvalidRequest:
        """Return the `resource_missing` for an id; it says so if the caller's own other mode has such an object."""
        other = await self.store.get(kind.table, self.caller.account, not self.caller.livemode, object_id)
        hint = "" if other is None else _OTHER_MODE[self.caller.livemode]
        return errors.resource_missing(kind.noun, object_id, param=param, in_path=in_path, hint=hint)

    async def page(
        self, kind: Kind, params: Document, filters: Sequence[Filter] = ()
    ) -> tuple[list[Stored], bool]:
        """Return a page of objects, newest first, and whether more follow in the direction of travel.

        Reads `limit`, `starting_after`, `ending_before` and `created` from `params`.
        """
        after, before = (
            await self._cursor(kind, params, "starting_after"),
            await self._cursor(kind, params, "ending_before"),
        )
        if after is not None and before is not None:
            raise errors.ParameterRefused(
                "Received both starting_after and ending_before parameters. Please pass in only one."
            )
        page = await self.store.page(
            kind.table,
            self.caller.account,
            self.caller.livemode,
            filters=[*filters, *_created(params.get("created"))],
            after=after,
            before=before,
            limit=params.get("limit", limits.PAGE_SIZE_DEFAULT),
        )
        return [stored for row in page.rows if (stored := self._opened(row))], page.has_more

    async def listing(self, kind: Kind, params: Document, filters: Sequence[Filter] = ()) -> Listing:
        """Return a page as the list an API answer holds."""
        found, has_more = await self.page(kind, params, filters)
        return Listing(
            [kind.view(stored) for stored in found], has_more, count=self.counting(kind, params, filters)
        )

    def counting(
        self, kind: Kind, params: Document, filters: Sequence[Filter] = ()
    ) -> Callable[[], Awaitable[int]]:
        """Return what counts the objects on all pages of a list, if it is asked to: all that is committed, up to a bound."""
        wanted = [*filters, *_created(params.get("created"))]
        return lambda: self.store.count(
            kind.table,
            self.caller.account,
            self.caller.livemode,
            filters=wanted,
            limit=limits.COUNTED_MAX,
        )

    async def _cursor(self, kind: Kind, params: Document, name: str) -> int | None:
        cursor = params.get(name)
        if cursor is None:
            return None
        return (await self.load(kind, cursor, param=name)).row.seq

    def _opened(self, row: Row) -> Stored | None:
        """Open one row of a list; one that does not open is left out and reported, and takes nobody down with it."""
        try:
            return self.open(row)
        except SealBroken:
            report_broken(row.table, row.id)
            return None

    def open(self, row: Row) -> Stored:
        """Open a row's document."""
        plain = self.keyring.open_document(row.table, row.id, row.doc)
        return Stored(row, _decode(plain))

    def check_may_read(self, permission: str) -> None:
        """Refuse a key that may not read such objects (`Caller.check_may_read`)."""
        self.caller.check_may_read(permission)

    # -- deciding -----------------------------------------------------------------------------------------------

    def insert(self, kind: Kind, doc: Document, /, *, object_id: str | None = None, **columns: Any) -> Stored:
        """Stage a new object and return it; it is `created` now unless that says otherwise."""
        columns.setdefault("created", self.now)
        return self._insert(kind.table, object_id or ids.new(kind.prefix), doc, columns)

    def insert_row(self, table: str, row_id: str, doc: Document, /, **columns: Any) -> Stored:
        """Stage a new row in any table, its document sealed."""
        return self._insert(table, row_id, doc, columns)

    def _insert(self, table: str, row_id: str, doc: Document, columns: Document) -> Stored:
        sealed = self.keyring.seal_document(table, row_id, _encode(doc))
        row = Row(table, self.caller.account, self.caller.livemode, row_id, 0, 0, columns, sealed)
        self.writes.inserts.append(row)
        stored = self._staged[table, row_id] = Stored(row, doc)
        return stored

    def stage_record(self, record_id: str, kind: str, sealed: SealedRecord) -> None:
        """Stage a vaulted value beside the object that shows it."""
        columns = {"created": self.now, "kind": kind, "wrapped_key": sealed.wrapped_key}
        account, livemode = self.caller.account, self.caller.livemode
        self.writes.inserts.append(
            Row(RECORDS, account, livemode, record_id, 0, 0, columns, sealed.ciphertext)
        )

    async def erase_record(self, record_id: str | None) -> None:
        """Stage the erasure of a vaulted value, ciphertext and wrapped key together."""
        if record_id is None:
            return
        row = await self.store.get(RECORDS, self.caller.account, self.caller.livemode, record_id)
        if row is not None:
            self.writes.deletes.append(row)

    def change(self, stored: Stored, doc: Document | None = None, **columns: Any) -> Stored:
        """Stage a change of `stored`, valid only if nobody changes it first, and return what it becomes."""
        old = stored.row
        new_doc = stored.doc if doc is None else doc
        sealed = self.keyring.seal_document(old.table, old.id, _encode(new_doc))
        row = Row(
            old.table,
            old.account,
            old.livemode,
            old.id,
            old.version,
            old.seq,
            {**old.columns, **columns},
            sealed,
        )
        staged = self.writes.inserts if old.version == 0 else self.writes.changes
        if old in staged:
            staged.remove(old)
        staged.append(row)
        return self._stage(Stored(row, new_doc))

    def delete(self, stored: Stored) -> None:
        """Stage the removal of a row, valid only if nobody changes it first."""
        self.writes.deletes.append(stored.row)

    def guard(self, stored: Stored) -> None:
        """Make the whole write set depend on `stored` staying as it was read."""
        if stored.row.version and (stored.row.table, stored.row.id) not in self._staged:
            self.writes.guards.append(stored.row)

    def _stage(self, stored: Stored) -> Stored:
        self._staged[stored.row.table, stored.row.id] = stored
        return stored

    def emit(
        self,
        event_type: str,
        kind: Kind,
        stored: Stored,
        previous: Document | None = None,
        *,
        requested: bool = True,
    ) -> None:
        """Stage an event about `stored`; it exists exactly if the change does.

        Args:
            event_type: such as `customer.updated`.
            kind: what `stored` is.
            stored: the object as it is after the change.
            previous: for updates, the changed fields with their old values.
            requested: False for what happened by itself: the event then names no request.
        """
        event_id, key = ids.new("evt"), self.origin.idempotency_key
        request = {
            "id": self.origin.request_id,
            "idempotency_key": key and errors.without_long_numbers_but_ids(key),
        }
        data: Document = {"object": renderer(kind.type)(kind.view(stored))}
        if previous is not None:
            data["previous_attributes"] = previous
        self.insert_row(
            EVENTS,
            event_id,
            {
                "id": event_id,
                "object": "event",
                "api_version": contract().api_version,
                "created": self.now,
                "data": data,
                "livemode": self.caller.livemode,
                "pending_webhooks": 0,
                "request": request if requested else dict.fromkeys(request),
                "type": event_type,
            },
            created=self.now,
            type=event_type,
            object_id=stored.id,
        )

    def afterwards(self, work: FollowUp) -> None:
        """Have `work` done in a call and a commit of its own, after this one's commit and before the answer."""
        self.follow_ups.append(work)

    def keep_what_is_spent(self) -> None:
        """The issuer refused: of all that was staged only spent tokens, and the erasure of their numbers, stay."""
        spent = [row for row in self.writes.changes if row.table == TOKENS]
        erased = [row for row in self.writes.deletes if row.table == RECORDS]
        self.writes = WriteSet(changes=spent, deletes=erased)

    def discard(self) -> None:
        """Forget everything staged: the operation refused."""
        self.writes = WriteSet()
        for new in self._new_keyrings:
            self.vault.forget(new.keyring.account, new.keyring.livemode)
        self._new_keyrings.clear()
        self._staged.clear()
        self._codes_held.clear()
        self._codes_handed_over.clear()
        self._codes_used.clear()

    # -- security codes, which are in memory only ------------------------------------------------------------------

    def hold_code(self, owner: str, code: Secret[str]) -> None:
        """Hold a security code for what this call makes, from the commit to the first validation."""
        self._codes_held[owner] = code

    def hand_over_code(self, old_owner: str, new_owner: str) -> None:
        """Let the security code follow the card from a token to what the token is spent on, once that is committed."""
        self._codes_handed_over[new_owner] = old_owner

    def use_code(self, owner: str) -> bool:
        """Say whether the code is still in memory; committing this call uses it up, whatever the answer was."""
        holder = self._codes_handed_over.get(owner, owner)
        if self._codes_held.pop(holder, None) is not None:
            return True
        self._codes_used.append(holder)
        return self.vault.codes.holds(holder)

    def committed(self) -> None:
        """Do what may only happen once the write set is durable."""
        if self._moves_clock_to is not None:
            self.clocks.moved(self.caller.account, self._moves_clock_to)
        for owner in self._codes_used:
            self.vault.codes.take(owner)
        for owner, code in self._codes_held.items():
            self.vault.codes.put(owner, code)
        for new_owner, old_owner in self._codes_handed_over.items():
            self.vault.codes.move(old_owner, new_owner)


_OTHER_MODE = {
    True: "; a similar object exists in test mode, but a live mode key was used to make this request.",
    False: "; a similar object exists in live mode, but a test mode key was used to make this request.",
}


def _created(value: int | dict[Operator, int] | None) -> Iterable[Filter]:
    """The filters of `created=…` and `created[gte]=…`, in seconds."""
    if value is None:
        return ()
    if isinstance(value, int):
        return (Filter("created", "eq", value),)
    return tuple(Filter("created", operator, bound) for operator, bound in value.items())


def report_broken(table: str, row_id: str) -> None:
    """Say that a row does not open: damage or tampering, for an operator to look at."""
    logging.getLogger(__name__).critical(
        "%s %s does not open; it is left out of what is shown", table, row_id
    )
