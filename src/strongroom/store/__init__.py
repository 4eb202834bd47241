"""The store keeps rows: write sets in, rows and pages out. It holds all the SQL there is and never sees plaintext.

tables.py       what every table looks like, said once
rows.py         rows, write sets, pages, and the protocol both engines fulfil
opening.py      from an address to an open store; migrations
committer.py    many waiting write sets, one transaction
sqlite*.py      the embedded engine                postgres*.py    the shared one
schema.py       which migrations a database has had and which it lacks; their SQL lies in migrations/
"""

from strongroom.store.opening import migrate, open_store, plan
from strongroom.store.rows import Filter, Operator, Page, Rejected, Row, Store, WriteSet
from strongroom.store.schema import SchemaDiffers, SchemaError, SchemaTooNew, SchemaTooOld

__all__ = [
    "Filter",
    "Operator",
    "Page",
    "Rejected",
    "Row",
    "SchemaDiffers",
    "SchemaError",
    "SchemaTooNew",
    "SchemaTooOld",
    "Store",
    "WriteSet",
    "migrate",
    "open_store",
    "plan",
]
