"""A connected account as a whole: its own row, its persons and its external accounts, read and written together.

Every change of any of them goes through `Whole.save`, which computes the requirements anew, writes what has changed and
emits its events. The account's row is changed by each of them, so that two changes at once cannot both be based on what
the other has replaced.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from strongroom.contract import renderer
from strongroom.domain import requirements
from strongroom.domain.facts import Pressed
from strongroom.domain.ownership import FIELD as OWNERSHIP
from strongroom.domain.ownership import has_failed, of_account, proved
from strongroom.domain.ownership import requirements as owed_by_bank
from strongroom.domain.persons import provided_by_themselves
from strongroom.domain.requirements import Assessment, Facts
from strongroom.domain.verification import LATER, Check
from strongroom.resources import account_views as views
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.changes import changed_leaves
from strongroom.resources.connections import no_access
from strongroom.resources.kind import Document, Kind, Stored
from strongroom.resources.registry import register_kind
from strongroom.store import Row

PAGE: Final = 100
FAILED: Final = "verification_failed"
"""The status of a bank account that may be somebody else's."""
ROLES: Final = ("authorizer", "director", "executive", "legal_guardian", "owner", "representative")

ACCOUNT: Final = register_kind(Kind("account", "accounts", "acct", "account", "account", views.of_stored))
PERSON: Final = register_kind(Kind("person", "persons", "person", "person", "person", views.of_stored))
# Not registered: an external account is a bank account or a card, and never named by id in another object.
EXTERNAL_ACCOUNT: Final = Kind(
    "bank_account|card",
    "external_accounts",
    "ba",
    "external account",
    "external_account",
    views.of_stored,
)
CAPABILITY: Final = Kind("capability", "accounts", "acct", "capability", "capability", views.of_stored)


@dataclass(slots=True)
class Part:
    """A person or an external account on its way to its next state."""

    id: str
    doc: Document
    columns: Document
    stored: Stored | None = None
    """As it was read; None: it is new."""
    removed: bool = False

    @classmethod
    def of(cls, stored: Stored) -> "Part":
        """Return an object as it was read."""
        return cls(stored.id, stored.doc, stored.row.columns, stored)

    @property
    def is_touched(self) -> bool:
        """Whether there is anything to write."""
        old = self.stored
        return old is None or self.removed or old.doc != self.doc or old.row.columns != self.columns


