"""Parents: what a platform sets for the payment methods of its connected accounts. The dashboard's, not the API's.

Edits are staged by whoever shows them, previewed (`preview`: every change, and every account that gains or loses a method,
with the reason) and applied at once (`apply`). What is applied holds for every account from the next request on, without
a single one of them being written: what a child comes to is computed when it is looked at. Only capabilities are
requested, of the accounts that are eligible for what is newly on by default, in the same write set.

All are operations of the platform itself: they are called with a `Call` that acts on it.
"""

from dataclasses import dataclass, replace
from typing import Final

from strongroom import errors, ids
from strongroom.catalog.eligibility import OFF, ON, REQUEST_ONLY, methods
from strongroom.domain.charges import Kind as Whose
from strongroom.domain.configurations import (
    ACTIVE,
    Change,
    Choice,
    Edits,
    Parent,
    Setting,
    changes,
    edited,
    lacking,
)
from strongroom.resources.account_parts import Whole
from strongroom.resources.account_parts import load as load_whole
from strongroom.resources.account_writing import request_by_default
from strongroom.resources.call import Call
from strongroom.resources.configurations import (
    CONFIGURATION,
    TABLE,
    Configuration,
    ParentConfiguration,
    parent_document,
    parents_of,
)
from strongroom.resources.connected_methods import (
    Ability,
    Bucket,
    Effective,
    ability,
    child_on,
    connected,
    effective,
)
from strongroom.resources.connections import acting_on
from strongroom.resources.payment_method_configurations import FAILED, NEEDS, NEEDS_CARD

PARENTS_MAX: Final = 100
NAME_LENGTH_MAX: Final = 100
DEFAULTS: Final = {name: one.parent_default for name, one in methods().items() if one.status != REQUEST_ONLY}


# -- list, create, rename, archive ---------------------------------------------------------------------------------------


async def list_all(call: Call) -> list[ParentConfiguration]:
    """Return the platform's parents, newest first."""
    return await parents_of(call)


async def load(call: Call, parent: str) -> ParentConfiguration:
    """Return a parent of the platform.

    Raises:
        errors.InvalidRequest: `resource_missing`.
    """
    found = next((one for one in await parents_of(call) if one.id == parent), None)
    if found is None:
        raise await call.missing(CONFIGURATION, parent, param="parent", in_path=True)
    return found


async def create(call: Call, name: str) -> ParentConfiguration:
    """Make a further parent, as built in; every connected account has a child of it at once.

    Raises:
        errors.InvalidRequest: `name` is empty or too long, or there are too many already.
    """
    _check_name(name)
    if len(await parents_of(call)) >= PARENTS_MAX:
        raise errors.InvalidRequest(
            f"A platform can have up to {PARENTS_MAX} parent configurations.", code=FAILED
        )
    parent = ParentConfiguration(
        ids.new(CONFIGURATION.prefix),
        call.caller.account,
        name,
        active=True,
        is_default=False,
        rules=Parent(),
        seq=0,
        stored=None,
    )
    return _save(call, parent)


async def rename(call: Call, parent: str, name: str) -> ParentConfiguration:
    """Give a parent another name; children that have none of their own have it too.

    Raises:
        errors.InvalidRequest: as `load` and `create`.
    """
    _check_name(name)
    return _save(call, replace(await load(call, parent), name=name))


async def set_active(call: Call, parent: str, *, active: bool) -> ParentConfiguration:
    """Archive a parent with all its children, or bring it back.

    Raises:
        errors.InvalidRequest: it is the default, or there is none.
    """
    found = await load(call, parent)
    if found.is_default and not active:
        raise errors.InvalidRequest(
            "The default payment method configuration cannot be deactivated.", param="active"
        )
    return _save(call, replace(found, active=active))


