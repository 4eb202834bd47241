"""Why a payment would offer a method or not: the question that the review tool asks, answered as the API would.

The merchant of record is found, and the configuration that counts for it; then every method is looked at, step by step.
"""

from dataclasses import dataclass

from strongroom import errors
from strongroom.catalog.eligibility import methods, shown_in
from strongroom.domain.charges import Charge, Kind, Merchant, Shape, merchant_of
from strongroom.domain.eligibility import Ask, Verdict, types_of, verdicts
from strongroom.resources.call import Call
from strongroom.resources.configurations import Configuration, Shelf, shelf_of
from strongroom.resources.connections import check_connected
from strongroom.resources.standing import standing_of


@dataclass(frozen=True, slots=True)
class Question:
    """A payment, or a method to be kept, that nobody has made yet. None: not said."""

    account: str | None = None
    """`Stripe-Account`: the account that a direct charge is made on."""
    destination: str | None = None
    on_behalf_of: str | None = None
    configuration: str | None = None
    currency: str | None = None
    amount: int | None = None
    """In the currency's smallest unit."""
    setup_future_usage: str | None = None
    capture_method: str = "automatic"
    redirects: bool = True
    is_setup: bool = False
    has_customer: bool = True
    buyer_country: str | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """What was decided, for whom, and by which configuration."""

    merchant: Merchant
    country: str
    configuration: Configuration
    verdicts: dict[str, Verdict]
    types: list[str]
    """`payment_method_types` as the payment would have it."""


async def review(call: Call, question: Question) -> Review:
    """Return every method's verdict.

    Raises:
        errors.Forbidden: an account that is not connected.
        errors.InvalidRequest: the configuration is not one that this payment can use, or is inactive.
    """
    own = call.caller.account
    for account in (question.account, question.destination, question.on_behalf_of):
        if account is not None and account != own:
            await check_connected(call.store, call.caller, account)
    charge = Charge(own, question.account or own, question.destination, question.on_behalf_of)
    merchant = merchant_of(charge)
    acting = call if merchant.account == own else await call.on_account(merchant.account)
    shelf = await shelf_of(acting)
    configuration = _configuration(shelf, merchant, question.configuration)
    decided = verdicts(
        [methods()[method.type] for method in shown_in(shelf.standing.country)],
        await _ask(call, shelf, merchant, configuration, question),
    )
    return Review(merchant, shelf.standing.country, configuration, decided, types_of(decided))


def _configuration(shelf: Shelf, merchant: Merchant, named: str | None) -> Configuration:
    """Return the configuration that counts; a parent's id stands for its child."""
    if named is None:
        return shelf.default(merchant.kind)
    found = next(
        (one for one in shelf.configurations if one.id == named or (one.parent and one.parent.id == named)),
        None,
    )
    if found is None or (merchant.kind is Kind.DIRECT and found.kind is Kind.CHILD):
        raise errors.resource_missing(
            "payment_method_configuration", named, param="payment_method_configuration"
        )
    if not found.active:
        raise errors.InvalidRequest(
            "This payment method configuration is inactive.", param="payment_method_configuration"
        )
    return found


async def _ask(
    call: Call, shelf: Shelf, merchant: Merchant, configuration: Configuration, question: Question
) -> Ask:
    two_sided = merchant.shape is not Shape.OWN and merchant.account != call.caller.account
    platform = await standing_of(call) if two_sided else None
    return Ask(
        country=shelf.standing.country,
        capabilities=shelf.standing.capabilities,
        choices=configuration.choices(),
        platform_capabilities=None if platform is None else platform.capabilities,
        is_setup=question.is_setup,
        currency=question.currency,
        amount=question.amount,
        setup_future_usage=question.setup_future_usage,
        capture_method=question.capture_method,
        redirects=question.redirects,
        shape=merchant.shape,
        is_on_behalf=merchant.is_on_behalf,
        has_customer=question.has_customer,
        buyer_country=question.buyer_country,
    )
