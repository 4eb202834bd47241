"""The types of PaymentMethods, a page each: what is taken, what is shown, how it is saved and how it is paid with.

A page is `payment_method_types/<type>.toml`. Beside it, `method_outcomes` says what comes of the test accounts,
`eligibility` when a type may be proposed and for how much (currencies, countries, limits). The checks and derivations
that pages name are code, in `domain.method_checks` and `domain.method_details`.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from strongroom.catalog.magic import MagicNumber
from strongroom.catalog.method_shapes import (
    AFTER_VERIFICATION,
    DIRECT,
    INTENT_ONLY,
    NEVER,
    Account,
    Billing,
    Flow,
    MagicMethod,
    MethodType,
    Outcome,
    Sandbox,
    Saving,
    Show,
    Take,
)
from strongroom.catalog.reading import CatalogError, Document, one_of, read, row

FOLDER: Final = Path(__file__).with_name("payment_method_types")
MAGIC: Final = "pm_"

CHECKS: Final = frozenset(
    [
        "aba",
        "american_account",
        "australian_account",
        "brazilian_tax_id",
        "british_account",
        "bsb",
        "canadian_account",
        "choice",
        "date_of_birth",
        "institution",
        "mandate_options",
        "nz_account",
        "nz_bank",
        "nz_branch",
        "nz_suffix",
        "pay_id",
        "sepa_iban",
        "sort_code",
        "text",
        "transit",
    ]
)
ACCOUNT_CHECKS: Final = frozenset({"nz_bank_account"})
DERIVATIONS: Final = frozenset(
    [
        "always",
        "as_typed",
        "fingerprint",
        "iban_bank",
        "iban_branch",
        "iban_country",
        "last4",
        "lookup",
        "nothing",
        "nz_bank_name",
        "sent",
        "us_bank_name",
    ]
)
BILLING: Final = frozenset(
    {
        "email",
        "name",
        "phone",
        *(f"address.{part}" for part in ("city", "country", "line1", "postal_code", "state")),
    }
)

CONFIRMATIONS: Final = frozenset(
    [
        "app_approval",
        "bank_transfer",
        "code_then_app",
        "external",
        "immediate",
        "microdeposit",
        "qr",
        "redirect",
        "redirect_or_qr",
        "voucher",
    ]
)
_REFUNDS: Final = frozenset({"none", "full", "full_and_partial"})


# -- reading ----------------------------------------------------------------------------------------------------------


def build(pages: Mapping[str, Document], outcomes: Mapping[str, Outcome]) -> dict[str, MethodType]:
    """Return the types by name.

    Raises:
        CatalogError: an unknown key, check, derivation, outcome or type; fields that do not fit together.
    """
    types = {name: _page(name, page, outcomes) for name, page in pages.items()}
    for one in types.values():
        if one.save.becomes is not None:
            one_of(f"payment_method_types: {one.type}", one.save.becomes, types)
    return types


def _page(name: str, page: Document, outcomes: Mapping[str, Outcome]) -> MethodType:
    where = f"payment_method_types: {name}"
    columns = row(
        where,
        page,
        {"type": str, "flow": dict, "save": dict},
        {
            "own_rules": bool,
            "choice": str,
            "choices": list,
            "update": list,
            "billing": dict,
            "take": dict,
            "account": dict,
            "show": dict,
            "tables": dict,
            "mandate": dict,
            "sandbox": dict,
        },
    )
    if columns["type"] != name:
        raise CatalogError(f"{where}: the file is called otherwise than its type {columns['type']}")
    take = tuple(_take(f"{where}.{key}", key, given) for key, given in columns.get("take", {}).items())
    taken = {one.name for one in take}
    made = MethodType(
        type=name,
        flow=_flow(where, columns["flow"]),
        save=_saving(where, columns["save"]),
        billing=_billing(where, columns.get("billing", {})),
        take=take,
        show=_shows(where, columns, taken),
        account=_account(where, columns["account"], taken) if "account" in columns else None,
        choice=columns.get("choice"),
        choices=tuple(map(tuple, columns.get("choices", []))),
        update=tuple(columns.get("update", [])),
        mandate=MappingProxyType(columns.get("mandate", {})),
        sandbox=_sandbox(where, columns.get("sandbox", {}), outcomes),
        own_rules=columns.get("own_rules", False),
    )
    _check_page(where, made, taken)
    return made


def _check_page(where: str, made: MethodType, taken: set[str]) -> None:
    for named in (*made.update, *(name for group in made.choices for name in group)):
        one_of(where, named, taken)
    if (made.choice is None) != (not made.choices) or made.choice not in {None, "one", "at_most_one"}:
        raise CatalogError(f"{where}: choice is one or at_most_one, and goes with choices")
    secrets = {one.name for one in made.take if one.secret}
    vaulted = {*made.account.number, made.account.alias} if made.account else set()
    if not secrets <= vaulted:
        raise CatalogError(f"{where}: {sorted(secrets - vaulted)} would never reach the vault")
    if made.own_rules and (made.take or made.show):
        raise CatalogError(f"{where}: either the page or code says what is taken")


def _take(where: str, name: str, given: object) -> Take:
    columns = row(where, given, {"check": str}, {"required": bool, "secret": bool})
    one_of(where, columns["check"], CHECKS)
    return Take(name, **columns)


def _shows(where: str, columns: Document, taken: set[str]) -> tuple[Show, ...]:
    tables = columns.get("tables", {})
    return tuple(
        _show(f"{where}.{name}", name, given, taken, tables)
        for name, given in columns.get("show", {}).items()
    )


def _show(where: str, name: str, given: Any, taken: set[str], tables: Document) -> Show:
    optional = {"of": str, "default": str, "table": str, "personal": bool}
    value = given.get("value")
    columns = row(where, {k: v for k, v in given.items() if k != "value"}, {"from": str}, optional)
    source, of = one_of(where, columns["from"], DERIVATIONS), columns.get("of", name)
    if source not in {"always", "fingerprint", "nothing", "nz_bank_name"}:
        one_of(where, of, taken)
    table = columns.get("table")
    if (source == "lookup") != (table is not None):
        raise CatalogError(f"{where}: a table goes with lookup")
    looked_up = MappingProxyType(tables[one_of(where, table, tables)]) if table is not None else None
    return Show(
        name, source, of, columns.get("default"), value, looked_up, personal=columns.get("personal", False)
    )


def _account(where: str, given: object, taken: set[str]) -> Account:
    optional = {"country": str, "routing": list, "alias": str, "kind": str, "check": str}
    columns = row(where, given, {"number": list}, optional)
    for named in (*columns["number"], *columns.get("routing", [])):
        one_of(where, named, taken)
    if "check" in columns:
        one_of(where, columns["check"], ACCOUNT_CHECKS)
    if "alias" in columns:
        one_of(where, columns["alias"], taken)
    return Account(**_tuples(columns, "number", "routing"))


def _tuples(columns: Document, *names: str) -> Document:
    """Return the columns, those of `names` that are there as tuples."""
    return {name: tuple(value) if name in names else value for name, value in columns.items()}


def _flow(where: str, given: object) -> Flow:
    required = {"confirmation": str, "next_actions": list, "refunds": str}
    columns = row(where, given, required, {"refund_days": int, "confirm_options": list})
    one_of(where, columns["confirmation"], CONFIRMATIONS)
    one_of(where, columns["refunds"], _REFUNDS)
    return Flow(**_tuples(columns, "next_actions", "confirm_options"))


def _saving(where: str, given: object) -> Saving:
    columns = row(
        where,
        given,
        {"attach": str, "mandate": bool},
        {"mandate_waits": bool, "becomes": str, "becomes_number": str},
    )
    one_of(where, columns["attach"], {DIRECT, AFTER_VERIFICATION, INTENT_ONLY, NEVER})
    if ("becomes" in columns) != ("becomes_number" in columns):
        raise CatalogError(f"{where}: what it becomes has a number, and only that")
    if columns.get("mandate_waits") and not columns["mandate"]:
        raise CatalogError(f"{where}: without mandates none waits")
    return Saving(**columns)


def _billing(where: str, given: object) -> Billing:
    columns = row(where, given, {}, {"create": list, "confirm": list, "why": str})
    for name in (*columns.get("create", []), *columns.get("confirm", [])):
        one_of(where, name, BILLING)
    return Billing(tuple(columns.get("create", [])), tuple(columns.get("confirm", [])), columns.get("why"))


def _sandbox(where: str, given: object, outcomes: Mapping[str, Outcome]) -> Sandbox:
    known = {"accounts": list, "details": dict, "billing": dict, "mail": bool, "spelled": str}
    columns = row(where, given, {}, known)
    accounts: dict[str, str] = {}
    magic: dict[str, tuple[str, str]] = {}
    for one in columns.get("accounts", []):
        account = row(where, one, {"number": str, "outcome": str}, {"id": str})
        one_of(where, account["outcome"], outcomes)
        # Two published lists give one number twice; the first row is what the number itself comes to.
        accounts.setdefault(account["number"], account["outcome"])
        if "id" in account:
            ids = {account["id"], account["id"].replace(MAGIC, columns.get("spelled", MAGIC), 1)}
            magic |= dict.fromkeys(ids, (account["number"], account["outcome"]))
    return Sandbox(
        MappingProxyType(accounts),
        MappingProxyType(magic),
        MappingProxyType(columns.get("details", {})),
        MappingProxyType(columns.get("billing", {})),
        columns.get("mail", False),
    )


# -- looking up -------------------------------------------------------------------------------------------------------


def read_pages(folder: Path = FOLDER) -> dict[str, Document]:
    """Return every page by its file's name."""
    return {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.toml"))}


@cache
def outcome_table() -> dict[str, Outcome]:
    """Return what comes of test accounts, by name."""
    optional = {"fails": str, "later": bool, "disputed": bool, "stays": str, "verification": str}
    optional |= {"blocked": bool, "mandate": str, "setup": str}
    rows = read("method_outcomes")
    return {
        name: Outcome(**row(f"method_outcomes: {name}", given, {}, optional)) for name, given in rows.items()
    }


@cache
def method_types() -> dict[str, MethodType]:
    """Return every type by name, read and checked on first use."""
    return build(read_pages(), outcome_table())


@cache
def _magic_ids() -> dict[str, MethodType]:
    return {name: one for one in method_types().values() for name in one.sandbox.magic}


def magic_method(name: str) -> MagicMethod | None:
    """Return what the PaymentMethod `name` (`pm_success_de`; case counts) stands for, or None if it is not magic."""
    one = _magic_ids().get(name)
    if one is None or one.account is None:
        return None
    number, outcome = one.sandbox.magic[name]
    details = {**one.sandbox.details, one.account.number[0]: MagicNumber(number, outcome)}
    return MagicMethod(one.type, details, dict(one.sandbox.billing))
