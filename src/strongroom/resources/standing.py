"""Where an account is and what it is able to do, as far as payment methods depend on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from strongroom.catalog.accounts import account_tables
from strongroom.catalog.eligibility import DISCONTINUED, methods
from strongroom.domain.configurations import ACTIVE
from strongroom.resources.account_parts import ACCOUNT
from strongroom.resources.accounts_access import platform_country
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.connections import CONNECTION
from strongroom.resources.kind import Document

UNREQUESTED: Final = "unrequested"


@dataclass(frozen=True, slots=True)
class Standing:
    """An account's country and capabilities, and whose connected account it is."""

    account: str
    country: str
    capabilities: Mapping[str, str]
    """Capability → status; what is absent was never requested."""
    platform: str | None
    """None: nobody's, or nobody's any more."""

    def status(self, capability: str) -> str:
        """Return the status of a capability."""
        return self.capabilities.get(capability, UNREQUESTED)


async def standing_of(call: Call) -> Standing:
    """Return the standing of the account that `call` acts on."""
    account = call.caller.account
    stored = await call.find(ACCOUNT, account)
    if stored is None or stored["platform"] is None:
        country = await platform_country(call)
        return Standing(account, country, own_capabilities(country), None)
    return Standing(
        account, stored.doc["country"], statuses(stored.doc), await _platform(call, stored["platform"])
    )


def statuses(account: Document) -> dict[str, str]:
    """Return the capabilities in a connected account's document, with their status."""
    return {name: one["status"] for name, one in account[PRIVATE]["capabilities"].items()}


def own_capabilities(country: str) -> dict[str, str]:
    """Return the capabilities of an account that is nobody's connected account: all that its country can have.

    Unlike Stripe: nobody onboards the platform itself here, so there is nobody to withhold one.
    """
    given = {name: ACTIVE for name, places in account_tables().capabilities.items() if country in places}
    for method in methods().values():
        if method.capability is None:
            continue
        if method.status == DISCONTINUED:
            given.pop(method.capability, None)
        elif country in method.countries:
            given[method.capability] = ACTIVE
    return given


async def _platform(call: Call, platform: str) -> str | None:
    """Return the platform if the account is still connected to it."""
    acting = await call.on_account(platform)
    connection = await acting.find(CONNECTION, call.caller.account)
    return None if connection is None or connection["ended_at"] is not None else platform
