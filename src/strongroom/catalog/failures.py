"""What is said of payments that fail and are not by card (failure_codes.toml)."""

from functools import cache

from strongroom.catalog.method_pages import outcome_table
from strongroom.catalog.reading import CatalogError, Document, read, row


def build(document: Document, used: set[str]) -> dict[str, str]:
    """Return the messages of failure_codes.toml by code.

    Raises:
        CatalogError: a code that a test account fails with has no message.
    """
    messages: dict[str, str] = row("failure_codes", document, {"messages": dict}, {})["messages"]
    missing = used - messages.keys()
    if missing:
        raise CatalogError(f"failure_codes: nothing is said of {', '.join(sorted(missing))}")
    return messages


@cache
def failures() -> dict[str, str]:
    """Return the messages, read and checked on first use."""
    return build(read("failure_codes"), {one.fails for one in outcome_table().values() if one.fails})


def failure_message(code: str | None) -> str:
    """Return what is said of a payment that failed with a code."""
    return failures().get(code or "", "This payment could not be processed.")
