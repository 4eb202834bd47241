"""The rules of `domain` put to what was sent for an account or a person: each value in its one form, or a refusal."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from strongroom.catalog.accounts import FULL, RECIPIENT
from strongroom.domain import account_defaults, account_rules, controllers, identity, persons
from strongroom.domain.controllers import ACCOUNT, APPLICATION, Controller
from strongroom.errors import InvalidRequest
from strongroom.resources.call import Call
from strongroom.resources.kind import Document

TEST_PHONE: Final = "0000000000"
MINIMUM: Final = "minimum"


@contextmanager
def inside(root: str) -> Iterator[None]:
    """Let refusals of what is inside the parameter `root` name it by its whole path; an empty root is none."""
    try:
        yield
    except InvalidRequest as refusal:
        if root and refusal.param is not None and not refusal.param.startswith(root):
            head, bracket, rest = refusal.param.partition("[")
            refusal.param = f"{root}[{head}]{bracket}{rest}"
        raise


# -- accounts ---------------------------------------------------------------------------------------------------------


def new_account(params: Document, platform_country: str) -> Document:
    """Return what a new account is and stays, and its settings until somebody says otherwise.

    Args:
        params: those of the creation.
        platform_country: where an account is of which it is not said.

    Raises:
        errors.InvalidRequest: a controller, a country or a lack of capabilities that cannot be.
    """
    country = params.get("country") or platform_country
    agreement = _agreement(params.get("tos_acceptance") or {})
    controller = controllers.controller_of(params.get("type"), params.get("controller"))
    account_rules.check_country(country, agreement)
    controllers.check_capabilities_given(controller, params.get("capabilities"))
    return {
        "controller": controller.as_document(),
        "country": country,
        "default_currency": account_rules.default_currency(country),
        "settings": account_defaults.default_settings(
            None, country=country, agreement=agreement, controller=controller
        ),
        "type": controller.type,
    }


def controller_of(doc: Document) -> Controller:
    """Return who controls an account."""
    shown = doc["controller"]
    return Controller(
        ACCOUNT if shown["fees"]["payer"] == ACCOUNT else APPLICATION,
        shown["losses"]["payments"],
        shown["requirement_collection"],
        shown["stripe_dashboard"]["type"],
    )


def agreement_of(doc: Document) -> str:
    """Return the service agreement of an account: `full` or `recipient`."""
    return doc["tos_acceptance"].get("service_agreement") or FULL


def _agreement(acceptance: Document) -> str:
    agreement: str = acceptance.get("service_agreement") or FULL
    if agreement not in (FULL, RECIPIENT):
        raise InvalidRequest(
            "Invalid service agreement: must be one of full, recipient.",
            param="tos_acceptance[service_agreement]",
        )
    return agreement


def checked(doc: Document, params: Document) -> Document:
    """Return the parameters of an account with each value in its one form.

    Args:
        doc: the account as it is stored.
        params: those of a creation or an update.

    Raises:
        errors.InvalidRequest: the first thing wrong.
    """
    given = dict(params)
    account_rules.check_entity(params.get("business_type") or doc["business_type"], params)
    _agreement(params.get("tos_acceptance") or {})
    if params.get("company"):
        given["company"] = _company(doc, params["company"])
    if params.get("settings"):
        _check_descriptors(params["settings"])
    if params.get("default_currency"):
        given["default_currency"] = params["default_currency"].lower()
    if "tos_acceptance" in params:
        given["tos_acceptance"] = _shown_acceptance(params["tos_acceptance"])
    return given


def _company(doc: Document, given: Document) -> Document:
    account_rules.check_ownership_declaration(given, country=doc["country"])
    account_rules.check_company_address(given.get("address") or {}, country=doc["country"])
    # Seen on the wire: a company's number stays as it was typed, but for the one that tests type.
    if given.get("phone") == TEST_PHONE:
        return {**given, "phone": phone(TEST_PHONE, doc["country"], param="company[phone]")}
    return given


def phone(text: str, country: str, *, param: str) -> str:
    """Return a phone number in E.164."""
    return account_rules.phone_number(text, country=country, param=param)


def _check_descriptors(settings: Document) -> None:
    descriptor = (settings.get("payments") or {}).get("statement_descriptor")
    prefix = (settings.get("card_payments") or {}).get("statement_descriptor_prefix")
    payout = (settings.get("payouts") or {}).get("statement_descriptor")
    if descriptor:
        account_rules.check_statement_descriptor(descriptor)
    if prefix:
        account_rules.check_statement_descriptor_prefix(prefix)
    if payout:
        account_rules.check_statement_descriptor(payout, param="settings[payouts][statement_descriptor]")


def _shown_acceptance(given: Document) -> Document:
    """The ordinary agreement is not mentioned in answers."""
    return {key: value for key, value in given.items() if (key, value) != ("service_agreement", FULL)}


def settings_in_use(doc: Document) -> Document:
    """Return an account's settings with what follows from the rest of it filled in."""
    settings, profile = doc["settings"], doc["business_profile"]
    schedule = settings["payouts"]["schedule"]
    descriptor = settings["payments"]["statement_descriptor"] or account_defaults.default_descriptor(profile)
    prefix = settings["card_payments"]["statement_descriptor_prefix"]
    name = settings["dashboard"]["display_name"]
    return {
        **settings,
        "card_payments": {
            **settings["card_payments"],
            "statement_descriptor_prefix": prefix or account_defaults.default_prefix(descriptor),
        },
        "dashboard": {
            **settings["dashboard"],
            "display_name": name or account_defaults.default_display_name(profile),
        },
        "payments": {**settings["payments"], "statement_descriptor": descriptor},
        "payouts": {
            **settings["payouts"],
            "schedule": {**schedule, "delay_days": _delay_days(doc, schedule)},
        },
    }


def _delay_days(doc: Document, schedule: Document) -> int:
    days: int | str = schedule["delay_days"]
    if isinstance(days, int) and schedule["interval"] != account_defaults.MANUAL:
        return days
    return account_defaults.default_delay_days(doc["country"], agreement_of(doc), schedule["interval"])


def check_capabilities(doc: Document, newly: list[str], requested: dict[str, int]) -> None:
    """Refuse capabilities that do not go together.

    Raises:
        errors.InvalidRequest: `capabilities`.
    """
    account_rules.check_capabilities(newly, requested, country=doc["country"], agreement=agreement_of(doc))


# -- persons ----------------------------------------------------------------------------------------------------------


def checked_person(call: Call, given: Document, country: str, root: str) -> Document:
    """Return the parameters of a person with each value in its one form.

    Args:
        call: the request.
        given: the person's parameters.
        country: the account's.
        root: the parameter that holds them, or empty.

    Raises:
        errors.InvalidRequest: the first thing wrong.
    """
    with inside(root):
        _check_values(call, given, country)
        if given.get("phone"):
            return {**given, "phone": phone(given["phone"], country, param="phone")}
    return given


def _check_values(call: Call, given: Document, country: str) -> None:
    for name in ("address", "registered_address"):
        account_rules.check_address(given.get(name) or {}, country=country, param=name)
    if given.get("dob"):
        identity.check_dob(given["dob"], now=call.now)
    checks: dict[str, Any] = {
        "gender": persons.check_gender,
        "nationality": persons.check_nationality,
        "political_exposure": persons.check_political_exposure,
    }
    for name, check in checks.items():
        if given.get(name):
            check(given[name])
