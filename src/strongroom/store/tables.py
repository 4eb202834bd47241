"""What every table looks like, said once. The engines build their statements from it and the migrations match it.

Each table also has what all share: `seq` (the order of insertion), the key `account, livemode, id`, a `version` that
grows by one with every change, and `doc`, the sealed document. A column is here only because something looks it up,
constrains it or guards it; an index is here only because a list or a lookup needs it, for every index is paid for on
every write.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import Any, Final, Literal, NamedTuple

from strongroom.store.rows import Row

ColumnType = Literal["text", "integer", "blob", "boolean"]


class Column(NamedTuple):
    """A column beside the shared ones. Integers are 64 bits, times are seconds since 1970."""

    name: str
    type: ColumnType
    nullable: bool = False
    unique: bool = False


class Index(NamedTuple):
    """An index beside the unique key; with `where`, only rows in which that column is not null are in it."""

    columns: tuple[str, ...]
    where: str | None = None


class Table:
    """One table: its own columns in the order in which they are stored, and its indexes."""

    def __init__(self, name: str, columns: Iterable[Column], indexes: Iterable[Index] = ()) -> None:
        self.name = name
        self.columns = tuple(columns)
        self.indexes = tuple(indexes)
        self.names = tuple(column.name for column in self.columns)
        self.unique = tuple(column.name for column in self.columns if column.unique)
        self.name_set = frozenset(self.names)
        self.required = frozenset(column.name for column in self.columns if not column.nullable)
        self._last = FIRST_OWN + len(self.names)

    @cached_property
    def stored(self) -> tuple[Column, ...]:
        """All columns, shared ones included, in the order of a stored row."""
        return (*LEADING, *self.columns, DOC)

    @cached_property
    def filterable(self) -> dict[str, ColumnType]:
        """The columns a filter may name, with their types."""
        own: dict[str, ColumnType] = {column.name: column.type for column in self.columns}
        return {"id": "text", **own}

    def due_column(self, column: str) -> str:
        """Return `column` if the rows in which it is set can be found by its value, across accounts.

        Raises:
            ValueError: no index is there for it.
        """
        if Index((column, "seq"), where=column) not in self.indexes:
            raise ValueError(f"nothing finds the rows of {self.name} by {column}")
        return column

    def gathering_column(self, column: str) -> str:
        """Return `column` if the rows that share a value of it can be found in order, across accounts.

        Raises:
            ValueError: no index is there for it.
        """
        if Index((column, "seq")) not in self.indexes:
            raise ValueError(f"nothing gathers the rows of {self.name} by {column}")
        return column

    def values(self, row: Row) -> tuple[Any, ...]:
        """Return what an insert stores: the key, the table's own columns in order, the document."""
        return (row.account, row.livemode, row.id, *map(row.columns.get, self.names), row.doc)

    def row(self, stored: tuple[Any, ...]) -> Row:
        """Return the row whose columns, in the order of `stored`, were read from the database."""
        seq, account, livemode, row_id, version = stored[:FIRST_OWN]
        own = dict(zip(self.names, stored[FIRST_OWN : self._last], strict=True))
        return Row(self.name, account, bool(livemode), row_id, version, seq, own, stored[self._last])


LEADING: Final = (
    Column("seq", "integer"),
    Column("account", "text"),
    Column("livemode", "boolean"),
    Column("id", "text"),
    Column("version", "integer"),
)
DOC: Final = Column("doc", "blob")
FIRST_OWN: Final = len(LEADING)
KEY: Final = ("account", "livemode", "id")

# Lists run within one account and mode, newest first.
LISTABLE: Final = Index(("account", "livemode", "seq"))
OF_CUSTOMER: Final = Index(("account", "livemode", "customer", "seq"))
CREATED: Final = Column("created", "integer")

