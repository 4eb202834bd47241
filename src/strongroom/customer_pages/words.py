"""How the pages call things: the merchant, an amount, a type of PaymentMethod."""

from strongroom.catalog.currencies import currencies
from strongroom.catalog.eligibility import methods
from strongroom.resources.account_parts import ACCOUNT
from strongroom.resources.call import Call
from strongroom.resources.kind import Document


async def merchant_of(call: Call) -> str:
    """Return what the account that `call` acts on calls itself; its id if it says nothing."""
    account = await call.find(ACCOUNT, call.caller.account)
    if account is None:
        return call.caller.account
    shown: Document = (account.doc.get("settings") or {}).get("dashboard") or {}
    profile: Document = account.doc.get("business_profile") or {}
    return shown.get("display_name") or profile.get("name") or call.caller.account


def amount_of(amount: int, code: str) -> str:
    """Return an amount, which is in the currency's smallest unit, as people read it: `1,234.50 EUR`."""
    decimals = currencies()[code].decimals
    return f"{amount / 10**decimals:,.{decimals}f} {code.upper()}"


def name_of_type(type_name: str) -> str:
    """Return what a type of PaymentMethod is called."""
    known = methods().get(type_name)
    return known.name if known is not None else type_name.replace("_", " ").capitalize()
