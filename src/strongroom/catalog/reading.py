"""How the data files are read: each is TOML beside this module, and a row may say only what its table knows.

A mistake in the data is a `CatalogError` that names the file's row; nothing is guessed and nothing is skipped.
"""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

Document = dict[str, Any]
Columns = Mapping[str, type]

_CODE_LENGTH: Final = 3


class CatalogError(Exception):
    """The data that ships with Strongroom is wrong."""


def read(name: str) -> Document:
    """Return the content of `name`.toml."""
    with Path(__file__).with_name(f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def row(where: str, given: object, required: Columns, optional: Columns) -> Document:
    """Return `given`, checked to be a table with all of `required`, perhaps some of `optional`, and nothing else."""
    if not isinstance(given, dict):
        raise CatalogError(f"{where}: not a table")
    for column in required.keys() - given.keys():
        raise CatalogError(f"{where}: {column} is missing")
    known = {**required, **optional}
    for column, value in given.items():
        if column not in known:
            raise CatalogError(f"{where}: nobody knows what {column} means")
        if type(value) is not known[column]:
            raise CatalogError(f"{where}: {column} is not of type {known[column].__name__}")
    return given


def one_of(where: str, value: str, allowed: Iterable[str]) -> str:
    """Return `value`, checked to be one of `allowed`."""
    if value not in allowed:
        raise CatalogError(f"{where}: there is no {value}")
    return value


def is_currency_code(code: object) -> bool:
    """Whether `code` looks like a currency's (ISO 4217, in small letters, as on the wire)."""
    return isinstance(code, str) and len(code) == _CODE_LENGTH and code.isascii() and code.islower()
