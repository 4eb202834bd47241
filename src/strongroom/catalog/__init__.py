"""What differs between cards, banks and countries, as data: TOML files, and the modules that read and check them.

    brands bins test_cards          → cards        what a number says, and which magic names stand for it
    behaviours decline_codes        → behaviours   what the sandbox does with a test card, and the words for it
    bank_countries test_banks       → banks        accounts per country, and the numbers test mode accepts
    disputes                        → disputes     what follows a test payment that has succeeded
    countries                       → countries    ISO 3166-1
    iban_parts                      → ibans        where an IBAN names bank and branch
    payment_method_types/*          → method_pages what each type of PaymentMethod takes, shows, costs and needs
    currencies                      → currencies   decimals, and how little and how much can be charged
    intent_options                  → intent_options  what intents say of each type at first
    failure_codes                   → failures     what is said of failed payments that are not by card
    holds                           → holds        how long money is held, and what else can be done with a hold
    pricing                         → pricing      what processing costs, and how long money waits
    eligibility                     → eligibility  where, for how much and for what each payment method can be used
    networks                        → networks     where no webhook goes
    tax_locations                   → tax_locations  what an address must say
    tax_ids                         → tax_ids      types, and what a value of each looks like
    microdeposits                   → microdeposits  what test mode makes of reported amounts
    customer_pages                  → customer_pages  where a customer does what is asked, and what can come of it
    next_actions                    → next_actions  how long they have, and the numbers they are given

Every table is read on first use and kept. `load` reads them all, so that a mistake in the data stops the start.
"""

from strongroom.catalog.accounts import account_tables
from strongroom.catalog.banks import bank_tables
from strongroom.catalog.behaviours import behaviour_table, mistake_table
from strongroom.catalog.cards import card_tables
from strongroom.catalog.countries import Country, country_table, is_country
from strongroom.catalog.currencies import currencies
from strongroom.catalog.customer_pages import customer_pages
from strongroom.catalog.disputes import dispute_tables
from strongroom.catalog.eligibility import methods
from strongroom.catalog.failures import failures
from strongroom.catalog.files import FilePurpose, FileType, MagicFile, file_tables, magic_file
from strongroom.catalog.holds import holds
from strongroom.catalog.ibans import iban_parts
from strongroom.catalog.intent_options import intent_options
from strongroom.catalog.magic import MagicBank, MagicCard, MagicNumber, magic_payment_method, magic_token
from strongroom.catalog.method_pages import magic_method, method_types
from strongroom.catalog.method_shapes import MagicMethod, MethodType
from strongroom.catalog.microdeposits import microdeposits
from strongroom.catalog.networks import network_tables
from strongroom.catalog.next_actions import next_actions
from strongroom.catalog.pricing import pricing
from strongroom.catalog.reading import CatalogError
from strongroom.catalog.requirements import requirement_tables
from strongroom.catalog.tax_ids import tax_id_tables
from strongroom.catalog.tax_locations import tax_location_needs
from strongroom.catalog.verification import verification_tables

__all__ = [
    "CatalogError",
    "Country",
    "FilePurpose",
    "FileType",
    "MagicBank",
    "MagicCard",
    "MagicFile",
    "MagicMethod",
    "MagicNumber",
    "MethodType",
    "country_table",
    "file_tables",
    "is_country",
    "load",
    "magic_file",
    "magic_method",
    "magic_payment_method",
    "magic_token",
    "method_types",
]


TABLES = (
    country_table,
    mistake_table,
    behaviour_table,
    card_tables,
    bank_tables,
    file_tables,
    account_tables,
    requirement_tables,
    verification_tables,
    methods,
    microdeposits,
    tax_location_needs,
    tax_id_tables,
    method_types,
    iban_parts,
    network_tables,
    currencies,
    intent_options,
    customer_pages,
    next_actions,
    pricing,
    failures,
    holds,
    dispute_tables,
)


def load() -> None:
    """Read and cross-check every table now.

    Raises:
        CatalogError: the data is wrong.
    """
    for table in TABLES:
        table()
