"""A value that refuses to be shown.

Card numbers, security codes, bank and identity numbers travel from the edge to the vault in this wrapper, so that a
stray log line, traceback or f-string shows `Secret(***)`. Only `strongroom.vault` may call `reveal` (a test reads the
source for it).
"""

from typing import Generic, NoReturn, TypeVar

T = TypeVar("T")


class Secret(Generic[T]):
    """Holds `value`; shows, compares, iterates, copies and pickles as little as Python allows."""

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        self._value = value

    def reveal(self) -> T:
        """Return the value. For `strongroom.vault` alone."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __format__(self, format_spec: str) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return NotImplemented

    __hash__ = None  # type: ignore[assignment] # a secret as a dictionary key would be compared and kept

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret cannot be copied or pickled")