class Whole:
    """An account and its parts, as this call would leave them. Operations put new documents into it, then `save`."""

    def __init__(self, call: Call, account: Part, persons: Iterable[Part], externals: Iterable[Part]) -> None:
        self.call = call
        """Acts on the account."""
        self.account = account
        self.persons = {part.id: part for part in persons}
        self.externals = {part.id: part for part in externals}
        """In the order of lists: newest first."""
        self._before = None if account.stored is None else self._seen()

    @property
    def doc(self) -> Document:
        """The account's document."""
        return self.account.doc

    @doc.setter
    def doc(self, doc: Document) -> None:
        self.account.doc = doc

    @property
    def private(self) -> Document:
        """What no answer shows: requests, checks, and what has happened to the account."""
        inside: Document = self.account.doc[PRIVATE]
        return inside

    def note(self, **changes: object) -> None:
        """Change what no answer shows."""
        self.doc = {**self.doc, PRIVATE: {**self.private, **changes}}

    def living_persons(self) -> dict[str, Part]:
        """Return the persons that stay."""
        return {key: part for key, part in self.persons.items() if not part.removed}

    def living_externals(self) -> list[Part]:
        """Return the external accounts that stay, newest first."""
        return [part for part in self.externals.values() if not part.removed]

    def individual(self) -> Part | None:
        """Return the person that an individual's account is, or the company's representative, if there is one."""
        persons = self.living_persons().values()
        return next((part for part in persons if part.doc["relationship"]["representative"]), None)

    # -- showing --------------------------------------------------------------------------------------------------

    def shown(self) -> Document:
        """Return the account as the caller may see it."""
        if self.call.caller.key_account != self.account.columns["platform"]:
            return views.own(self.doc)
        person = self.individual()
        return views.controlled(
            self.doc,
            None if person is None else views.public(person.doc),
            [views.public(part.doc) for part in self.living_externals()],
        )

    def shown_person(self, doc: Document) -> Document:
        """Return one of the account's persons as the caller may see it."""
        is_platform = self.call.caller.key_account == self.account.columns["platform"]
        return views.person(doc, is_hidden=is_platform and views.hides(self.doc))

    def capability(self, name: str) -> Document:
        """Return a capability of the account."""
        return views.capability(self.doc, name)

    def _seen(self) -> Document:
        names = {*self.private["requested"], *self.private["capabilities"]}
        return {
            "account": renderer("account")(self.shown()),
            "capabilities": {name: self.capability(name) for name in names},
        }

    # -- saving ---------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Take it that the checks whose results come later have come, and save."""
        checks = self.private["checks"]
        self.note(checks={who: _settled(of) for who, of in checks.items()})
        for part in self.persons.values():
            inside = part.doc[PRIVATE]
            part.doc = {**part.doc, PRIVATE: {**inside, "checks": _settled(inside["checks"])}}
        for part in self.externals.values():
            inside = part.doc[PRIVATE]
            part.doc = {**part.doc, PRIVATE: {**inside, "checks": _settled(inside.get("checks", {}))}}
        self.save(settled=True)

    def save(self, *, settled: bool = False, silent: bool = False) -> None:
        """Compute the requirements anew, stage what has changed, and emit the events that tell of it.

        Args:
            settled: whether checks whose results come later have come.
            silent: whether no events are wanted: there are none about an account that is being made.
        """
        self._count_persons()
        found = requirements.assess(self.facts(checked=settled))
        self._apply(found, must_settle=found.must_settle or (not settled and self._banks_wait()))
        self._judge_banks(checked=settled)
        before = self._before
        self._save_parts(silent=silent)
        row = self._save_account()
        if before is not None and not silent:
            self._announce(before, row)
        self._before = self._seen()

    def facts(self, *, checked: bool) -> Facts:
        """Return all that the account's requirements are computed from."""
        persons = self.living_persons()
        checks = {
            **self.private["checks"],
            "account": self._checks_of_account(),
            **{key: part.doc[PRIVATE]["checks"] for key, part in persons.items()},
        }
        return Facts(
            account_id=self.account.id,
            account={**views.public(self.doc), "documents": self._documents()},
            persons={key: views.public(part.doc) for key, part in persons.items()},
            requested=self.private["requested"],
            has_external_account=bool(self.living_externals()),
            checks={who: {field: Check(**one) for field, one in of.items()} for who, of in checks.items()},
            checked=checked,
            rejected=self.private["rejected"],
            pressed=_pressed(self.private.get("pressed")),
        )

    def _documents(self) -> Document:
        return {kind: {"files": files} for kind, files in self.private.get("documents", {}).items()}

    def _checks_of_account(self) -> dict[str, Document]:
        """Return the checks of the account itself; whose its bank accounts are is among them."""
        own: dict[str, Document] = self.private["checks"].get("account", {})
        banks = [found for part in self.living_externals() if (found := _ownership(part)) is not None]
        ownership = of_account(_check(own.get(OWNERSHIP)), banks)
        return own if ownership is None else {**own, OWNERSHIP: ownership.as_document()}

    def _judge_banks(self, *, checked: bool) -> None:
        """Say in each bank account what it owes by whether it is known whose it is."""
        document = _check(self.private["checks"].get("account", {}).get(OWNERSHIP))
        for part in self.living_externals():
            if part.doc["object"] != "bank_account":
                continue
            counts = proved(_ownership(part), document)
            failed = has_failed(counts, checked=checked)
            status = FAILED if failed else "new" if part.doc["status"] == FAILED else part.doc["status"]
            part.doc = {**part.doc, "requirements": owed_by_bank(counts, checked=checked), "status": status}

    def _count_persons(self) -> None:
        """Take a company's owners and executives for complete once enough of them were given."""
        if self.doc["business_type"] in (None, "individual"):
            return
        provided = provided_by_themselves(
            {key: one.doc["relationship"] for key, one in self.living_persons().items()}
        )
        self.doc = {**self.doc, "company": {**self.doc["company"], **dict.fromkeys(provided, True)}}

    def _banks_wait(self) -> bool:
        banks = map(_ownership, self.living_externals())
        return any(found is not None and found.when == LATER for found in banks)

    def _apply(self, found: Assessment, *, must_settle: bool) -> None:
        states = {
            name: {
                "status": state.status,
                "requirements": state.requirements,
                "future_requirements": state.future_requirements,
            }
            for name, state in found.capabilities.items()
            if name in self.private["requested"]
        }
        self.doc = {
            **self.doc,
            "charges_enabled": found.charges_enabled,
            "details_submitted": found.details_submitted,
            "future_requirements": found.future_requirements,
            "payouts_enabled": found.payouts_enabled,
            "requirements": found.requirements,
        }
        self.note(capabilities=states)
        verify_at = self.call.due_in(self.call.settings.settle_after) if must_settle else None
        self.account.columns = {**self.account.columns, "verify_at": verify_at}
        for key, part in self.living_persons().items():
            part.doc = views.with_state(part.doc, found.persons[key])

    def _save_parts(self, *, silent: bool) -> None:
        for part in self.persons.values():
            self._save_part(part, PERSON, "person", silent=silent)
        for part in self.externals.values():
            self._save_part(part, EXTERNAL_ACCOUNT, "account.external_account", silent=silent)

    def _save_part(self, part: Part, kind: Kind, event: str, *, silent: bool) -> None:
        if not part.is_touched:
            return
        old = part.stored
        verb, previous = "updated", None
        seen = self.shown_person if kind is PERSON else views.public
        if old is None:
            if part.removed:
                return
            stored = self.call.insert_row(kind.table, part.id, part.doc, **part.columns)
            verb = "created"
        elif part.removed:
            self.call.delete(old)
            stored, verb = old, "deleted"
        else:
            stored = self.call.change(old, part.doc, **part.columns)
            shape = renderer(kind.type)
            previous = changed_leaves(shape(seen(old.doc)), shape(seen(stored.doc)))
        part.stored = stored
        if not silent and previous != {}:
            self.call.emit(f"{event}.{verb}", kind, Stored(stored.row, seen(stored.doc)), previous)

    def _save_account(self) -> Row:
        account = self.account
        if account.stored is None:
            account.stored = self.call.insert_row(ACCOUNT.table, account.id, account.doc, **account.columns)
        else:
            account.stored = self.call.change(account.stored, account.doc, **account.columns)
        return account.stored.row

    def _announce(self, before: Document, row: Row) -> None:
        after = self._seen()
        for name, capability in sorted(after["capabilities"].items()):
            old = before["capabilities"].get(name, views.capability_nobody_requested(self.account.id, name))
            if old != capability:
                self.call.emit(
                    "capability.updated", CAPABILITY, Stored(row, capability), changed_leaves(old, capability)
                )
        previous = changed_leaves(before["account"], after["account"])
        if previous:
            self.call.emit("account.updated", ACCOUNT, Stored(row, self.shown()), previous)


