"""Passwords that nobody should choose: a list of those that leak most."""

from functools import cache
from importlib.resources import files
from typing import Final

_LIST: Final = "common_passwords.txt"


@cache
def common_passwords() -> frozenset[str]:
    """Return the refused passwords, in lower case."""
    lines = files("strongroom.catalog").joinpath(_LIST).read_text("utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))
