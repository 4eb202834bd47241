"""The pages on which a customer does what an intent asks, and what can come of each (customer_pages.toml)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

from strongroom.catalog.method_pages import CONFIRMATIONS, method_types
from strongroom.catalog.reading import CatalogError, Document, one_of, read, row

CARD: Final = "card"
CHALLENGE: Final = "challenge"
COMPLETE: Final = "complete"
FAIL: Final = "fail"
EXPIRE: Final = "expire"
# What else can happen than that it is done. A button has the first two at most.
OTHERWISE: Final = (FAIL, EXPIRE, "refuse", "unavailable")
ENDINGS: Final = (COMPLETE, *OTHERWISE)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an intent fails."""

    codes: dict[str, str]
    """`payment_intent` or `setup_intent` → the error's code."""
    message: str


@dataclass(frozen=True, slots=True)
class Ending:
    """One thing that can happen on a page."""

    words: str | None
    """What its button says; None: a test may have it happen, and no button does."""
    why: Reason | None
    """Why the intent fails; None: it goes on."""


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """A page."""

    name: str
    endings: dict[str, Ending]
    """One of `ENDINGS` → what that is here."""


@dataclass(frozen=True, slots=True)
class Alone:
    """What happens without anybody's answer."""

    outcome: str
    """One of `ENDINGS`."""
    after: int | None
    """How many seconds later; None: as fast as whatever takes days at a bank."""


@dataclass(frozen=True, slots=True)
class CustomerPages:
    """All of them."""

    by_name: dict[str, CustomerPage]
    by_confirmation: dict[str, str]
    reasons: dict[str, Reason]
    actions: dict[str, Alone]
    """Type of `next_action` → what happens without anybody's answer, for it holds no address."""
    mail: dict[str, Alone | None]
    """The end of what stands before the `@` of an e-mail address → the same, or None: nothing does."""
    phone: dict[str, dict[str, Alone]]
    """Type of PaymentMethod → telephone number → the same."""

    def by_itself(self, type_name: str, action: str, billing_details: Mapping[str, Any]) -> Alone | None:
        """Return what happens without anybody's answer, or None: nothing does.

        Args:
            type_name: what is paid with.
            action: the type of `next_action`.
            billing_details: of whoever pays.
        """
        number = (billing_details["phone"] or "").replace(" ", "")
        said = self.phone.get(type_name, {}).get(number)
        if said is None and billing_details["email"] and method_types()[type_name].sandbox.mail:
            name = billing_details["email"].partition("@")[0]
            said = next((outcome for word, outcome in self.mail.items() if name.endswith(word)), None)
        return said or self.actions.get(action)

    def of_type(self, type_name: str) -> CustomerPage:
        """Return the page of a type of PaymentMethod."""
        if type_name == CARD:
            return self.by_name[CHALLENGE]
        return self.by_name[self.by_confirmation[method_types()[type_name].flow.confirmation]]


def build(document: Document) -> CustomerPages:
    """Return the pages of customer_pages.toml.

    Raises:
        CatalogError: a reason nobody knows, or two pages for one way of confirming.
    """
    tables = row("customer_pages", document, {"pages": dict, "by_itself": dict, "reasons": dict}, {})
    columns = {"payment_intent": str, "setup_intent": str, "message": str}
    reasons = {}
    for name, given in tables["reasons"].items():
        one = row(f"customer_pages: {name}", given, columns, {})
        reasons[name] = Reason({kind: one[kind] for kind in columns if kind != "message"}, one["message"])
    by_name, by_confirmation = {}, {}
    for name, given in tables["pages"].items():
        where = f"customer_pages: {name}"
        page = row(where, given, {"for": list, COMPLETE: str}, dict.fromkeys(OTHERWISE, dict))
        endings = {COMPLETE: Ending(page[COMPLETE], None)}
        endings |= {one: _ending(where, page[one], reasons) for one in OTHERWISE if one in page}
        by_name[name] = CustomerPage(name, endings)
        for confirmation in page["for"]:
            if one_of(where, confirmation, CONFIRMATIONS) in by_confirmation:
                raise CatalogError(f"{where}: {confirmation} has a page already")
            by_confirmation[confirmation] = name
    alone = row(
        "customer_pages: by_itself", tables["by_itself"], {"actions": dict, "mail": dict, "phone": dict}, {}
    )
    mail = {
        word: _alone(**row(f"customer_pages: {word}", given, {}, {"outcome": str, "after": int}))
        for word, given in alone["mail"].items()
    }
    actions = {action for page in method_types().values() for action in page.flow.next_actions}
    for action in alone["actions"]:
        one_of("customer_pages: by_itself", action, actions)
    for type_name in alone["phone"]:
        one_of("customer_pages: by_itself", type_name, method_types())
    by_action = {action: _certain(outcome) for action, outcome in alone["actions"].items()}
    phone = {
        type_name: {number: _certain(outcome) for number, outcome in said.items()}
        for type_name, said in alone["phone"].items()
    }
    return CustomerPages(by_name, by_confirmation, reasons, by_action, mail, phone)


def _alone(outcome: str | None = None, after: int | None = None) -> Alone | None:
    return None if outcome is None else replace(_certain(outcome), after=after)


def _certain(outcome: str) -> Alone:
    return Alone(one_of("customer_pages: by_itself", outcome, ENDINGS), None)


def _ending(where: str, given: object, reasons: dict[str, Reason]) -> Ending:
    columns = row(where, given, {"why": str}, {"words": str})
    return Ending(columns.get("words"), reasons[one_of(where, columns["why"], reasons)])


@cache
def customer_pages() -> CustomerPages:
    """Return the pages, read and checked on first use."""
    return build(read("customer_pages"))
