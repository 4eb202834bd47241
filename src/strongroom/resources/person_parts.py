"""Persons as parts of an account: added, written, removed.

`write` is what both doors to a person have in common: the `individual` of an account, and the person itself. Its
identity numbers are vaulted together in one record; what is shown of them is that they were given.
"""

from typing import Final

from strongroom import ids
from strongroom.domain import account_rules
from strongroom.domain import persons as rules
from strongroom.resources import account_forms as forms
from strongroom.resources import account_views as views
from strongroom.resources import documents, records, tokens
from strongroom.resources.account_checks import checked_person, controller_of, inside
from strongroom.resources.account_parts import PERSON, ROLES, Part, Whole
from strongroom.resources.call import Call
from strongroom.resources.cards import PRIVATE
from strongroom.resources.changes import merge_metadata
from strongroom.resources.kind import Document
from strongroom.vault.identity import Where, check_number

__all__ = ["PERSON", "add", "remove", "write"]

NUMBERS: Final = {name: name for name in ("id_number", "id_number_secondary", "ssn_last_4")}
# What being given an identity number makes true: the full number counts for its last four digits, in every country.
FLAGS: Final = {
    "id_number": ("id_number_provided", "ssn_last_4_provided"),
    "id_number_secondary": ("id_number_secondary_provided",),
    "ssn_last_4": ("ssn_last_4_provided",),
}
# What is not shown until it is given, and not kept as null once it is taken back.
OPTIONAL: Final = frozenset(
    {
        "address_kana", "address_kanji", "first_name_kana", "first_name_kanji", "full_name_aliases", "gender",
        "last_name_kana", "last_name_kanji", "maiden_name", "nationality", "phone", "political_exposure",
        "registered_address", "us_cfpb_data",
    }
)  # fmt: skip
NOT_MERGED: Final = frozenset({"documents", "expand", "metadata", "person_token", "relationship"})


def add(whole: Whole) -> Part:
    """Add an empty person to an account."""
    call, account = whole.call, whole.doc
    person_id = ids.new("person")
    doc = views.blank_person(person_id, account["id"], call.now, account["country"])
    part = Part(person_id, doc, {"created": call.now, "record": None, **dict.fromkeys(ROLES, False)})
    whole.persons = {person_id: part, **whole.persons}
    return part


async def remove(whole: Whole, part: Part) -> None:
    """Take a person out of an account; its identity numbers are erased."""
    part.removed = True
    await whole.call.erase_record(part.columns["record"])


async def write(
    whole: Whole, part: Part, given: Document, *, root: str = "", platform: Call | None = None
) -> None:
    """Change a person as the parameters say.

    Args:
        whole: the account.
        part: the person.
        given: the person's parameters, typed; identity numbers wrapped.
        root: the parameter that holds them, for the `param` of errors: `individual`, or empty.
        platform: the call that acts on the platform, if its PII tokens and files may be used as well.

    Raises:
        errors.Forbidden: `oauth_not_supported`, the person was verified by it and is the holder's to change.
        errors.InvalidRequest: the first thing wrong.
    """
    call, country = whole.call, whole.doc["country"]
    status = part.doc["verification"]["status"]
    account_rules.check_verified_stays(controller_of(whole.doc), status, given, account=whole.account.id)
    given = checked_person(call, given, country, root)
    plain, numbers = forms.secrets_of(given, NUMBERS)
    plain, examined = await documents.take_verification(
        call, platform, plain, purposes=documents.OF_PERSONS, root=root
    )
    lists, examined["documents"] = await documents.take_lists(call, platform, plain.get("documents") or {})
    checks = forms.checks_of(call, examined, part.doc[PRIVATE]["checks"])
    if numbers:
        await _take_numbers(whole, part, numbers, checks, root=root, platform=platform)
    doc = _merged(part.doc, plain)
    held = {**doc[PRIVATE].get("documents", {}), **lists}
    part.doc = {**doc, PRIVATE: {**doc[PRIVATE], "checks": checks, "documents": held}}
    with inside(root):
        _relate(whole, part, given.get("relationship") or {})


def _relate(whole: Whole, part: Part, given: Document) -> None:
    """Change what a person is to the account. There is one representative: whoever was it before steps down."""
    _set_relationship(part, rules.merged_relationship(part.doc["relationship"], given))
    relationships = {key: one.doc["relationship"] for key, one in whole.living_persons().items()}
    rules.check_shares(relationships)
    if not part.doc["relationship"]["representative"]:
        return
    for key in rules.who_steps_down(part.id, relationships):
        other = whole.persons[key]
        _set_relationship(other, {**other.doc["relationship"], "representative": False})
    if whole.private["opener"] is None:
        whole.note(opener=part.id)


def _set_relationship(part: Part, relationship: Document) -> None:
    part.doc = {**part.doc, "relationship": relationship}
    part.columns = {**part.columns, **{role: bool(relationship[role]) for role in ROLES}}


def named(root: str, leaf: str) -> str:
    """Return the name of a parameter inside its hash."""
    return f"{root}[{leaf}]" if root else leaf


def _merged(old: Document, given: Document) -> Document:
    shown = {key: value for key, value in given.items() if key not in NOT_MERGED}
    new = forms.merge(old, shown)
    new["metadata"] = merge_metadata(old["metadata"], given.get("metadata"))
    new["dob"] = new["dob"] or views.NO_DATE
    # One blank alias says that there are none.
    if new.get("full_name_aliases") is not None:
        new["full_name_aliases"] = [alias for alias in new["full_name_aliases"] if alias]
    return {key: value for key, value in new.items() if value is not None or key not in OPTIONAL}


async def _take_numbers(
    whole: Whole,
    part: Part,
    numbers: records.Numbers,
    checks: forms.Checks,
    *,
    root: str,
    platform: Call | None,
) -> None:
    """Check and vault identity numbers, spending the PII tokens among them; `checks` receives what they come to."""
    call = whole.call
    where = Where(whole.doc["country"], call.caller.livemode, call.now)
    for field, number in numbers.items():
        found = None
        if number is not None:
            param = named(root, field)
            behind = await tokens.number_behind(call, platform, number, param=param)
            numbers[field], found = check_number(field, behind, where, param=param)
        forms.note(checks, field, found)
    part.columns = {
        **part.columns,
        "record": await records.with_numbers(call, part.stored, numbers),
    }
    flags = {flag: number is not None for field, number in numbers.items() for flag in FLAGS[field]}
    part.doc = {**part.doc, **flags}