def _pressed(kept: Document | None) -> Pressed | None:
    return None if kept is None else Pressed(kept["by"], tuple(kept["paths"]), kept["deadline"])


def _check(document: Document | None) -> Check | None:
    return None if document is None else Check(**document)


def _ownership(part: Part) -> Check | None:
    """Return what is known of whose an external account is."""
    return _check(part.doc[PRIVATE].get("checks", {}).get(OWNERSHIP))


def _settled(checks: dict[str, Document]) -> dict[str, Document]:
    return {field: Check(**one).settled().as_document() for field, one in checks.items()}


async def load(call: Call) -> Whole:
    """Return the account that `call` acts on, with its parts.

    Raises:
        errors.Forbidden: `account_invalid`, it was deleted.
    """
    account = await load_account(call)
    persons, externals = await _all(call, PERSON), await _all(call, EXTERNAL_ACCOUNT)
    return Whole(call, Part.of(account), map(Part.of, persons), map(Part.of, externals))


async def load_account(call: Call) -> Stored:
    """Return the row of the account that `call` acts on.

    Raises:
        errors.Forbidden: `account_invalid`, it was deleted.
    """
    account = await call.find(ACCOUNT, call.caller.account)
    if account is None or account["deleted_at"] is not None:
        raise no_access(call.caller, call.caller.account)
    return account


async def _all(call: Call, kind: Kind) -> list[Stored]:
    """Return every object of an account; there are a handful of each."""
    params: Document = {"limit": PAGE}
    found, has_more = await call.page(kind, params)
    while has_more:
        more, has_more = await call.page(kind, {**params, "starting_after": found[-1].id})
        found += more
    return found
