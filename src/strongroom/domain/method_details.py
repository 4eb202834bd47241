"""What a type's hash says, from what was sent under it: checked, described, brought to one form. Pages decide, in `catalog`.

Pure: values in, a description or an `InvalidRequest` out. No error holds a number.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from strongroom.catalog import method_pages
from strongroom.catalog.banks import bank_tables
from strongroom.catalog.ibans import iban_parts
from strongroom.catalog.method_shapes import Account, MethodType, Show, Take
from strongroom.catalog.reading import CatalogError
from strongroom.domain.method_checks import (
    ACCOUNT,
    ACCOUNT_CHECKS,
    CHECKS,
    Unfit,
    compact,
    nz_bank_name,
)
from strongroom.errors import InvalidRequest, parameter_missing, parameters_exclusive

FINGERPRINT: Final = "fingerprint"


@dataclass(frozen=True, slots=True)
class CheckedMethod:
    """Details that passed: what may be shown, and the text that identifies the account behind them."""

    shown: dict[str, Any]
    """The type's hash; where it shows a fingerprint there is None, for whoever knows it."""
    kept: dict[str, Any]
    """What was sent and is neither shown nor vaulted."""
    behaviour: str | None
    """What comes of a published test account: a name in the catalogue."""
    canonical: str | None = field(repr=False, default=None)
    """`country|routing|number`, the IBAN or the alias. Secret. None: nothing identifies an account."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """Details on their way through the checks."""

    page: MethodType
    typed: Mapping[str, Any]
    checked: dict[str, Any]
    livemode: bool
    param: str

    def __repr__(self) -> str:
        return f"_Asked({self.page.type}, ***)"

    def is_published(self, number: str) -> bool:
        return not self.livemode and number in self.page.sandbox.accounts


def check(
    page: MethodType, typed: Mapping[str, Any], *, livemode: bool, now: int, param: str
) -> CheckedMethod:
    """Check what was sent under a type's hash, and describe it.

    Args:
        page: the type.
        typed: values by field, as they were typed; an empty text counts as not sent.
        livemode: False also accepts the published test numbers that no check would let through.
        now: seconds since 1970 UTC.
        param: the parameter that holds the hash, for the `param` of errors.

    Raises:
        InvalidRequest: the first thing that is wrong, fields in the page's order.
    """
    given = {name: value for name, value in typed.items() if value not in ("", None)}
    _check_choice(page, given, param)
    asked = _Asked(page, given, {}, livemode, param)
    for take in page.take:
        if take.name in given:
            asked.checked[take.name] = _field(asked, take, now)
        elif take.required:
            raise parameter_missing(f"{param}[{take.name}]")
    number, routing = _numbers(page.account, asked.checked)
    _check_account(asked, number, routing)
    shown = {show.name: DERIVATIONS[show.source](show, asked) for show in page.show}
    return CheckedMethod(
        shown,
        _kept(page, asked.checked),
        _behaviour(asked, number, routing),
        _canonical(asked, number, routing),
    )


def _check_choice(page: MethodType, given: Mapping[str, Any], param: str) -> None:
    """Exactly one (or at most one) of the page's groups of fields, and that one whole."""
    begun = [group for group in page.choices if any(name in given for name in group)]
    if len(begun) > 1:
        first, second = (next(name for name in group if name in given) for group in begun[:2])
        raise parameters_exclusive(f"{param}[{first}]", f"{param}[{second}]")
    if page.choice == "one" and not begun:
        raise parameter_missing(f"{param}[{page.choices[0][0]}]")
    for name in begun[0] if begun else ():
        if name not in given:
            raise parameter_missing(f"{param}[{name}]")


def _field(asked: _Asked, take: Take, now: int) -> Any:
    value = asked.typed[take.name]
    if take.secret and asked.is_published(_bare(value)):
        return _bare(value)
    named = CHECKS[take.check]
    try:
        return named.run(value, now)
    except Unfit:
        raise InvalidRequest(named.words, code=named.code, param=f"{asked.param}[{take.name}]") from None


def _bare(text: str) -> str:
    """Return a number without any of the marks it is written with, as the published lists have it."""
    return compact(text).replace(".", "").replace("/", "")


# -- the account behind it --------------------------------------------------------------------------------------------


