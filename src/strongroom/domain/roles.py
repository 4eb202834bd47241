"""What each role of the dashboard may do. No role sees a card, bank or identity number: no page has one."""

from enum import StrEnum
from typing import Final


class Act(StrEnum):
    """Something that a person may or may not do."""

    READ = "read"
    """See keys' names, payment methods, connected accounts, events and where they are sent."""
    TEST_KEYS = "test_keys"
    LIVE_KEYS = "live_keys"
    TEST_WEBHOOKS = "test_webhooks"
    LIVE_WEBHOOKS = "live_webhooks"
    """Say where events are sent, and send one again: it is a way out for personal data."""
    METHODS = "methods"
    """Change payment method settings."""
    AUDIT = "audit"
    """Read and export the audit log."""
    PEOPLE = "people"
    """Add people, change their roles, end their access."""


_ALL: Final = frozenset(Act)

ROLES: Final = {
    "owner": _ALL,
    "administrator": _ALL,
    "developer": frozenset({Act.READ, Act.TEST_KEYS, Act.TEST_WEBHOOKS, Act.METHODS}),
    "analyst": frozenset({Act.READ}),
    "support": frozenset({Act.READ}),
    "auditor": frozenset({Act.READ, Act.AUDIT}),
}


def may(role: str, act: Act) -> bool:
    """Whether a role allows an act; a role nobody knows allows nothing."""
    return act in ROLES.get(role, frozenset())


def keys_act(*, livemode: bool) -> Act:
    """Return the act that changing API keys of a mode is."""
    return Act.LIVE_KEYS if livemode else Act.TEST_KEYS


def webhooks_act(*, livemode: bool) -> Act:
    """Return the act that changing webhook endpoints of a mode is."""
    return Act.LIVE_WEBHOOKS if livemode else Act.TEST_WEBHOOKS


def may_give(giver: str, role: str, held: str | None = None) -> bool:
    """Whether somebody may give `role` to a person who holds `held` now: only owners make or unmake owners."""
    if role not in ROLES or not may(giver, Act.PEOPLE):
        return False
    return giver == "owner" or "owner" not in {role, held}
