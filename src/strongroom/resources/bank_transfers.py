"""Where customers send money: the accounts, which are theirs alone, and the instructions that show them.

POST /v1/customers/{customer}/funding_instructions    create
"""

from typing import Final

from strongroom import errors
from strongroom.catalog.bank_transfers import Transfer, bank_transfers
from strongroom.domain.bank_transfers import iban, made_up
from strongroom.resources import customers
from strongroom.resources.call import Call
from strongroom.resources.cards import EMPTY_ADDRESS
from strongroom.resources.kind import Document
from strongroom.resources.registry import handles

PERMISSION: Final = "customer"
IBAN: Final = "iban"


@handles("POST /v1/customers/{customer}/funding_instructions", permission=PERMISSION)
async def create(call: Call, params: Document, *, customer: str) -> Document:
    """Show where a customer sends money of a currency. Asked again, it is the same account."""
    owner = await customers.load_living(call, customer, param="customer", in_path=True)
    transfer = check(params["bank_transfer"], params["currency"].lower(), param="bank_transfer")
    country = country_of(transfer, params["bank_transfer"])
    return {
        "object": "funding_instructions",
        "bank_transfer": {
            "country": country,
            "financial_addresses": addresses(transfer, params["bank_transfer"], owner.id),
            "type": transfer.type,
        },
        "currency": transfer.currency,
        "funding_type": "bank_transfer",
        "livemode": call.caller.livemode,
    }


def of_currency(currency: str, *, param: str = "currency") -> Transfer:
    """Return how money of a currency is sent.

    Raises:
        errors.ParameterRefused: it is not sent by bank transfer.
    """
    transfer = bank_transfers().of_currency(currency)
    if transfer is None:
        known = ", ".join(sorted(one.currency for one in bank_transfers().transfers.values()))
        raise errors.ParameterRefused(
            f"Invalid currency: {errors.echo(currency)}. Bank transfers are in one of: {known}.", param=param
        )
    return transfer


def check(given: Document, currency: str, *, param: str) -> Transfer:
    """Return the kind of transfer that was asked for.

    Raises:
        errors.ParameterRefused: not for the currency, or in no country where accounts are given out.
    """
    transfer = of_currency(currency)
    if given["type"] != transfer.type:
        raise errors.ParameterRefused(
            f"Transfers of {currency} are of type {transfer.type}.", param=f"{param}[type]"
        )
    if transfer.country is None and "eu_bank_transfer" not in given:
        raise errors.parameter_missing(f"{param}[eu_bank_transfer]")
    if transfer.country is None and country_of(transfer, given) not in bank_transfers().ibans:
        raise errors.ParameterRefused(
            f"The country must be one of {', '.join(sorted(bank_transfers().ibans))}.",
            param=f"{param}[eu_bank_transfer][country]",
        )
    return transfer


def country_of(transfer: Transfer, given: Document) -> str:
    """Return where the account is, alpha-2."""
    country: str = transfer.country or given["eu_bank_transfer"]["country"]
    return country


def addresses(transfer: Transfer, given: Document, customer: str) -> list[Document]:
    """Return the accounts to which a customer may send money, of those kinds that were asked for if any were."""
    wanted = given.get("requested_address_types")
    country = country_of(transfer, given)
    return [
        _address(name, country, customer) for name in transfer.addresses if wanted is None or name in wanted
    ]


def _address(name: str, country: str, customer: str) -> Document:
    known = bank_transfers().addresses[name]
    place = {**EMPTY_ADDRESS, "country": country}
    fields = {field: made_up(template, customer) for field, template in known.fields.items()}
    if name == IBAN:
        account = made_up(bank_transfers().ibans[country], customer)
        fields |= {"country": country, IBAN: iban(country, account)}
    inside = {"account_holder_address": place, "bank_address": place, **fields}
    return {"supported_networks": list(known.networks), "type": name, name: inside}