TABLES: Final = {
    table.name: table
    for table in (
        Table(
            "accounts",
            [
                Column("platform", "text", nullable=True),
                CREATED,
                Column("record", "text", nullable=True),
                Column("verify_at", "integer", nullable=True),
                Column("deleted_at", "integer", nullable=True),
            ],
            [Index(("verify_at", "seq"), where="verify_at")],
        ),
        Table(
            "api_keys",
            [
                Column("mac", "blob", unique=True),
                Column("kind", "text"),
                Column("prefix", "text"),
                Column("last4", "text"),
                CREATED,
                Column("expires_at", "integer", nullable=True),
                Column("revoked_at", "integer", nullable=True),
            ],
        ),
        Table(
            "customers",
            [
                CREATED,
                Column("email_token", "blob", nullable=True),
                Column("deleted_at", "integer", nullable=True),
                Column("email_folded_token", "blob", nullable=True),
                Column("test_clock", "text", nullable=True),
            ],
            [
                LISTABLE,
                Index(("account", "livemode", "email_token", "seq"), where="email_token"),
                Index(("account", "livemode", "email_folded_token", "seq"), where="email_folded_token"),
                Index(("account", "livemode", "test_clock", "seq"), where="test_clock"),
            ],
        ),
        Table(
            "payment_methods",
            [
                CREATED,
                Column("object", "text"),
                Column("type", "text"),
                Column("customer", "text", nullable=True),
                Column("allow_redisplay", "text", nullable=True),
                Column("state", "text"),
                Column("record", "text", nullable=True),
                Column("fingerprint", "text", nullable=True),
                Column("detached_at", "integer", nullable=True),
            ],
            [
                LISTABLE,
                Index(("account", "livemode", "customer", "seq"), where="customer"),
                Index(("detached_at", "seq"), where="detached_at"),
            ],
        ),
        Table(
            "tokens",
            [
                CREATED,
                Column("kind", "text"),
                Column("used_at", "integer", nullable=True),
                Column("expires_at", "integer"),
                Column("record", "text", nullable=True),
            ],
        ),
        Table(
            "confirmation_tokens",
            [
                CREATED,
                Column("used_at", "integer", nullable=True),
                Column("expires_at", "integer"),
                Column("record", "text", nullable=True),
            ],
        ),
        Table(
            "cash_balance_transactions",
            [CREATED, Column("customer", "text"), Column("payment_intent", "text", nullable=True)],
            [
                OF_CUSTOMER,
                Index(("account", "livemode", "payment_intent", "seq"), where="payment_intent"),
            ],
        ),
        Table(
            "customer_sessions",
            [
                CREATED,
                Column("mac", "blob", unique=True),
                Column("customer", "text"),
                Column("expires_at", "integer"),
            ],
        ),
        Table(
            "ephemeral_keys",
            [
                CREATED,
                Column("mac", "blob", unique=True),
                Column("customer", "text"),
                Column("key_account", "text"),
                Column("expires_at", "integer"),
            ],
        ),
        Table(
            "mandates",
            [CREATED, Column("payment_method", "text"), Column("status", "text")],
        ),
        Table(
            "events",
            [
                CREATED,
                Column("type", "text"),
                Column("object_id", "text"),
                # How many endpoints have not acknowledged it; null once all have.
                Column("undelivered", "integer", nullable=True),
            ],
            [LISTABLE],
        ),
        Table(
            "idempotency_keys",
            [CREATED, Column("request_mac", "blob"), Column("status", "integer")],
        ),
        Table("records", [CREATED, Column("kind", "text"), Column("wrapped_key", "blob")]),
        Table("fingerprints", [Column("fingerprint", "text")]),
        Table("installation", [CREATED]),
        Table("users", [Column("email_mac", "blob", unique=True), CREATED]),
        Table(
            "sessions",
            [
                Column("mac", "blob", unique=True),
                CREATED,
                Column("holder", "text"),
                Column("seen_at", "integer"),
            ],
        ),
        Table("audit", [CREATED, Column("mac", "blob")], [LISTABLE]),
        Table("connections", [CREATED, Column("ended_at", "integer", nullable=True)], [LISTABLE]),
        Table(
            "persons",
            [
                CREATED,
                *[
                    Column(role, "boolean")
                    for role in (
                        "authorizer",
                        "director",
                        "executive",
                        "legal_guardian",
                        "owner",
                        "representative",
                    )
                ],
                Column("record", "text", nullable=True),
            ],
            [LISTABLE],
        ),
        Table(
            "external_accounts",
            [
                CREATED,
                Column("object", "text"),
                Column("currency", "text"),
                Column("default_for_currency", "boolean"),
                Column("record", "text"),
                Column("fingerprint", "text"),
            ],
            [LISTABLE],
        ),
        Table(
            "files",
            [
                CREATED,
                Column("purpose", "text"),
                Column("size", "integer"),
                Column("expires_at", "integer", nullable=True),
                Column("record", "text", nullable=True),
            ],
            [LISTABLE, Index(("expires_at", "seq"), where="expires_at")],
        ),
        # `doc` is a sealed segment of the file; `id` is the file's with the segment's number behind it.
        Table("file_segments", [Column("file", "text")]),
        Table(
            "file_links",
            [CREATED, Column("file", "text"), Column("ends_at", "integer")],
            [LISTABLE, Index(("account", "livemode", "file", "seq"))],
        ),
        Table(
            "payment_method_configurations",
            [Column("kind", "text"), Column("is_default", "boolean")],
            [LISTABLE],
        ),
        Table(
            "payment_method_domains",
            [CREATED, Column("domain_name", "text"), Column("enabled", "boolean")],
            [LISTABLE],
        ),
        Table("test_clocks", [CREATED], [LISTABLE]),
        Table("customer_balance_transactions", [CREATED, Column("customer", "text")], [OF_CUSTOMER]),
        Table("tax_ids", [CREATED, Column("customer", "text")], [OF_CUSTOMER]),
        Table(
            "charges",
            [
                CREATED,
                Column("customer", "text", nullable=True),
                Column("payment_intent", "text", nullable=True),
                Column("transfer_group", "text", nullable=True),
            ],
            [
                LISTABLE,
                Index(("account", "livemode", "customer", "seq"), where="customer"),
                Index(("account", "livemode", "payment_intent", "seq"), where="payment_intent"),
                Index(("account", "livemode", "transfer_group", "seq"), where="transfer_group"),
            ],
        ),
        Table(
            "refunds",
            [CREATED, Column("charge", "text"), Column("payment_intent", "text", nullable=True)],
            [
                LISTABLE,
                Index(("account", "livemode", "charge", "seq")),
                Index(("account", "livemode", "payment_intent", "seq"), where="payment_intent"),
            ],
        ),
        *[
            Table(
                name,
                [CREATED, Column("charge", "text"), Column("payment_intent", "text", nullable=True)],
                [
                    LISTABLE,
                    Index(("account", "livemode", "charge", "seq")),
                    Index(("account", "livemode", "payment_intent", "seq"), where="payment_intent"),
                ],
            )
            for name in ("disputes", "fraud_warnings")
        ],
        Table(
            "balance_transactions",
            [
                CREATED,
                Column("type", "text"),
                Column("currency", "text"),
                Column("source", "text", nullable=True),
                Column("pending_until", "integer", nullable=True),
                # What it adds to the balance; unknown of those made before there was a column for it.
                Column("net", "integer", nullable=True),
            ],
            [
                LISTABLE,
                Index(("account", "livemode", "source", "seq"), where="source"),
                Index(("account", "livemode", "currency", "pending_until", "net", "seq")),
            ],
        ),
        Table(
            "transfers",
            [CREATED, Column("destination", "text"), Column("transfer_group", "text", nullable=True)],
            [
                LISTABLE,
                Index(("account", "livemode", "destination", "seq")),
                Index(("account", "livemode", "transfer_group", "seq"), where="transfer_group"),
            ],
        ),
        Table(
            "topups",
            [
                CREATED,
                Column("amount", "integer"),
                Column("status", "text"),
                Column("record", "text", nullable=True),
            ],
            [LISTABLE],
        ),
        Table(
            "transfer_reversals",
            [CREATED, Column("transfer", "text")],
            [Index(("account", "livemode", "transfer", "seq"))],
        ),
        Table(
            "application_fees",
            [CREATED, Column("charge", "text")],
            [LISTABLE, Index(("account", "livemode", "charge", "seq"))],
        ),
        Table(
            "fee_refunds",
            [CREATED, Column("fee", "text")],
            [Index(("account", "livemode", "fee", "seq"))],
        ),
        # One row for each currency an account has spent of, changed by whoever spends what is available.
        Table("spendings", [CREATED]),
        Table(
            "setup_attempts",
            [CREATED, Column("setup_intent", "text")],
            [Index(("account", "livemode", "setup_intent", "seq"))],
        ),
        Table(
            "tasks",
            [CREATED, Column("kind", "text"), Column("due_at", "integer", nullable=True)],
            [Index(("due_at", "seq"), where="due_at")],
        ),
        Table("sandbox_clocks", [CREATED, Column("ahead", "integer")]),
        Table("acquirer_records", [CREATED, Column("kind", "text")]),
        Table(
            "payment_intents",
            [CREATED, Column("customer", "text", nullable=True)],
            [LISTABLE, Index(("account", "livemode", "customer", "seq"), where="customer")],
        ),
        Table(
            "setup_intents",
            [
                CREATED,
                Column("customer", "text", nullable=True),
                Column("payment_method", "text", nullable=True),
                Column("attach_to_self", "boolean"),
            ],
            [LISTABLE, Index(("account", "livemode", "customer", "seq"), where="customer")],
        ),
        Table(
            "webhook_endpoints",
            [
                CREATED,
                # One of the sixteen places of an account and mode, so that two cannot take the last one.
                Column("place", "text", unique=True),
                Column("connect", "boolean"),
                Column("enabled", "boolean"),
                Column("enabled_events", "text"),
                Column("failing_since", "integer", nullable=True),
                Column("record", "text"),
            ],
            [LISTABLE],
        ),
        # Beside its event, in the same partition; the endpoint may be the platform's.
        Table(
            "webhook_deliveries",
            [
                CREATED,
                Column("event", "text"),
                Column("endpoint", "text"),
                Column("endpoint_account", "text"),
                Column("attempts", "integer"),
                # When the next attempt may be made, or the one that is being made is given up for lost; null: it is over.
                Column("due_at", "integer", nullable=True),
                Column("delivered_at", "integer", nullable=True),
            ],
            [
                Index(("account", "livemode", "event", "seq")),
                Index(("due_at", "seq"), where="due_at"),
                # One endpoint's, of all the accounts it is told of.
                Index(("endpoint", "seq")),
            ],
        ),
    )
}


def known(table: str) -> Table:
    """Return a table by its name.

    Raises:
        ValueError: there is none.
    """
    found = TABLES.get(table)
    if found is None:
        raise ValueError(f"no table {table!r}")
    return found
