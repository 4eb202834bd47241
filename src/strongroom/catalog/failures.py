"""What is said of payments that fail and are not by card, and which failures block the account (failure_codes.toml)."""

from functools import cache

import msgspec

from strongroom.catalog.method_pages import outcome_table
from strongroom.catalog.reading import CatalogError, Document, one_of, read, row


class Failures(msgspec.Struct, frozen=True):
    """Everything about failures, as it is looked up: by code."""

    messages: dict[str, str]
    blocks: dict[str, dict[str, str]]
    """Failures that block a bank account → `network_code` and `reason`."""


def build(document: Document, used: set[str]) -> Failures:
    """Return what failure_codes.toml says.

    Raises:
        CatalogError: a code that a test account fails with has no message, or one that blocks is none.
    """
    tables = row("failure_codes", document, {"messages": dict, "blocks": dict}, {})
    messages: dict[str, str] = tables["messages"]
    missing = used - messages.keys()
    if missing:
        raise CatalogError(f"failure_codes: nothing is said of {', '.join(sorted(missing))}")
    blocks = {
        one_of("failure_codes: blocks", code, messages): row(
            f"failure_codes: {code}", given, {"network_code": str, "reason": str}, {}
        )
        for code, given in tables["blocks"].items()
    }
    return Failures(messages, blocks)


@cache
def failures() -> Failures:
    """Return what is known of failures, read and checked on first use."""
    return build(read("failure_codes"), {one.fails for one in outcome_table().values() if one.fails})


def failure_message(code: str | None) -> str:
    """Return what is said of a payment that failed with a code."""
    return failures().messages.get(code or "", "This payment could not be processed.")


def block_of(code: str | None) -> dict[str, str] | None:
    """Return `status_details[blocked]` of a bank account whose debit failed with a code, or None: it is not blocked."""
    return failures().blocks.get(code or "")
