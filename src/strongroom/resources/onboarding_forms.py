"""What the holder of an account is asked for on the onboarding page, and what becomes of what they fill in.

The page writes as the API does: its fields are the parameters of accounts and persons, checked by the same contract and
the same rules, so that a refusal names the field it is about. Nothing secret is ever shown again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from strongroom import errors
from strongroom.catalog.accounts import account_tables
from strongroom.catalog.banks import bank_tables
from strongroom.catalog.onboarding import CONSENT, DOCUMENT, SEALED, TICK
from strongroom.catalog.requirements import ROLES
from strongroom.contract import contract
from strongroom.domain import onboarding as page
from strongroom.domain.account_rules import CARD_PAYMENTS, TRANSFERS
from strongroom.domain.facts import INDIVIDUAL, Facts
from strongroom.domain.onboarding import Asked, Field, Section
from strongroom.domain.owed import owed
from strongroom.resources import account_writing, person_parts
from strongroom.resources.account_checks import inside
from strongroom.resources.account_parts import Whole, load
from strongroom.resources.accounts_access import platform_of
from strongroom.resources.call import Call
from strongroom.resources.kind import Document
from strongroom.resources.onboarding import EVENTUALLY, UPDATE, Ticket

__all__ = ["Errors", "Field", "Section", "Step", "step", "submit"]

ACCOUNT_OPERATION: Final = "POST /v1/accounts/{account}"
PERSON_OPERATION: Final = "POST /v1/accounts/{account}/persons/{person}"
GENERAL: Final = ""
"""Where an error stands that is about no single field."""

Errors = dict[str, str]
"""Field → what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One page: what it asks for, and what is known already."""

    account: str
    livemode: bool
    asked: Asked
    values: Mapping[str, str]
    """What is shown in the fields; nothing of it is secret."""
    given: frozenset[str]
    """Secret fields that hold something already, and may stay empty."""
    notices: Mapping[str, str]
    """Field → why what was given before will not do."""
    waits: bool
    """Whether something is being checked."""


async def step(call: Call, ticket: Ticket) -> Step:
    """Return what the page asks for now.

    Raises:
        errors.Forbidden: the account was deleted.
    """
    return _step(await load(call), ticket)


def _step(whole: Whole, ticket: Ticket) -> Step:
    facts = whole.facts(checked=False)
    asked = page.asked(_paths(whole, facts, ticket), facts, livemode=whole.call.caller.livemode)
    values = {field.name: _shown(page.value_at(facts, field)) for field in asked.fields if _is_shown(field)}
    reasons = {one["requirement"]: one["reason"] for one in whole.doc["requirements"]["errors"]}
    return Step(
        account=whole.account.id,
        livemode=whole.call.caller.livemode,
        asked=asked,
        values={name: value for name, value in values.items() if value},
        given=frozenset(field.name for field in asked.fields if _is_kept(field, whole, facts)),
        notices={field.name: reasons[field.path] for field in asked.fields if field.path in reasons},
        waits=bool(whole.doc["requirements"]["pending_verification"]),
    )


def _paths(whole: Whole, facts: Facts, ticket: Ticket) -> set[str]:
    """Return the requirements the link collects: what is due, or with an update everything there is."""
    present, future = whole.doc["requirements"], whole.doc["future_requirements"]
    paths = set(present["currently_due"])
    if ticket.fields == EVENTUALLY:
        paths |= set(present["eventually_due"])
    if ticket.future:
        paths |= set(future[ticket.fields])
    if ticket.type == UPDATE:
        paths |= {
            path for path, need in owed(facts).now.items() if not (need.is_met and "tos_acceptance" in path)
        }
    return paths


def _is_shown(field: Field) -> bool:
    return field.words.kind not in (SEALED, DOCUMENT, CONSENT)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else ""
    if isinstance(value, list):
        value = value[0] if value else ""
    return "" if value is None else str(value)


def _is_kept(field: Field, whole: Whole, facts: Facts) -> bool:
    """Whether a field that shows nothing holds something that has not been found wanting."""
    due = {*whole.doc["requirements"]["currently_due"], *whole.doc["future_requirements"]["eventually_due"]}
    return (field.words.kind in (SEALED, DOCUMENT) and field.path not in due) or (
        field.path == page.EXTERNAL_ACCOUNT and facts.has_external_account
    )


# -- what was filled in -----------------------------------------------------------------------------------------------


async def submit(call: Call, ticket: Ticket, sent: Mapping[str, str]) -> Errors:
    """Stage what was filled in, all of it or nothing, and return what is wrong by field; nothing wrong: commit `call`.

    Raises:
        errors.Forbidden: the account was deleted.
    """
    found: Errors = {}
    usable = {name: value.strip() for name, value in sent.items()}
    asked = (await step(call, ticket)).asked
    for _ in range(len(asked.fields) + 1):
        whole = await load(call)
        now = _step(whole, ticket)
        for name, words in page.missing(now.asked, sent, given=now.given):
            found.setdefault(name, words)
        refusal = await _refusal(whole, now, usable)
        if refusal is None:
            break
        call.discard()
        about = _about(now.asked, refusal.param, usable)
        if refusal.param not in found:  # it only lacks now what was found wrong before
            found.setdefault(about[0] if about else GENERAL, refusal.message)
        if not about:
            break
        usable = {name: value for name, value in usable.items() if name not in about}
    if found:
        call.discard()
    return found


async def _refusal(whole: Whole, now: Step, sent: Mapping[str, str]) -> errors.ApiError | None:
    """Write what can be written; return the first refusal."""
    try:
        await _write(whole, now, sent)
    except (errors.InvalidRequest, errors.Forbidden) as refusal:
        return refusal
    return None


def _about(asked: Asked, param: str | None, sent: Mapping[str, str]) -> list[str]:
    """Return the filled-in fields that a refusal is about: the one of that name, those inside it, or the one around it."""
    if param is None:
        return []
    names = [field.name for field in asked.fields if sent.get(field.name)]
    exact = [name for name in names if name == param]
    within = [name for name in names if name.startswith(f"{param}[")]
    around = [name for name in names if param.startswith(f"{name}[")]
    siblings = [name for name in names if name.rpartition("[")[0] == param.rpartition("[")[0] != ""]
    return exact or within or around or siblings


async def _write(whole: Whole, now: Step, sent: Mapping[str, str]) -> None:
    platform = await platform_of(whole.call)
    sections = {section.key: section for section in now.asked.sections}
    account_names = [f for key, one in sections.items() for f in one.fields if not _is_of_person(key, f)]
    given = {**_filled(account_names, now, sent)}
    params = _typed(ACCOUNT_OPERATION, _with_bank(whole, given))
    for field in account_names:
        if field.words.kind == CONSENT and sent.get(field.name):
            _put(params, field.name, _acceptance(whole.call))
    await account_writing.write(whole, platform, params, by_holder=True)
    for section in sections.values():
        await _write_person(whole, platform, section, now, sent)
    _request_what_everybody_has(whole)
    whole.save()


def _is_of_person(key: str, field: Field) -> bool:
    return field.name.startswith(f"{key}[") and key not in (
        page.ACCOUNT, page.COMPANY, page.EXTERNAL_ACCOUNT, page.DOCUMENTS, INDIVIDUAL
    )  # fmt: skip


async def _write_person(
    whole: Whole, platform: Call, section: Section, now: Step, sent: Mapping[str, str]
) -> None:
    """Write a person who is there, or make one of what was filled in."""
    fields = [field for field in section.fields if _is_of_person(section.key, field)]
    given = _filled(fields, now, sent)
    if not given or (section.may_be_empty and not page.is_filled(section, sent)):
        return
    root = section.key
    with inside(root):
        typed = _typed(PERSON_OPERATION, given).get(root, {})
    for field in fields:
        if field.words.kind == CONSENT and sent.get(field.name):
            _put(typed, field.name.partition("[")[2].replace("]", "", 1), _acceptance(whole.call))
    role = ROLES.get(root, root) if root not in whole.persons else None
    if role is not None:
        typed["relationship"] = {**(typed.get("relationship") or {}), role: True}
    part = whole.persons.get(root) or person_parts.add(whole)
    await person_parts.write(whole, part, typed, root=root, platform=platform)


def _filled(fields: list[Field], now: Step, sent: Mapping[str, str]) -> dict[str, str]:
    """Return what was filled in, by name; a tick that was taken away is told, and no other name means that there is none."""
    found = {}
    for field in fields:
        value = sent.get(field.name, "")
        if field.words.kind == CONSENT:
            continue
        if field.words.kind == TICK:
            value = "true" if value else "false" if now.values.get(field.name) else ""
        if value or field.name.endswith("[full_name_aliases][0]"):
            found[field.name] = value
    return found


def _with_bank(whole: Whole, given: dict[str, str]) -> dict[str, str]:
    """Return the parameters with what is known of a bank account without asking; one without a number is none."""
    root = page.EXTERNAL_ACCOUNT
    if not given.get(f"{root}[account_number]"):
        return {name: value for name, value in given.items() if not name.startswith(f"{root}[")}
    country = whole.doc["country"]
    known = bank_tables().countries[country].currencies
    currency = whole.doc["default_currency"]
    return {
        **given,
        f"{root}[object]": "bank_account",
        f"{root}[country]": country,
        f"{root}[currency]": currency if currency in known else known[0],
    }


def _acceptance(call: Call) -> Document:
    return {"date": call.now, "ip": call.origin.client_ip, "user_agent": call.origin.user_agent}


def _request_what_everybody_has(whole: Whole) -> None:
    """An account with the full dashboard takes cards and is paid out without its platform asking for either."""
    wanted = (CARD_PAYMENTS, TRANSFERS)
    country = whole.doc["country"]
    is_full = whole.doc["controller"]["stripe_dashboard"]["type"] == "full"
    if (
        is_full
        and not whole.private["requested"]
        and all(country in account_tables().capabilities[one] for one in wanted)
    ):
        account_writing.request_capabilities(whole, dict.fromkeys(wanted, True))


# -- names and trees --------------------------------------------------------------------------------------------------


def _typed(operation: str, given: Mapping[str, str]) -> Document:
    """Return parameters checked and typed by the contract.

    Raises:
        errors.ParameterRefused: the first thing wrong, by its name in the form.
    """
    tree: Document = {}
    for name, value in given.items():
        _put(tree, name, value)
    if operation == ACCOUNT_OPERATION:
        return contract().operations[operation].validate(tree)
    return {root: contract().operations[operation].validate(held) for root, held in tree.items()}


def _put(tree: Document, name: str, value: Any) -> None:
    """Put a value into a tree at a bracketed name."""
    *parents, leaf = name.replace("]", "").split("[")
    for parent in parents:
        tree = tree.setdefault(parent, {})
    tree[leaf] = value
