"""What is written into an account: by its platform with a create or an update, and by its holder on a page of ours."""

from typing import Final

from strongroom.resources import account_checks as checks
from strongroom.resources import account_documents, documents, external_accounts, person_parts, records
from strongroom.resources import account_forms as forms
from strongroom.resources import account_views as views
from strongroom.resources import accounts_access as access
from strongroom.resources.account_parts import Whole
from strongroom.resources.call import Call
from strongroom.resources.cards import EMPTY_ADDRESS
from strongroom.resources.changes import merge_metadata
from strongroom.resources.connected_methods import OFFERED, newly_on_by_default
from strongroom.resources.kind import Document
from strongroom.vault.identity import Where, check_number

# A company's numbers, and the field each is checked and kept as.
NUMBERS: Final = {name: f"company.{name}" for name in ("registration_number", "tax_id", "vat_id")}
FLAGS: Final = {"company.tax_id": "tax_id_provided", "company.vat_id": "vat_id_provided"}

NO_COMPANY: Final[Document] = {
    "address": EMPTY_ADDRESS,
    "directors_provided": False,
    "executives_provided": False,
    "name": None,
    "owners_provided": False,
    "tax_id_provided": False,
    "verification": {"document": views.NO_DOCUMENT},
}
# What is always shown of a company, and null while unknown; the rest is left out until it is given.
COMPANY_ALWAYS: Final = frozenset(NO_COMPANY)


async def write(whole: Whole, platform: Call, params: Document, *, by_holder: bool = False) -> None:
    """Change the account as the parameters of a create or an update say.

    Args:
        whole: the account.
        platform: the call that acts on its platform, whose tokens and files may be used as well.
        params: the parameters, typed.
        by_holder: whether the account's holder writes, who may always say where payouts go.

    Raises:
        errors.Forbidden: `oauth_not_supported`, the holder looks after external accounts.
        errors.InvalidRequest: the first thing wrong.
    """
    given = checks.checked(whole.doc, params)
    if given.get("settings"):
        given["settings"] = await account_documents.take_settings(whole, platform, given["settings"])
    _take_fields(whole, given)
    _take_capabilities(whole, params.get("capabilities") or {})
    if "company" in given:
        await _take_company(whole, platform, given["company"])
    if "individual" in given:
        part = whole.individual() or person_parts.add(whole)
        relationship = {**(given["individual"].get("relationship") or {}), "representative": True}
        individual = {**given["individual"], "relationship": relationship}
        await person_parts.write(whole, part, individual, root="individual", platform=platform)
    if given.get("documents"):
        seen = await account_documents.take(whole, platform, given["documents"])
        _note_checks(whole, "account", {"documents": seen})
    if given.get("external_account"):
        if not by_holder:
            access.check_may_write_payouts(whole)
        await external_accounts.take_the_place(whole, platform, given["external_account"])
    elif "external_account" in given:
        await external_accounts.drop_all(whole)
    request_by_default(whole, await newly_on_by_default(platform, whole))


def _take_fields(whole: Whole, given: Document) -> None:
    old = whole.doc
    written: Document = {}
    for name in ("business_type", "email"):
        if name in given:
            written[name] = given[name] or None
    if given.get("default_currency"):
        written["default_currency"] = given["default_currency"]
    for name in ("business_profile", "groups", "settings", "tos_acceptance"):
        if name in given:
            written[name] = forms.merge(old.get(name), given[name])
    written["metadata"] = merge_metadata(old["metadata"], given.get("metadata"))
    new = {**old, **written}
    new["settings"] = checks.settings_in_use(new)
    whole.doc = new
    examined: Document = {
        name: given[name] for name in ("business_profile", "email", "settings") if name in given
    }
    _note_checks(whole, "account", examined)


def _note_checks(whole: Whole, subject: str, examined: Document, prefix: str = "") -> None:
    known = whole.private["checks"]
    found = forms.checks_of(whole.call, examined, known.get(subject, {}), prefix)
    whole.note(checks={**known, subject: found})


def _take_capabilities(whole: Whole, given: Document) -> None:
    """Note which capabilities are requested, and since when; one that is no longer requested is forgotten."""
    wanted = {name: one["requested"] for name, one in given.items() if "requested" in one}
    request_capabilities(whole, wanted)


def request_capabilities(whole: Whole, wanted: dict[str, bool]) -> None:
    """Request capabilities of an account, or no longer.

    Raises:
        errors.InvalidRequest: capabilities that go together are not requested together.
    """
    old: dict[str, int] = whole.private["requested"]
    requested = {name: since for name, since in old.items() if wanted.get(name, True)}
    newly = [name for name, is_on in wanted.items() if is_on and name not in old]
    requested |= dict.fromkeys(newly, whole.call.now)
    checks.check_capabilities(whole.doc, newly, requested)
    whole.note(requested=requested)


def request_by_default(whole: Whole, names: list[str]) -> None:
    """Request capabilities for what a platform has set on by default, and note it, so that each is asked for once."""
    if names:
        request_capabilities(whole, dict.fromkeys(names, True))
        whole.note(**{OFFERED: sorted({*whole.private.get(OFFERED, []), *names})})


async def _take_company(whole: Whole, platform: Call, given: Document) -> None:
    plain, numbers = forms.secrets_of(given, NUMBERS)
    plain, examined = await documents.take_verification(
        whole.call, platform, plain, purposes=documents.OF_COMPANIES, root="company"
    )
    _note_checks(whole, "company", examined, "company.")
    company = forms.merge(whole.doc["company"], plain)
    company = {key: value for key, value in company.items() if value is not None or key in COMPANY_ALWAYS}
    if numbers:
        await _take_numbers(whole, numbers)
        company |= {FLAGS[name]: number is not None for name, number in numbers.items() if name in FLAGS}
    whole.doc = {**whole.doc, "company": company}


async def _take_numbers(whole: Whole, numbers: records.Numbers) -> None:
    """Check and vault a company's numbers."""
    call = whole.call
    where = Where(whole.doc["country"], call.caller.livemode, call.now)
    found = dict(whole.private["checks"].get("company", {}))
    for field, number in numbers.items():
        param = f"company[{field.partition('.')[2]}]"
        check = None
        if number is not None:
            numbers[field], check = check_number(field, number, where, param=param)
        forms.note(found, field, check)
    whole.note(checks={**whole.private["checks"], "company": found})
    record = await records.with_numbers(call, whole.account.stored, numbers)
    whole.account.columns = {**whole.account.columns, "record": record}
