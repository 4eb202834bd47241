"""How an update changes an object, and how its event tells: metadata merging and `previous_attributes`."""

from typing import Any

from strongroom import errors, limits
from strongroom.resources.kind import Document


def merge_metadata(old: dict[str, str], given: dict[str, str] | str | None) -> dict[str, str]:
    """Return `old` with `given` merged in: an empty value removes its key, an empty string removes all.

    Raises:
        errors.ParameterRefused: more than 50 keys would remain.
    """
    if given is None:
        return old
    if isinstance(given, str):
        return {}
    merged = {**old, **given}
    kept = {key: value for key, value in merged.items() if value != ""}
    if len(kept) > limits.METADATA_KEYS_MAX:
        raise errors.ParameterRefused(
            f"Metadata can have up to {limits.METADATA_KEYS_MAX} keys, but you passed in metadata that would lead to "
            f"{len(kept)} keys.",
            param="metadata",
        )
    return kept


def changed_leaves(before: Document, after: Document) -> Document:
    """Return what `previous_attributes` holds: the old value of each leaf that differs.

    Nested hashes hold only changed leaves, lists appear whole, and what is new was null.
    """
    previous: dict[str, Any] = {}
    for key in {**before, **after}:
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            previous[key] = changed_leaves(old, new)
        else:
            previous[key] = old
    return previous
