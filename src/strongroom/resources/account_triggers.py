"""Test cards that make a connected account owe more: charged directly on it, or on its behalf.

What is owed one day is asked for next, or, where that is nothing, a document of whoever stands for the account. An account
that has not given what is asked of every account is left alone. Nobody asks for it: it happens a while after the charge.
"""

from dataclasses import replace
from typing import Final

from strongroom import limits
from strongroom.catalog.behaviours import behaviour
from strongroom.domain.owed import next_paths
from strongroom.resources.account_parts import ACCOUNT, load
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.kind import Document, Stored
from strongroom.resources.tasks import continues, later

CARD: Final = "card"


def trigger_of(method: Stored) -> str | None:
    """Return what charging a PaymentMethod triggers: `next_requirements`, `charge_block`, `payout_block` or nothing."""
    return behaviour(method.doc[PRIVATE]["behaviour"]).connect if method.doc["type"] == CARD else None


def watch(call: Call, charge: Stored) -> None:
    """Stage what a charge triggers on the account it is for."""
    trigger = charge.doc[PRIVATE].get("triggers")
    if trigger is not None and charge.doc["paid"]:
        account = charge.doc["on_behalf_of"] or call.caller.account
        later(call, call.settings.settle_after, "account.triggered", {"account": account, "by": trigger})


@continues("account.triggered")
async def triggered(call: Call, state: Document, _: object) -> None:
    """Make an account owe what the card says, and tell of it."""
    acting = await call.on_account(state["account"])
    stored = await acting.find(ACCOUNT, state["account"])
    if stored is None or stored["deleted_at"] is not None or stored["platform"] is None:
        return
    acting.caller = replace(acting.caller, key_account=stored["platform"])
    whole = await load(acting)
    if not whole.doc["details_submitted"]:
        return
    facts = replace(whole.facts(checked=False), pressed=None)
    deadline = acting.now + limits.PRESSED_SECONDS
    whole.note(pressed={"by": state["by"], "paths": list(next_paths(facts)), "deadline": deadline})
    whole.save()
