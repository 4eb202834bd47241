"""Where what a token holds for an account or a person becomes one vaulted value, and is taken apart again.

A token's parameters are kept whole, numbers among them, and nothing of them anywhere else. Numbers go in wrapped and come
out wrapped: which leaves they were is kept beside the values.
"""

import json
from typing import Any, Final

from strongroom.secret import Secret

PADDED_TO: Final = 1024
"""Payloads are filled up to a multiple of so many characters, so that their length says little of what is in them."""

Path = list[str | int]


def pack(payload: dict[str, Any]) -> Secret[str]:
    """Return a payload as one value: of hashes, lists, scalars and secrets, its keys texts."""
    secrets: list[Path] = []
    text = json.dumps([_revealed(payload, [], secrets), secrets])
    return Secret(text + " " * (-len(text) % PADDED_TO))


def _revealed(value: Any, path: Path, secrets: list[Path]) -> Any:
    if isinstance(value, Secret):
        secrets.append(path)
        return value.reveal()
    if isinstance(value, dict):
        return {key: _revealed(inside, [*path, key], secrets) for key, inside in value.items()}
    if isinstance(value, list):
        return [_revealed(inside, [*path, number], secrets) for number, inside in enumerate(value)]
    return value


def unpack(packed: Secret[str]) -> dict[str, Any]:
    """Return what `pack` was given: each secret wrapped again."""
    payload: dict[str, Any]
    payload, secrets = json.loads(packed.reveal())
    for *parents, last in secrets:
        holder: Any = payload
        for part in parents:
            holder = holder[part]
        holder[last] = Secret(holder[last])
    return payload
