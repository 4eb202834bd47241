"""Rules about what may be written to an account, and what it has by default. Pure: values in, facts or a refusal out.

Stripe's sentences are given by their gist; status, code and param are what clients go by.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from strongroom.catalog.accounts import FULL, RECIPIENT, account_tables
from strongroom.catalog.countries import is_country
from strongroom.domain.controllers import APPLICATION, STRIPE, Controller
from strongroom.errors import Forbidden, InvalidRequest, echo, parameters_exclusive

CARD_PAYMENTS: Final = "card_payments"
TRANSFERS: Final = "transfers"
INDIVIDUAL: Final = "individual"
COMPANY: Final = "company"

ENTITY_PARAMETERS: Final = ("business_type", COMPANY, INDIVIDUAL, "tos_acceptance")
"""What only whoever collects the requirements may write, and what an account token holds."""
_VERIFIED_BY: Final = ("dob", "first_name", "id_number", "last_name", "ssn_last_4")
BESIDE_PERSON_TOKEN: Final = frozenset({"documents", "expand", "metadata", "person_token", "relationship"})
"""What may be sent beside a person token."""


# -- country, agreement, capabilities ---------------------------------------------------------------------------------


def check_country(country: str, agreement: str = FULL) -> None:
    """Check that accounts can be in `country` under `agreement`.

    Raises:
        InvalidRequest: no country by ISO 3166-1 alpha-2, or `country_unsupported`; both `country`.
    """
    if not is_country(country):
        raise InvalidRequest(
            f"Country '{echo(country)}' is unknown. Try using a 2-character alphanumeric country code instead, such as "
            "'US', 'EG', or 'GB'.",
            param="country",
        )
    known = account_tables().countries.get(country)
    if known is None or agreement not in known.agreements:
        raise InvalidRequest(
            f"Connected accounts in {country} cannot be created under the {agreement} service agreement.",
            code="country_unsupported",
            param="country",
        )


def default_currency(country: str) -> str:
    """Return the currency an account in `country` has unless another was sent, in lower case."""
    return account_tables().countries[country].currency


def check_capabilities(
    newly: Collection[str], requested: Collection[str], *, country: str, agreement: str
) -> None:
    """Check that capabilities go together.

    Args:
        newly: those this call requests.
        requested: all that are requested once it is done.
        country: the account's.
        agreement: `full` or `recipient`.

    Raises:
        InvalidRequest: `capabilities`.
    """
    if agreement == RECIPIENT:
        _check_recipient(newly)
        return
    if TRANSFERS in newly and CARD_PAYMENTS not in requested:
        raise _pairing(
            f"You cannot request the `transfers` capability without the `card_payments` capability for accounts in "
            f"{country} under the full service agreement."
        )
    if CARD_PAYMENTS in newly and TRANSFERS not in requested:
        raise _pairing(
            "The `card_payments` capability is not supported without the `transfers` capability. Request both."
        )


def _check_recipient(newly: Collection[str]) -> None:
    others = sorted(name for name in newly if name != TRANSFERS)
    if others:
        raise _pairing(
            f"Accounts under the recipient service agreement may only request the `transfers` capability, not `{others[0]}`."
        )


def _pairing(message: str) -> InvalidRequest:
    return InvalidRequest(message, param="capabilities")


# -- who may write what -----------------------------------------------------------------------------------------------


def check_entity(business_type: str | None, given: Collection[str]) -> None:
    """Check that `individual` and `company` go with the account's business type.

    Args:
        business_type: what this call says, or else what is stored.
        given: the names of the parameters that were sent.

    Raises:
        InvalidRequest: no code; `individual` or `company`.
    """
    named = [name for name in (INDIVIDUAL, COMPANY) if name in given]
    if named and business_type is None:
        raise InvalidRequest(
            f"You must provide a `business_type` before you can provide `{named[0]}` parameters.",
            param=named[0],
        )
    if INDIVIDUAL in named and business_type != INDIVIDUAL:
        raise InvalidRequest(
            "You may only provide `individual` parameters when `business_type` is `individual`.",
            param=INDIVIDUAL,
        )


def check_platform_may_write(
    controller: Controller, given: Collection[str], *, account: str, is_onboarding: bool
) -> None:
    """Check that a platform writes nothing that the account's owner is to give to us.

    Args:
        controller: the account's.
        given: the names of the parameters that were sent.
        account: the account's id.
        is_onboarding: whether an account link or session was ever made.

    Raises:
        Forbidden: 403, `oauth_not_supported`.
    """
    if controller.requirement_collection != STRIPE:
        return
    for name in ENTITY_PARAMETERS:
        if name in given and (is_onboarding or name == "tos_acceptance"):
            raise _not_permitted(name, account)


def check_platform_may_write_persons(controller: Controller, *, account: str, is_onboarding: bool) -> None:
    """Check that a platform may make, change or delete persons; see `check_platform_may_write`."""
    check_platform_may_write(controller, (INDIVIDUAL,), account=account, is_onboarding=is_onboarding)


def check_verified_stays(
    controller: Controller, status: str, given: Mapping[str, Any], *, account: str
) -> None:
    """Check that a platform leaves alone what a verified person was verified by, unless it collects the requirements.

    Args:
        controller: the account's.
        status: the person's `verification.status`.
        given: what is to be written of the person.
        account: the account's id.

    Raises:
        Forbidden: 403, `oauth_not_supported` (inferred).
    """
    if controller.requirement_collection != STRIPE or status != "verified":
        return
    for name in _VERIFIED_BY:
        if name in given:
            raise _not_permitted(name, account)


def _not_permitted(name: str, account: str) -> Forbidden:
    return Forbidden(
        f"This application does not have the required permissions for the parameter '{name}' on account '{echo(account)}'.",
        code="oauth_not_supported",
    )


def check_inline_allowed(
    controller: Controller, given: Collection[str], *, platform_country: str, what: str = "accounts"
) -> None:
    """Check that a platform may send personal data as it is: it is the platform's country that counts, not the account's.

    Args:
        controller: the account's.
        given: the names of the parameters that were sent.
        platform_country: the platform's.
        what: `accounts` or `persons`; the rule for the second is inferred.

    Raises:
        InvalidRequest: no code; it would have to be a token.
    """
    is_bound = platform_country in account_tables().tokens_only
    inline = set(given) - BESIDE_PERSON_TOKEN if what == "persons" else set(given) & set(ENTITY_PARAMETERS)
    if is_bound and inline and controller.requirement_collection == APPLICATION:
        token = what.removesuffix("s")
        raise InvalidRequest(
            f"Connect platforms based in {platform_country} must create {what} via {token} tokens when requirement "
            "collection is `application`."
        )


def check_account_token(given: Collection[str]) -> None:
    """Check that nothing stands beside `account_token` that belongs into it.

    Raises:
        ParameterRefused: `parameters_exclusive`, the inline parameter (inferred).
    """
    for name in ENTITY_PARAMETERS:
        if name in given:
            raise parameters_exclusive("account_token", name)


def check_same_business(stored: str | None, held: Mapping[str, Any]) -> None:
    """Check that an account token is for such a business as the account is.

    Args:
        stored: the account's business type.
        held: what the token holds.

    Raises:
        InvalidRequest: no code; `individual`, as seen on the wire, or what else the token holds (inferred).
    """
    told = held.get("business_type")
    if stored is None or told is None or told == stored:
        return
    param = next((name for name in (INDIVIDUAL, COMPANY) if name in held), "business_type")
    raise InvalidRequest(
        f"The account token is for the `business_type` `{told}`, but the account's is `{stored}`.",
        param=param,
    )


def check_person_token(given: Collection[str]) -> None:
    """Check that no personal leaf stands beside `person_token`.

    Raises:
        ParameterRefused: `parameters_exclusive`, the inline parameter (inferred).
    """
    for name in sorted(given):
        if name not in BESIDE_PERSON_TOKEN:
            raise parameters_exclusive("person_token", name)


def check_accepted_terms(*, are_accepted: bool | None) -> None:
    """Check that a token that makes an account says `tos_shown_and_accepted`.

    Raises:
        InvalidRequest: `account_token`.
    """
    if are_accepted is not True:
        raise InvalidRequest(
            "A token that creates an account must have `tos_shown_and_accepted` set to true.",
            param="account_token",
        )


def check_ownership_declaration(company: Mapping[str, Any], *, country: str) -> None:
    """Check that owners may be declared complete in `country`.

    Raises:
        InvalidRequest: `ownership_declaration_not_allowed`.
    """
    if company.get("ownership_declaration") and country not in account_tables().ownership_declaration:
        raise InvalidRequest(
            f"A company ownership declaration is not allowed for accounts in {country}.",
            code="ownership_declaration_not_allowed",
            param="company[ownership_declaration]",
        )


# -- addresses and phone numbers --------------------------------------------------------------------------------------


def check_company_address(
    address: Mapping[str, Any], *, country: str, param: str = "company[address]"
) -> None:
    """Check that a company is where its account is, and that the address can be.

    Raises:
        InvalidRequest: `account_country_invalid_address`, or as `check_address`.
    """
    if address.get("country") and address["country"].upper() != country:
        raise InvalidRequest(
            f"The country of the business address must be the account's, {country}.",
            code="account_country_invalid_address",
            param=f"{param}[country]",
        )
    check_address(address, country=country, param=param)


def check_address(address: Mapping[str, Any], *, country: str, param: str) -> None:
    """Check that postal code and state can be.

    Args:
        address: what was sent.
        country: the account's, for an address that says none.
        param: the parameter to name, such as `individual[address]`.

    Raises:
        InvalidRequest: `postal_code_invalid`, `state_unsupported`, or `country_code_invalid` (inferred code).
    """
    where = (address.get("country") or country).upper()
    if not is_country(where):
        raise InvalidRequest(
            "This is not the two-letter code of a country.",
            code="country_code_invalid",
            param=f"{param}[country]",
        )
    known = account_tables().countries.get(where)
    if known is None:
        return
    postal_code, state = address.get("postal_code"), address.get("state")
    if postal_code and not known.postal_code.fullmatch(postal_code.strip().upper()):
        raise InvalidRequest(
            f"This is not a postal code of {where}.",
            code="postal_code_invalid",
            param=f"{param}[postal_code]",
        )
    if state and known.states and state.strip().casefold() not in known.states:
        raise InvalidRequest(
            f"This is not a state of {where}.", code="state_unsupported", param=f"{param}[state]"
        )


_TEST_PHONES: Final = ("0000000000", "10000000000")
_TEST_PHONE_SHOWN: Final = "+10000000000"
_NO_DIGITS: Final = re.compile(r"[^0-9]+")


def phone_number(text: str, *, country: str, param: str) -> str:
    """Return a phone number in E.164, such as `+14155552671`.

    Args:
        text: as it was typed.
        country: whose dialling plan is meant where the number does not begin with `+`: the account's.
        param: the parameter to name.

    Raises:
        InvalidRequest: it cannot be one (inferred).
    """
    import phonenumbers

    if _NO_DIGITS.sub("", text) in _TEST_PHONES:
        return _TEST_PHONE_SHOWN
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise InvalidRequest("This is not a valid phone number.", param=param)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


# -- statement descriptors --------------------------------------------------------------------------------------------

DESCRIPTOR_LENGTHS: Final = (5, 22)
PREFIX_LENGTHS: Final = (2, 10)
_FORBIDDEN: Final = frozenset("<>\\'\"*")
_LETTER: Final = re.compile(r"[A-Za-z]")


def check_statement_descriptor(text: str, *, param: str = "settings[payments][statement_descriptor]") -> None:
    """Check what a bank statement is to show: 5 to 22 characters, one of them a Latin letter, no bracket, quote or star.

    Raises:
        InvalidRequest: `param`.
    """
    _check_descriptor(text, DESCRIPTOR_LENGTHS, param)


def check_statement_descriptor_prefix(
    text: str, *, param: str = "settings[card_payments][statement_descriptor_prefix]"
) -> None:
    """Check what card statements are to begin with: 2 to 10 characters, and the rest as above.

    Raises:
        InvalidRequest: `param`.
    """
    _check_descriptor(text, PREFIX_LENGTHS, param)


def _check_descriptor(text: str, lengths: tuple[int, int], param: str) -> None:
    shortest, longest = lengths
    if not shortest <= len(text) <= longest:
        raise InvalidRequest(
            f"The statement descriptor must be between {shortest} and {longest} characters long.", param=param
        )
    if not _LETTER.search(text):
        raise InvalidRequest("The statement descriptor must contain at least one letter.", param=param)
    if _FORBIDDEN & set(text):
        raise InvalidRequest(
            "The statement descriptor must not contain any of the following characters: <, >, \\, ', \", *.",
            param=param,
        )
