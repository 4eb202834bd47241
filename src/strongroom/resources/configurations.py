"""All configurations of an account: its own, and those that its platform's parents come to.

A row is written when there is something to say. Until then an account has its first configuration, and one child of each
parent of its platform, all the same: their ids are derived, so that everybody who looks finds the same ones, and nothing
has to be made for thousands of accounts when a platform adds a parent. What a configuration comes to is computed when it
is shown (`domain.configurations`); rows hold names, preferences and settings.

Parents live in the platform's partition. No answer of the API shows one.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from strongroom import ids
from strongroom.catalog.eligibility import OFF, Method, shown_by_type
from strongroom.domain.charges import Kind as Whose
from strongroom.domain.configurations import NONE, Base, Choice, Parent, Setting, choose, direct_base
from strongroom.domain.eligibility import capability_status
from strongroom.resources.call import Call
from strongroom.resources.connections import application_id
from strongroom.resources.kind import Document, Kind, Stored
from strongroom.resources.standing import Standing, standing_of
from strongroom.store import Filter

TABLE: Final = "payment_method_configurations"
PAGE: Final = 100
FIRST_NAME: Final = "Default"


def _row(stored: Stored) -> Document:
    return stored.doc


# Not registered: nothing refers to one by id in a way that can be expanded, and a row alone is no answer.
CONFIGURATION: Final = Kind(
    "payment_method_configuration",
    TABLE,
    "pmc",
    "payment_method_configuration",
    "payment_method_configuration",
    _row,
)


def first_id(account: str, livemode: bool) -> str:
    """Return the id of the configuration that an account has from birth."""
    return ids.derived(CONFIGURATION.prefix, "first", account, str(livemode))


def first_parent_id(platform: str, livemode: bool) -> str:
    """Return the id of the parent that a platform has from birth."""
    return ids.derived(CONFIGURATION.prefix, "parent", platform, str(livemode))


def child_id(parent: str, account: str) -> str:
    """Return the id of a parent's child on an account. A parent is of one mode, so its children are as well."""
    return ids.derived(CONFIGURATION.prefix, "child", parent, account)


# -- parents -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ParentConfiguration:
    """A platform's configuration for its connected accounts."""

    id: str
    platform: str
    name: str
    active: bool
    is_default: bool
    rules: Parent
    seq: int
    """Where it stands among all rows; 0 for the one from birth, which is the oldest."""
    stored: Stored | None
    """None: nobody has changed anything yet."""

    def base(self, method: Method, standing: Standing) -> Base:
        """Return what holds for an account that has said nothing."""
        return self.rules.base(
            method.type, method.parent_default, account=standing.account, country=standing.country
        )

    def document(self) -> Document:
        """Return what its row holds."""
        return parent_document(self.name, self.rules, active=self.active)


def parent_document(name: str, rules: Parent, *, active: bool = True) -> Document:
    """Return what the row of a parent holds."""
    return {
        "name": name,
        "active": active,
        "settings": {method: setting.value for method, setting in rules.settings.items()},
        "countries": {method: dict(values) for method, values in rules.countries.items()},
        "accounts": {method: dict(values) for method, values in rules.accounts.items()},
        "account_customization": rules.account_customization,
    }


def rules_of(doc: Document) -> Parent:
    """Return the settings in the row of a parent."""
    return Parent(
        {method: Setting(setting) for method, setting in doc["settings"].items()},
        doc["countries"],
        doc["accounts"],
        doc["account_customization"],
    )


async def parents_of(platform: Call) -> list[ParentConfiguration]:
    """Return all parents of the account that `platform` acts on, newest first. There is always one, the default."""
    account, livemode = platform.caller.account, platform.caller.livemode
    rows = await _rows(platform, [Whose.PARENT])
    first = first_parent_id(account, livemode)
    found = [
        ParentConfiguration(
            stored.id,
            account,
            stored.doc["name"],
            stored.doc["active"],
            bool(stored["is_default"]),
            rules_of(stored.doc),
            0 if stored.id == first else stored.row.seq,
            stored,
        )
        for stored in rows
    ]
    if all(parent.id != first for parent in found):
        found.append(
            ParentConfiguration(
                first, account, FIRST_NAME, active=True, is_default=True, rules=Parent(), seq=0, stored=None
            )
        )
    return sorted(found, key=lambda parent: -parent.seq)


