"""What an account still owes before it may charge and be paid out, and what that makes of its capabilities and persons.

One pure function: everything that is shown of an account, its persons and the outcomes of checks go in, the
`requirements` of all three objects and their states come out. No value ever does: lists hold paths, errors hold codes.

`owed` says what the rules ask for, `findings` what the checks say; here the two become lists and states.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from strongroom.catalog.accounts import RECIPIENT, account_tables
from strongroom.domain.facts import Document, Facts
from strongroom.domain.findings import Findings, findings
from strongroom.domain.lists import Lists, future_lists, present_lists
from strongroom.domain.owed import Owed, owed
from strongroom.domain.person_states import PersonState, person_state

__all__ = ["Assessment", "CapabilityState", "Document", "Facts", "PersonState", "assess"]

ACTIVE: Final = "active"
INACTIVE: Final = "inactive"
PENDING: Final = "pending"
UNREQUESTED: Final = "unrequested"

_FIELDS_NEEDED: Final = "requirements.fields_needed"
_TRANSFERS: Final = "transfers"


class CapabilityState(msgspec.Struct, frozen=True):
    """Where a capability stands."""

    status: str
    """`active`, `inactive`, `pending` or `unrequested`; the account's `capabilities` hash leaves the last one out."""
    requirements: Document
    """The Capability object's hash, with a `disabled_reason` of its own."""
    future_requirements: Document


class Assessment(msgspec.Struct, frozen=True):
    """What the facts come to."""

    requirements: Document
    """The Account's hash; its lists are sorted, and past_due ⊆ currently_due ⊆ eventually_due."""
    future_requirements: Document
    capabilities: Mapping[str, CapabilityState]
    """Every capability there is; those nobody requested are `unrequested`."""
    persons: Mapping[str, PersonState]
    charges_enabled: bool
    payouts_enabled: bool
    details_submitted: bool
    must_settle: bool
    """Something was checked whose result comes later: assess again with `checked` once it has."""


class _View(msgspec.Struct, frozen=True):
    """The facts, what is owed and what was found, as the states below look at them."""

    facts: Facts
    owed: Owed
    found: Findings

    @property
    def is_stopped(self) -> bool:
        """Whether nothing that could be written would help."""
        return self.facts.rejected is not None or self.found.is_listed

    @property
    def lacks_for_payouts(self) -> bool:
        """Whether something without which money comes in, but not out, is missing."""
        payouts_only = self.owed.payouts_only
        return any(not need.is_met for path, need in self.owed.now.items() if path in payouts_only)

    def lacks(self, capability: str) -> bool:
        """Whether something is missing without which the capability does nothing."""
        payouts_only = self.owed.payouts_only
        return any(
            not need.is_met and path not in payouts_only and capability in need.capabilities
            for path, need in self.owed.now.items()
        )


def assess(facts: Facts) -> Assessment:
    """Return what the account owes and what it may do."""
    view = _View(facts, owed(facts), findings(facts))
    requested = {name: _capability(view, name) for name in sorted(facts.requested)}
    charges = not view.is_stopped and any(
        state.status == ACTIVE and name in account_tables().charging for name, state in requested.items()
    )
    payouts = charges and not view.lacks_for_payouts and not view.found.block_payouts
    lists = present_lists(facts, view.owed, view.found)
    deadline = facts.pressed.deadline if facts.pressed is not None and lists.soon else None
    reason = None if charges and payouts else _disabled_reason(view, lists)
    return Assessment(
        requirements={"current_deadline": deadline, "disabled_reason": reason, **lists.as_document()},
        future_requirements=_with_nothing_disabled(future_lists(view.owed)),
        capabilities=MappingProxyType({**_unrequested(), **requested}),
        persons=MappingProxyType({key: person_state(key, view.owed, view.found) for key in facts.persons}),
        charges_enabled=charges,
        payouts_enabled=payouts,
        details_submitted=facts.rejected is not None or all(need.is_met for need in view.owed.now.values()),
        must_settle=view.found.settle,
    )


def _with_nothing_disabled(lists: Lists) -> Document:
    return {"current_deadline": None, "disabled_reason": None, **lists.as_document()}


# -- capabilities -----------------------------------------------------------------------------------------------------

# Asked from top to bottom; the first that holds says status and disabled_reason. That a rejection and a sanctions alert
# read `rejected.other` and `other`, and waiting `pending.review`, is inferred.
_CAPABILITY_STATES: Final[tuple[tuple[Callable[[_View, str], bool], str, str | None], ...]] = (
    (lambda view, _: view.facts.rejected is not None, INACTIVE, "rejected.other"),
    (lambda view, _: view.found.is_listed, INACTIVE, "other"),
    (lambda view, name: not _is_possible(view.facts, name), INACTIVE, _FIELDS_NEEDED),
    (lambda view, name: view.lacks(name) or view.found.block_everything, INACTIVE, _FIELDS_NEEDED),
    (lambda view, _: view.found.wait, PENDING, "pending.review"),
    (lambda view, _: view.found.is_paused, INACTIVE, "paused.inactivity"),
    (lambda _, __: True, ACTIVE, None),
)


def _capability(view: _View, name: str) -> CapabilityState:
    status, reason = next((status, why) for holds, status, why in _CAPABILITY_STATES if holds(view, name))
    lists = present_lists(view.facts, view.owed, view.found, capability=name)
    requirements = {"current_deadline": None, "disabled_reason": reason, **lists.as_document()}
    return CapabilityState(
        status, requirements, _with_nothing_disabled(future_lists(view.owed, capability=name))
    )


def _is_possible(facts: Facts, name: str) -> bool:
    """Whether an account of that country and agreement can have the capability at all."""
    if facts.agreement == RECIPIENT and name != _TRANSFERS:
        return False
    return facts.account["country"] in account_tables().capabilities.get(name, ())


def _unrequested() -> dict[str, CapabilityState]:
    nothing = _with_nothing_disabled(Lists())
    return dict.fromkeys(account_tables().capabilities, CapabilityState(UNREQUESTED, nothing, nothing))


# -- the account ------------------------------------------------------------------------------------------------------

_DISABLED_REASONS: Final[tuple[tuple[Callable[[_View, Lists], bool], str], ...]] = (
    (lambda view, _: view.found.is_listed, "listed"),
    (lambda _, lists: bool(lists.due), "requirements.past_due"),
    (lambda view, _: view.found.wait, "requirements.pending_verification"),
    (lambda view, _: not view.facts.requested, "action_required.requested_capabilities"),
    (lambda _, __: True, "other"),
)


def _disabled_reason(view: _View, lists: Lists) -> str:
    if view.facts.rejected is not None:
        return f"rejected.platform_{view.facts.rejected}"
    return next(reason for holds, reason in _DISABLED_REASONS if holds(view, lists))
