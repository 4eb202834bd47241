"""What `payment_method_options` of an intent says of each type before anybody has said anything."""

from functools import cache

from strongroom.catalog.eligibility import methods
from strongroom.catalog.reading import Document, one_of, read, row


def build(document: Document) -> dict[str, dict[str, Document]]:
    """Return the defaults of intent_options.toml, by resource and type.

    Raises:
        CatalogError: an unknown resource or type.
    """
    tables = row("intent_options", document, {"payment_intent": dict, "setup_intent": dict}, {})
    for name, by_type in tables.items():
        for type_name in by_type:
            one_of(f"intent_options: {name}", type_name, methods())
    return tables


@cache
def intent_options() -> dict[str, dict[str, Document]]:
    """Return the defaults, read and checked on first use."""
    return build(read("intent_options"))