def _numbers(account: Account | None, checked: Mapping[str, Any]) -> tuple[str, str]:
    """Return account number and routing number, each empty if it was not sent."""
    if account is None:
        return "", ""
    number, routing = (
        "".join(checked.get(name, "") for name in names) for names in (account.number, account.routing)
    )
    return number, routing


def _check_account(asked: _Asked, number: str, routing: str) -> None:
    account = asked.page.account
    if account is None or account.check is None or asked.is_published(routing + number):
        return
    run, words = ACCOUNT_CHECKS[account.check]
    try:
        run(number, routing)
    except Unfit:
        raise InvalidRequest(words, code=ACCOUNT, param=f"{asked.param}[{account.number[0]}]") from None


def _behaviour(asked: _Asked, number: str, routing: str) -> str | None:
    if asked.livemode:
        return None
    accounts = asked.page.sandbox.accounts
    return accounts.get(number) or accounts.get(routing + number)


def _canonical(asked: _Asked, number: str, routing: str) -> str | None:
    account = asked.page.account
    if account is None:
        return None
    if number:
        return number if account.country is None else f"{account.country}|{routing}|{number}"
    alias = asked.checked.get(account.alias or "")
    return None if alias is None else f"{account.alias}|{alias}"


def _kept(page: MethodType, checked: Mapping[str, Any]) -> dict[str, Any]:
    """What somebody will ask for later: neither shown nor part of the account."""
    shown = {show.of for show in page.show}
    account = page.account
    of_account = {*account.number, *account.routing, account.alias} if account else set()
    return {name: value for name, value in checked.items() if name not in shown | of_account}


# -- derivations ------------------------------------------------------------------------------------------------------


def _sent(show: Show, asked: _Asked) -> Any:
    return asked.checked.get(show.of, show.default)


def _as_typed(show: Show, asked: _Asked) -> Any:
    value = asked.typed.get(show.of)
    return value.strip() if isinstance(value, str) else value


def _last4(show: Show, asked: _Asked) -> str | None:
    number: str | None = asked.checked.get(show.of)
    return None if number is None else number[-4:]


def _lookup(show: Show, asked: _Asked) -> str | None:
    return (show.table or {}).get(asked.checked.get(show.of, ""))


def _us_bank_name(show: Show, asked: _Asked) -> str | None:
    routing = asked.checked.get(show.of)
    if routing is None:
        return None
    tables = bank_tables()
    fallback = None if asked.livemode else tables.test_bank_name
    return tables.names.get(("US", routing), fallback)


def _nz_bank_name(_: Show, asked: _Asked) -> str:
    known = nz_bank_name(asked.checked["bank_code"], asked.checked["branch_code"])
    return known or bank_tables().test_bank_name


def _iban_bank(show: Show, asked: _Asked) -> str:
    number: str = asked.checked[show.of]
    first, behind = iban_parts()[number[:2]].bank
    return number[first:behind]


def _iban_branch(show: Show, asked: _Asked) -> str:
    number: str = asked.checked[show.of]
    first, behind = iban_parts()[number[:2]].branch or (0, 0)
    return number[first:behind]


def _iban_country(show: Show, asked: _Asked) -> str:
    country: str = asked.checked[show.of][:2]
    return country


DERIVATIONS: Final[dict[str, Callable[[Show, _Asked], Any]]] = {
    "always": lambda show, _: show.value,
    "as_typed": _as_typed,
    FINGERPRINT: lambda _show, _asked: None,
    "iban_bank": _iban_bank,
    "iban_branch": _iban_branch,
    "iban_country": _iban_country,
    "last4": _last4,
    "lookup": _lookup,
    "nothing": lambda _show, _asked: None,
    "nz_bank_name": _nz_bank_name,
    "sent": _sent,
    "us_bank_name": _us_bank_name,
}

if DERIVATIONS.keys() != method_pages.DERIVATIONS:
    raise CatalogError("the derivations that pages may name are not those there are")


# -- billing details --------------------------------------------------------------------------------------------------


def missing_billing(required: tuple[str, ...], billing: Mapping[str, Any]) -> str | None:
    """Return the first of the required billing details that is not there, bracketed: `[address][country]`."""
    for name in required:
        value: Any = billing
        for part in name.split("."):
            value = value[part]
        if not value:
            return "".join(f"[{part}]" for part in name.split("."))
    return None