async def make_default(call: Call, parent: str) -> ParentConfiguration:
    """Make a parent the default, and the one that was the default no longer, in one write set.

    Raises:
        errors.InvalidRequest: it is inactive, or there is none.
    """
    found = await load(call, parent)
    if found.is_default:
        return found
    if not found.active:
        raise errors.InvalidRequest("An inactive configuration cannot become the default.", param="parent")
    for other in await parents_of(call):
        if other.is_default:
            _save(call, replace(other, is_default=False))
    return _save(call, replace(found, is_default=True))


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > NAME_LENGTH_MAX:
        raise errors.InvalidRequest(f"A name has 1 to {NAME_LENGTH_MAX} characters.", param="name")


def _save(call: Call, parent: ParentConfiguration) -> ParentConfiguration:
    doc = parent_document(parent.name, parent.rules, active=parent.active)
    columns = {"kind": Whose.PARENT.value, "is_default": parent.is_default}
    if parent.stored is None:
        stored = call.insert_row(TABLE, parent.id, doc, **columns)
    else:
        stored = call.change(parent.stored, doc, **columns)
    return replace(parent, stored=stored)


# -- preview and apply ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Effect:
    """What edits change for one account and one method."""

    account: str
    method: str
    outcome: str
    """`gains`, `loses`, or `waits`: it is switched on, and cannot be used until its capability is active."""
    before: Choice
    after: Choice
    reason: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What edits would do, and the state they were looked at in."""

    parent: ParentConfiguration
    """As it would be."""
    changes: list[Change]
    effects: list[Effect]
    requests: dict[str, list[str]]
    """Account → the capabilities that are requested for it."""

    @property
    def version(self) -> int:
        """What `apply` is told, so that nothing is applied that was not seen."""
        return version_of(self.parent)


def version_of(parent: ParentConfiguration) -> int:
    """Return a number that moves with every change of a parent; 0: nobody has changed it."""
    return 0 if parent.stored is None else parent.stored.row.version


async def preview(call: Call, parent: str, edits: Edits) -> Preview:
    """Return what `edits` would change, and for whom. Nothing is staged.

    Raises:
        errors.InvalidRequest: an edit that cannot be made, by name.
    """
    seen, _ = await _looked_at(call, parent, edits)
    return seen


async def apply(call: Call, parent: str, edits: Edits, *, version: int) -> Preview:
    """Make the edits, all of them at once, if the parent is still at the version that was previewed.

    Raises:
        errors.InvalidRequest: as `preview`; 409, somebody has changed the parent since.
    """
    seen, wholes = await _looked_at(call, parent, edits)
    if seen.version != version:
        raise errors.InvalidRequest(
            "This configuration was changed by somebody else. Review the changes again.", status=409
        )
    for account, capabilities in seen.requests.items():
        request_by_default(wholes[account], capabilities)
        wholes[account].save()
    return replace(seen, parent=_save(call, seen.parent))


async def _looked_at(call: Call, parent: str, edits: Edits) -> tuple[Preview, dict[str, Whole]]:
    old = await load(call, parent)
    await _check(call, edits)
    new = replace(old, rules=edited(old.rules, edits))
    _check_cards(new.rules)
    differences = changes(old.rules, new.rules, DEFAULTS)
    newly_on = {
        change.method
        for change in differences
        if change.whose is None and change.new == Setting.ON_BY_DEFAULT.value
    }
    effects: list[Effect] = []
    requests: dict[str, list[str]] = {}
    wholes: dict[str, Whole] = {}
    async for whole in connected(call):
        child = await child_on(whole, old)
        wanted = _to_request(whole, replace(child, parent=new), newly_on)
        if wanted:
            wholes[whole.account.id] = whole
            requests[whole.account.id] = wanted
        effects += _effects(child, new, wanted)
    return Preview(new, differences, effects, requests), wholes


def _to_request(whole: Whole, child: Configuration, newly_on: set[str | None]) -> list[str]:
    """Return the capabilities to request of an account that is eligible for what is newly on by default."""
    wanted = {
        one.method.capability
        for one in effective(child)
        if one.method.type in newly_on
        and one.choice.value == ON
        and ability(whole, one.method).bucket is Bucket.ELIGIBLE
    }
    return sorted(name for name in wanted if name is not None)


def _effects(child: Configuration, new: ParentConfiguration, requested: list[str]) -> list[Effect]:
    """Return what changes for one account. A capability that is requested counts as what it becomes: active."""
    standing = replace(
        child.standing, capabilities={**child.standing.capabilities, **dict.fromkeys(requested, ACTIVE)}
    )
    after = {one.method.type: one for one in effective(replace(child, parent=new, standing=standing))}
    found = []
    for before in effective(child):
        now = after[before.method.type]
        outcome = _outcome(before.choice, now.choice)
        if outcome is None:
            continue
        reason = now.reason
        if outcome == "waits":
            reason += f" The capability {now.method.capability} is {now.capability}."
        elif now.method.capability in requested:
            reason += f" The capability {now.method.capability} is requested."
        found.append(Effect(standing.account, now.method.type, outcome, before.choice, now.choice, reason))
    return found


def _outcome(before: Choice, after: Choice) -> str | None:
    if before.available != after.available:
        return "gains" if after.available else "loses"
    return "waits" if (before.value, after.value) == (OFF, ON) else None


# -- what cannot be edited -----------------------------------------------------------------------------------------------


async def _check(call: Call, edits: Edits) -> None:
    """Refuse methods, countries, accounts and values that there are not."""
    for method in sorted(edits.methods):
        if method not in DEFAULTS:
            raise errors.InvalidRequest(f"There is no payment method {errors.echo(method)}.", param=method)
    for method, by_country in edits.countries.items():
        for country, value in by_country.items():
            _check_country(method, country, value)
    for method, by_account in edits.accounts.items():
        for account, value in by_account.items():
            if value not in (ON, OFF, None):
                raise errors.InvalidRequest("An override is on or off.", param=f"{method}[{account}]")
            # One that is not connected any more may only be forgotten.
            if value is not None:
                await acting_on(call, account)


def _check_country(method: str, country: str, value: str | None) -> None:
    """Refuse what is no override of a country: they only switch off, and only where the method is."""
    if value not in (OFF, None):
        raise errors.InvalidRequest("A country can only be switched off.", param=f"{method}[{country}]")
    if country not in methods()[method].countries:
        raise errors.InvalidRequest(
            f"{methods()[method].name} is not for accounts in {errors.echo(country)}.",
            param=f"{method}[{country}]",
        )


def _check_cards(rules: Parent) -> None:
    """Refuse settings under which anybody would have a wallet without cards.

    Raises:
        errors.InvalidRequest: `payment_method_configuration_failures`.
    """
    touched = {*NEEDS, *NEEDS.values()}
    accounts = {"", *(whose for method in touched for whose in rules.accounts.get(method, {}))}
    countries = {"", *(whose for method in touched for whose in rules.countries.get(method, {}))}
    for account in accounts:
        for country in countries:
            values = {
                method: rules.base(method, DEFAULTS[method], account=account, country=country).value
                for method in touched
            }
            if lacking(values, NEEDS):
                raise errors.InvalidRequest(NEEDS_CARD, code=FAILED)


# -- looking at accounts -------------------------------------------------------------------------------------------------


async def effective_table(call: Call, parent: str, account: str) -> list[Effective]:
    """Return what a parent comes to on a connected account, method by method, with the reasons.

    Raises:
        errors.Forbidden: `account_invalid`.
        errors.InvalidRequest: there is no such parent.
    """
    found = await load(call, parent)
    whole = await load_whole(await acting_on(call, account))
    return effective(await child_on(whole, found))


async def buckets(call: Call, method: str) -> dict[Bucket, list[Ability]]:
    """Return every connected account by how far it is from being able to accept a method.

    Raises:
        errors.InvalidRequest: there is no such method.
    """
    if method not in DEFAULTS:
        raise errors.InvalidRequest(f"There is no payment method {errors.echo(method)}.", param="method")
    sorted_in: dict[Bucket, list[Ability]] = {bucket: [] for bucket in Bucket}
    async for whole in connected(call):
        found = ability(whole, methods()[method])
        sorted_in[found.bucket].append(found)
    return sorted_in
