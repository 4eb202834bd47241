"""Money that customers send: the numbers of the accounts it goes to, and which payment it is for."""

import hashlib
from collections.abc import Iterable
from typing import Final, NamedTuple

DIGIT: Final = "#"
REFERENCE_LENGTH: Final = 12
_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without what is easily mistaken for something else."""


def made_up(template: str, seed: str) -> str:
    """Return `template` with a digit for each `#`, the same for the same `seed`."""
    digits = str(int.from_bytes(hashlib.sha512(f"{template} {seed}".encode()).digest()))
    taken = iter(reversed(digits))
    return "".join(next(taken) if one == DIGIT else one for one in template)


def iban(country: str, account: str) -> str:
    """Return the IBAN of an account with its check digits (ISO 13616)."""
    number = "".join(str(int(one, 36)) for one in f"{account}{country}00")
    return f"{country}{98 - int(number) % 97:02}{account}"


def reference(seed: str) -> str:
    """Return what a customer writes on a transfer so that it is known what it is for."""
    number = hashlib.sha256(f"reference {seed}".encode()).digest()
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in number[:REFERENCE_LENGTH])


class Open(NamedTuple):
    """A payment that waits for money."""

    id: str
    remaining: int
    reference: str | None = None


def allocate(money: int, received: int, waiting: Iterable[Open], said: str | None) -> list[tuple[str, int]]:
    """Return what each payment is given of `money`.

    As documented: first the one that was named, then one of just the sum that came in, then the oldest.

    Args:
        money: what there is, in minor units.
        received: what of it has just come in.
        waiting: payments of the currency that wait, oldest first.
        said: what the customer wrote on the transfer.
    """
    shares = []
    for one in sorted(waiting, key=lambda one: _rank(one, received, said)):
        share = min(money, one.remaining)
        if share > 0:
            shares.append((one.id, share))
            money -= share
    return shares


def _rank(one: Open, received: int, said: str | None) -> int:
    if one.reference is not None and said is not None and one.reference in said:
        return 0
    return 1 if one.remaining == received else 2
