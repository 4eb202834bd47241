"""What a configuration comes to for one payment method: is it on, may the account say so, may a buyer be offered it.

Nothing of this is stored. A preference is what an account asked for; what it comes to depends on what the platform has
set for its accounts, and on the account's capability, as they are when somebody looks.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

ON: Final = "on"
OFF: Final = "off"
NONE: Final = "none"

ACTIVE: Final = "active"


class Setting(StrEnum):
    """What a platform has set for a method of its connected accounts."""

    ON_BY_DEFAULT = "on_by_default"
    OFF_BY_DEFAULT = "off_by_default"
    BLOCKED = "blocked"


class Base(msgspec.Struct, frozen=True):
    """What holds where the account has said nothing, and whether it is asked at all."""

    value: str
    """`on` or `off`."""
    overridable: bool | None
    """None: nobody stands above the account."""


class Parent(msgspec.Struct, frozen=True):
    """What a platform has set for its connected accounts. What is absent was never set."""

    settings: Mapping[str, Setting] = msgspec.field(default_factory=dict)
    """By method."""
    countries: Mapping[str, Mapping[str, str]] = msgspec.field(default_factory=dict)
    """By method, then by the account's country: `on` or `off` in place of the setting's default."""
    accounts: Mapping[str, Mapping[str, str]] = msgspec.field(default_factory=dict)
    """By method, then by account: `on` or `off` in place of either, even over a block."""
    account_customization: bool = True
    """Whether accounts may change anything themselves."""

    def setting(self, method: str, default: str) -> Setting:
        """Return a method's setting; `default` (`on` or `off`) is what it is until somebody sets it."""
        return self.settings.get(method) or Setting(f"{default}_by_default")

    def base(self, method: str, default: str, *, account: str, country: str) -> Base:
        """Return what holds for one account: its own override, or else its country's, or else the setting."""
        setting = self.setting(method, default)
        by_country = self.countries.get(method, {}).get(country)
        by_account = self.accounts.get(method, {}).get(account)
        usual = ON if setting is Setting.ON_BY_DEFAULT else OFF
        overridable = setting is not Setting.BLOCKED and self.account_customization
        return Base(by_account or by_country or usual, overridable)


def direct_base(default: str) -> Base:
    """Return what holds in a configuration that belongs to the account alone."""
    return Base(default, None)


class Choice(msgspec.Struct, frozen=True):
    """One method of a configuration, as it is shown."""

    available: bool
    """A buyer may be offered it: it is on, and the account is able to."""
    overridable: bool | None
    preference: str
    """What the account asked for: `on`, `off` or `none`."""
    value: str
    """What that comes to: `on` or `off`."""


def choose(preference: str, base: Base, capability: str) -> Choice:
    """Return what a preference comes to.

    Args:
        preference: `on`, `off` or `none`. One that is not heeded is kept all the same, and counts once it may.
        base: what holds without it.
        capability: the capability's status; only `active` makes a method available.
    """
    heeded = base.overridable is not False and preference != NONE
    value = preference if heeded else base.value
    return Choice(value == ON and capability == ACTIVE, base.overridable, preference, value)


def lacking(values: Mapping[str, str], needs: Mapping[str, str]) -> list[str]:
    """Return the methods that are on although what they need is off, in alphabetical order.

    Args:
        values: `on` or `off` by method; what is absent is off.
        needs: method → the method it needs.
    """
    return [
        method
        for method, needed in sorted(needs.items())
        if values.get(method) == ON and values.get(needed) != ON
    ]


# -- what a platform changes ---------------------------------------------------------------------------------------------


class Edits(msgspec.Struct, frozen=True):
    """What a platform wants to be different. What is absent stays; None takes an override away."""

    settings: Mapping[str, Setting] = msgspec.field(default_factory=dict)
    countries: Mapping[str, Mapping[str, str | None]] = msgspec.field(default_factory=dict)
    accounts: Mapping[str, Mapping[str, str | None]] = msgspec.field(default_factory=dict)
    account_customization: bool | None = None

    @property
    def methods(self) -> set[str]:
        """The methods it names."""
        return {*self.settings, *self.countries, *self.accounts}


def edited(parent: Parent, edits: Edits) -> Parent:
    """Return what a platform has set once `edits` are made."""
    customization = edits.account_customization
    return Parent(
        {**parent.settings, **edits.settings},
        _with_overrides(parent.countries, edits.countries),
        _with_overrides(parent.accounts, edits.accounts),
        parent.account_customization if customization is None else customization,
    )


def _with_overrides(
    old: Mapping[str, Mapping[str, str]], new: Mapping[str, Mapping[str, str | None]]
) -> dict[str, dict[str, str]]:
    merged = {method: {**old.get(method, {}), **new.get(method, {})} for method in {**old, **new}}
    kept = {
        method: {whose: value for whose, value in values.items() if value is not None}
        for method, values in merged.items()
    }
    return {method: values for method, values in kept.items() if values}


class Change(msgspec.Struct, frozen=True):
    """One difference between two states of what a platform has set."""

    method: str | None
    """None: it is about all methods."""
    whose: str | None
    """A country or an account; None: it is for all accounts."""
    old: str | None
    new: str | None
    """A setting, or `on` or `off`; None: there is no override."""


def changes(old: Parent, new: Parent, defaults: Mapping[str, str]) -> list[Change]:
    """Return every difference, settings first, then countries, then accounts, each in alphabetical order.

    Args:
        old: what was set.
        new: what is to be set.
        defaults: method → `on` or `off`, what each is until somebody sets it.
    """
    found = [
        Change(method, None, old.setting(method, default).value, new.setting(method, default).value)
        for method, default in sorted(defaults.items())
    ]
    for before, after in ((old.countries, new.countries), (old.accounts, new.accounts)):
        for method in sorted({*before, *after}):
            had, has = before.get(method, {}), after.get(method, {})
            found += [Change(method, whose, had.get(whose), has.get(whose)) for whose in sorted({*had, *has})]
    found.append(Change(None, None, _locked(old), _locked(new)))
    return [change for change in found if change.old != change.new]


def _locked(parent: Parent) -> str:
    return "customizable" if parent.account_customization else "locked"


def explain(preference: str, parent: Parent, method: str, default: str, *, account: str, country: str) -> str:
    """Return why a method is on or off for an account, in words."""
    base = parent.base(method, default, account=account, country=country)
    if base.overridable and preference != NONE:
        return f"The account has switched it {preference} itself."
    if parent.accounts.get(method, {}).get(account):
        return f"The platform has set it to {base.value} for this account."
    if parent.countries.get(method, {}).get(country):
        return f"The platform has set it to {base.value} for accounts in {country}."
    setting = parent.setting(method, default)
    return "The platform has blocked it." if setting is Setting.BLOCKED else f"It is {base.value} by default."
