"""What a platform's connected accounts make of a payment method: who has it, who could, and what it comes to for each.

    Enabled         the capability is active
    Eligible        it would be, once it is requested
    Missing info    it is or would be requested, and something is owed for it
    Ineligible      where the account is, or what has become of it, rules it out

Every connected account is counted. For the dashboard; no answer of the API shows any of it.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from strongroom.catalog.accounts import FULL, account_tables
from strongroom.catalog.eligibility import DISCONTINUED, Method, methods, shown_in
from strongroom.domain import requirements
from strongroom.domain.configurations import ACTIVE, Base, Choice, Setting, explain
from strongroom.domain.eligibility import capability_status
from strongroom.resources.account_parts import ACCOUNT, Whole
from strongroom.resources.account_parts import load as load_whole
from strongroom.resources.call import Call
from strongroom.resources.configurations import (
    CONFIGURATION,
    PAGE,
    Configuration,
    ParentConfiguration,
    child_id,
    child_of,
    parents_of,
)
from strongroom.resources.connections import CONNECTION, LIVING
from strongroom.resources.kind import Document
from strongroom.resources.standing import Standing, statuses

CARD_PAYMENTS: Final = "card_payments"
TRANSFERS: Final = "transfers"
OFFERED: Final = "offered"
"""Where an account notes the capabilities that were requested for it by default."""


class Bucket(StrEnum):
    """How far an account is from being able to accept a method."""

    ENABLED = "enabled"
    ELIGIBLE = "eligible"
    MISSING_INFO = "missing_info"
    INELIGIBLE = "ineligible"


@dataclass(frozen=True, slots=True)
class Ability:
    """Where one account stands with one method, and why."""

    account: str
    bucket: Bucket
    reason: str


@dataclass(frozen=True, slots=True)
class Effective:
    """What a parent comes to on one account, for one method."""

    method: Method
    base: Base
    """What holds without the account's preference."""
    choice: Choice
    capability: str
    """The capability's status."""
    reason: str


async def connected(platform: Call) -> AsyncIterator[Whole]:
    """Yield every account connected to the platform, newest first."""
    params: Document = {"limit": PAGE}
    has_more = True
    while has_more:
        found, has_more = await platform.page(CONNECTION, params, [LIVING])
        for connection in found:
            acting = await platform.on_account(connection.id)
            stored = await acting.find(ACCOUNT, connection.id)
            if stored is not None and stored["deleted_at"] is None:
                yield await load_whole(acting)
        if found:
            params["starting_after"] = found[-1].id


def standing_in(whole: Whole, platform: str) -> Standing:
    """Return the standing of a connected account that was read as a whole."""
    return Standing(whole.account.id, whole.doc["country"], statuses(whole.doc), platform)


async def child_on(whole: Whole, parent: ParentConfiguration) -> Configuration:
    """Return what a parent comes to on an account."""
    standing = standing_in(whole, parent.platform)
    stored = await whole.call.find(CONFIGURATION, child_id(parent.id, whole.account.id))
    return child_of(parent, standing, stored)


def effective(child: Configuration) -> list[Effective]:
    """Return what a child comes to, method by method, with the reason."""
    parent, standing = child.parent, child.standing
    assert parent is not None
    return [
        Effective(
            method,
            parent.base(method, standing),
            child.choice(method),
            capability_status(method, standing.capabilities),
            explain(
                child.preference(method),
                parent.rules,
                method.type,
                method.parent_default,
                account=standing.account,
                country=standing.country,
            ),
        )
        for method in shown_in(standing.country)
    ]


async def newly_on_by_default(platform: Call, whole: Whole) -> list[str]:
    """Return the capabilities to request of an account that has become eligible for what its platform set on by default.

    What is on by default without anybody having set it is not requested, and nothing is twice: an account that gave a
    capability up does not get it back.
    """
    on = {
        method
        for parent in await parents_of(platform)
        for method, setting in parent.rules.settings.items()
        if setting is Setting.ON_BY_DEFAULT
    }
    known = {*whole.private["requested"], *whole.private.get(OFFERED, [])}
    eligible = {
        one.capability
        for name, one in methods().items()
        if name in on and one.capability not in known and ability(whole, one).bucket is Bucket.ELIGIBLE
    }
    return sorted(name for name in eligible if name is not None)


# -- buckets -------------------------------------------------------------------------------------------------------------


def ability(whole: Whole, method: Method) -> Ability:
    """Return where an account stands with a method."""
    bucket, reason = _bucket(whole, method)
    return Ability(whole.account.id, bucket, reason)


def _bucket(whole: Whole, method: Method) -> tuple[Bucket, str]:
    status = capability_status(method, statuses(whole.doc))
    if status == ACTIVE:
        return Bucket.ENABLED, f"The capability {method.capability} is active."
    refusal = _ruled_out(whole, method)
    if refusal is not None:
        return Bucket.INELIGIBLE, refusal
    owed = _owed(whole, method)
    if owed:
        return Bucket.MISSING_INFO, f"Owed for {method.capability}: {', '.join(owed)}."
    if method.capability == CARD_PAYMENTS and TRANSFERS not in whole.private["requested"]:
        return Bucket.MISSING_INFO, "card_payments is only given together with transfers."
    if status != "unrequested":
        return Bucket.MISSING_INFO, f"The capability {method.capability} is {status}."
    return Bucket.ELIGIBLE, f"The capability {method.capability} becomes active when it is requested."


def _ruled_out(whole: Whole, method: Method) -> str | None:
    """Return what no information could change, or None."""
    country = whole.doc["country"]
    if method.status == DISCONTINUED:
        return f"{method.name} is no longer offered."
    if country not in method.countries:
        return f"Accounts in {country} cannot accept {method.name}."
    if method.capability not in account_tables().capabilities:
        return f"{method.name} cannot be requested for connected accounts."
    if whole.private["rejected"]:
        return "The account was rejected."
    if whole.facts(checked=False).agreement != FULL:
        return "Accounts under the recipient service agreement accept no payments."
    return None


def _owed(whole: Whole, method: Method) -> list[str]:
    """Return what is owed for the method's capability, now or once it was requested."""
    facts = whole.facts(checked=False)
    assert method.capability is not None
    asked = replace(facts, requested={method.capability: whole.call.now, **facts.requested})
    state = requirements.assess(asked).capabilities[method.capability]
    owed: list[str] = state.requirements["currently_due"]
    return owed
