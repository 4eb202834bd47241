"""Accounts, as requirements see them: complete ones to take things away from."""

from copy import deepcopy

from strongroom.domain.facts import Facts, dig
from strongroom.domain.verification import examine

NOW = 1_750_000_000  # June 2025
BOTH = {"card_payments": NOW, "transfers": NOW}

ADDRESS = {
    "city": "Springfield",
    "country": None,
    "line1": "address_full_match",
    "line2": None,
    "postal_code": "12345",
    "state": "NY",
}
PERSON = {
    "first_name": "Jenny",
    "last_name": "Rosen",
    "email": "jenny@example.com",
    "phone": "+10000000000",
    "dob": {"day": 1, "month": 1, "year": 1902},
    "address": ADDRESS,
    "id_number_provided": True,
    "ssn_last_4_provided": True,
    "nationality": "US",
    "full_name_aliases": [],
    "political_exposure": "none",
    "first_name_kana": "a",
    "first_name_kanji": "a",
    "last_name_kana": "a",
    "last_name_kanji": "a",
    "relationship": {
        "director": False,
        "executive": True,
        "legal_guardian": False,
        "owner": False,
        "representative": True,
        "title": "CEO",
    },
    "verification": {"document": {"front": None}, "additional_document": {"front": None}},
}
COMPANY = {
    "name": "Rocket Rides",
    "name_kana": "a",
    "name_kanji": "a",
    "phone": "+10000000000",
    "address": ADDRESS,
    "tax_id_provided": True,
    "owners_provided": True,
    "directors_provided": True,
    "executives_provided": True,
}
ACCOUNT = {
    "country": "US",
    "business_type": "individual",
    "email": "owner@example.com",
    "business_profile": {"mcc": "5734", "url": "https://rocket.example.com", "product_description": None},
    "company": COMPANY,
    "documents": {"company_license": {"files": ["file_1"]}},
    "tos_acceptance": {"date": NOW, "ip": "127.0.0.1"},
    "settings": {},
}
PERSON_ID = "person_1"

AT_ONCE = {"dob": "1902-01-01", "id_number": "222222222"}
LATER = {"dob": "1901-01-01", "id_number": "000000000"}


def checks_of(written):
    """The checks of what was written, by field."""
    examined = {field: examine(field, value, livemode=False, now=NOW) for field, value in written.items()}
    return {field: check for field, check in examined.items() if check is not None}


def facts(*, person=None, account=None, persons=None, written=None, checks=None, **rest):
    """A complete account, with what differs; `written` are values that the person's checks come from."""
    given = {
        "account_id": "acct_1",
        "account": {**deepcopy(ACCOUNT), **(account or {})},
        "persons": {PERSON_ID: {**deepcopy(PERSON), **(person or {})}} if persons is None else persons,
        "requested": BOTH,
        "has_external_account": True,
        "checks": {PERSON_ID: checks_of(AT_ONCE if written is None else written), **(checks or {})},
        "checked": False,
        "rejected": None,
        **rest,
    }
    return Facts(**given)


def bare(**account):
    """An account about which nothing is known yet."""
    return facts(
        account={
            "business_type": None,
            "email": None,
            "business_profile": {"mcc": None, "url": None, "product_description": None},
            "company": None,
            "tos_acceptance": {"date": None, "ip": None},
            **account,
        },
        persons={},
        written={},
        has_external_account=False,
    )


def statuses(assessment):
    """The account's `capabilities` hash."""
    return {
        name: state.status for name, state in assessment.capabilities.items() if state.status != "unrequested"
    }


def fill(given, path):
    """The same facts with the value at one due path written, as an ordinary value that is never checked."""
    account, persons = deepcopy(given.account), deepcopy(dict(given.persons))
    if path == "external_account":
        return _replaced(given, has_external_account=True)
    head, _, leaf = path.partition(".")
    group = {"owners": "owner", "directors": "director", "executives": "executive"}.get(head)
    if head in ("individual", "representative") or group:
        target = _person(given, persons, head, group)
        _write(target, leaf, PERSON)
    elif head in persons:
        _write(persons[head], leaf, PERSON)
    elif path == "business_type":
        account["business_type"] = "individual"
    else:
        _write(account, path, {**ACCOUNT, "settings": SETTINGS})
    return _replaced(given, account=account, persons=persons)


SETTINGS = {
    "card_issuing": {"tos_acceptance": {"date": NOW, "ip": "127.0.0.1"}},
    "treasury": {"tos_acceptance": {"date": NOW, "ip": "127.0.0.1"}},
}


def _person(given, persons, head, group):
    if head == "individual" and given.holder:
        return persons[given.holder]
    new = {"relationship": {group or "representative": True}}
    persons[f"person_{len(persons) + 1}"] = new
    return new


def _write(document, leaf, pattern):
    shown = {
        "id_number": "id_number_provided",
        "ssn_last_4": "ssn_last_4_provided",
        "company.tax_id": "company.tax_id_provided",
    }
    path = shown.get(leaf, leaf)
    value = dig(pattern, path)
    *parents, last = path.split(".")
    for parent in parents:
        document = (
            document.setdefault(parent, {}) if document.get(parent) is not None else _new(document, parent)
        )
    document[last] = value if value is not None else "given"


def _new(document, name):
    document[name] = {}
    return document[name]


def _replaced(given, **changes):
    fields = (
        "account_id",
        "account",
        "persons",
        "requested",
        "has_external_account",
        "checks",
        "checked",
        "rejected",
    )
    return Facts(**{**{name: getattr(given, name) for name in fields}, **changes})


EMPTY_LISTS = {
    "alternatives": [],
    "currently_due": [],
    "errors": [],
    "eventually_due": [],
    "past_due": [],
    "pending_verification": [],
}
NOTHING_DUE = {**EMPTY_LISTS, "current_deadline": None, "disabled_reason": None}


def summary(assessment):
    return (
        statuses(assessment),
        assessment.charges_enabled,
        assessment.payouts_enabled,
        assessment.details_submitted,
        assessment.requirements["disabled_reason"],
    )


def both(status):
    return {"card_payments": status, "transfers": status}