# -- configurations ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Configuration:
    """One configuration of an account, direct or child."""

    id: str
    standing: Standing
    parent: ParentConfiguration | None
    """None: it is the account's own."""
    name: str
    active: bool
    is_default: bool
    preferences: Mapping[str, str] = field(default_factory=dict)
    """By method, where the account has said something."""
    seq: int = 0
    stored: Stored | None = None
    """None: nobody has changed anything yet."""
    is_first: bool = False
    """Whether it is the one that the account has from birth."""

    @property
    def kind(self) -> Whose:
        """Whose it is."""
        return Whose.DIRECT if self.parent is None else Whose.CHILD

    def preference(self, method: Method) -> str:
        """Return what the account asked for."""
        said = self.preferences.get(method.type)
        if said is not None:
            return said
        return NONE if self.parent is not None else self._beginning(method)

    def _beginning(self, method: Method) -> str:
        """Return how a method begins in a configuration of the account's own: in further ones everything is off."""
        return method.default if self.is_first else OFF

    def choice(self, method: Method) -> Choice:
        """Return what the configuration comes to for a method."""
        base = (
            direct_base(self._beginning(method))
            if self.parent is None
            else self.parent.base(method, self.standing)
        )
        return choose(self.preference(method), base, capability_status(method, self.standing.capabilities))

    def choices(self) -> dict[str, Choice]:
        """Return what it comes to for each method that matters where the account is."""
        return dict(Choices(self))

    def document(self) -> Document:
        """Return what its row holds. A child has no name while it has its parent's."""
        return {
            "name": None if self.parent is not None and self.name == self.parent.name else self.name,
            "active": self.active,
            "preferences": dict(self.preferences),
        }

    def view(self, *, livemode: bool) -> Document:
        """Return the configuration as the API shows it."""
        parent = self.parent
        return {
            "id": self.id,
            "object": CONFIGURATION.type,
            "active": self.active,
            "application": None if parent is None else application_id(parent.platform),
            "is_default": self.is_default,
            "livemode": livemode,
            "name": self.name,
            "parent": None if parent is None else parent.id,
            **{name: shown(choice) for name, choice in self.choices().items()},
        }


class Choices(Mapping[str, Choice]):
    """What a configuration comes to, computed method by method when somebody asks."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._methods = shown_by_type(configuration.standing.country)

    def __getitem__(self, name: str) -> Choice:
        """Return what it comes to for a method that matters where the account is."""
        return self._configuration.choice(self._methods[name])

    def __iter__(self) -> Iterator[str]:
        """Go through those methods."""
        return iter(self._methods)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._methods)


def shown(choice: Choice) -> Document:
    """Return one method of a configuration as the API shows it."""
    return {
        "available": choice.available,
        "display_preference": {
            "overridable": choice.overridable,
            "preference": choice.preference,
            "value": choice.value,
        },
    }


@dataclass(frozen=True, slots=True)
class Shelf:
    """All configurations of one account, newest first, and the parents that its children come from."""

    standing: Standing
    configurations: list[Configuration]
    parents: list[ParentConfiguration]

    def find(self, configuration: str) -> Configuration | None:
        """Return a configuration of the account by its id."""
        return next((one for one in self.configurations if one.id == configuration), None)

    def parent(self, configuration: str) -> ParentConfiguration | None:
        """Return a parent by its id."""
        return next((one for one in self.parents if one.id == configuration), None)

    def default(self, kind: Whose) -> Configuration:
        """Return the default of the account's own configurations, or of its children."""
        return next(one for one in self.configurations if one.is_default and one.kind is kind)


async def shelf_of(call: Call) -> Shelf:
    """Return all configurations of the account that `call` acts on, children included that were never written to.

    A platform sees what it may: its own children, not those of others.
    """
    standing = await standing_of(call)
    parents = [] if standing.platform is None else await parents_of(await call.on_account(standing.platform))
    rows = {stored.id: stored for stored in await _rows(call, [Whose.DIRECT, Whose.CHILD])}
    children = [
        child_of(parent, standing, rows.get(child_id(parent.id, standing.account))) for parent in parents
    ]
    own = [*_direct(standing, rows, call.caller.livemode), *children]
    return Shelf(standing, sorted(own, key=lambda one: (-one.seq, one.parent is None)), parents)


def _direct(standing: Standing, rows: Mapping[str, Stored], livemode: bool) -> Iterable[Configuration]:
    first = first_id(standing.account, livemode)
    if first not in rows:
        yield Configuration(first, standing, None, FIRST_NAME, active=True, is_default=True, is_first=True)
    for stored in rows.values():
        if stored["kind"] == Whose.DIRECT:
            yield Configuration(
                stored.id,
                standing,
                None,
                stored.doc["name"],
                active=stored.doc["active"],
                is_default=bool(stored["is_default"]),
                preferences=stored.doc["preferences"],
                seq=0 if stored.id == first else stored.row.seq,
                stored=stored,
                is_first=stored.id == first,
            )


def child_of(parent: ParentConfiguration, standing: Standing, stored: Stored | None) -> Configuration:
    """Return what a parent comes to on an account; `stored` is None while the account has said nothing."""
    doc = {} if stored is None else stored.doc
    return Configuration(
        child_id(parent.id, standing.account),
        standing,
        parent,
        doc.get("name") or parent.name,
        active=parent.active,
        is_default=parent.is_default,
        preferences=doc.get("preferences", {}),
        seq=parent.seq,
        stored=stored,
    )


async def _rows(call: Call, kinds: list[Whose]) -> list[Stored]:
    """Return the account's rows of these kinds; there are a hundred or so at the most."""
    filters = [Filter("kind", "in", [kind.value for kind in kinds])]
    params: Document = {"limit": PAGE}
    found, has_more = await call.page(CONFIGURATION, params, filters)
    while has_more:
        more, has_more = await call.page(CONFIGURATION, {**params, "starting_after": found[-1].id}, filters)
        found += more
    return found


def save(call: Call, configuration: Configuration) -> None:
    """Stage what has become of a configuration; its first change makes its row."""
    columns = {"kind": configuration.kind.value, "is_default": configuration.is_default}
    if configuration.stored is None:
        call.insert_row(TABLE, configuration.id, configuration.document(), **columns)
    else:
        call.change(configuration.stored, configuration.document(), **columns)
