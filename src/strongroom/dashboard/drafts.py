"""Edits of a parent that are not live yet. They lie in the visitor's session until they are applied or discarded."""

from dataclasses import dataclass, field
from typing import Any

from strongroom.dashboard.acting import Deed
from strongroom.dashboard.pages_sign_in import on_people
from strongroom.dashboard.visit import Visit
from strongroom.domain.configurations import Change, Edits, Setting, changes, edited
from strongroom.resources import sessions
from strongroom.resources.configurations import ParentConfiguration
from strongroom.resources.parent_configurations import DEFAULTS

Overrides = dict[str, dict[str, str | None]]


@dataclass(slots=True)
class Draft:
    """What a visitor wants to be different in one parent."""

    settings: dict[str, str] = field(default_factory=dict)
    countries: Overrides = field(default_factory=dict)
    accounts: Overrides = field(default_factory=dict)
    account_customization: bool | None = None

    @property
    def edits(self) -> Edits:
        """The draft as an operation takes it."""
        settings = {method: Setting(setting) for method, setting in self.settings.items()}
        return Edits(settings, self.countries, self.accounts, self.account_customization)

    def changes(self, parent: ParentConfiguration) -> list[Change]:
        """Return what differs from what is live."""
        return changes(parent.rules, edited(parent.rules, self.edits), DEFAULTS)

    def without_idle(self, parent: ParentConfiguration) -> "Draft":
        """Return the draft without what is live already."""
        real = {(one.method, one.whose) for one in self.changes(parent)}
        return Draft(
            {method: value for method, value in self.settings.items() if (method, None) in real},
            _kept(self.countries, real),
            _kept(self.accounts, real),
            self.account_customization if (None, None) in real else None,
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be different."""
        return not (self.settings or self.countries or self.accounts) and self.account_customization is None

    def document(self) -> dict[str, Any]:
        """Return what the session keeps of it."""
        return {
            "settings": self.settings,
            "countries": self.countries,
            "accounts": self.accounts,
            "account_customization": self.account_customization,
        }


def _kept(overrides: Overrides, real: set[tuple[str | None, str | None]]) -> Overrides:
    kept = {
        method: {whose: value for whose, value in values.items() if (method, whose) in real}
        for method, values in overrides.items()
    }
    return {method: values for method, values in kept.items() if values}


def draft_of(visit: Visit, parent: str) -> Draft:
    """Return the visitor's draft for a parent; an empty one if there is none."""
    kept = visit.session.doc.get("drafts", {}).get(parent)
    return Draft(**kept) if kept else Draft()


async def keep(visit: Visit, parent: ParentConfiguration, draft: Draft | None) -> None:
    """Keep a draft in the session in place of the one before; None, or one without a difference: none."""
    real = None if draft is None else draft.without_idle(parent)

    async def work(deed: Deed) -> None:
        session = await deed.call.load(sessions.SESSION, visit.session.id, param="session")
        drafts = {one: kept for one, kept in session.doc.get("drafts", {}).items() if one != parent.id}
        if real is not None and not real.is_empty:
            drafts[parent.id] = real.document()
        deed.call.change(session, {**session.doc, "drafts": drafts})

    await on_people(visit, work)
