"""Which payment methods a buyer may be offered, each with every reason against it.

One pure function over the facts of a method and what is asked. The order of the reasons is the order in which they are
looked at: the configuration first, then the merchant, the money, the purpose, the way it is charged, and the buyer.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Final

import msgspec

from strongroom.catalog.eligibility import ACTIVE, DISCONTINUED, Method, methods
from strongroom.domain.charges import Shape
from strongroom.domain.configurations import ON, Choice

CARD: Final = "card"
MANUAL: Final = "manual"
NONE: Final = "none"


class Options(msgspec.Struct, frozen=True):
    """What `payment_method_options` says of one type, in place of what the whole payment says."""

    setup_future_usage: str | None = None
    """`none` says that this type is not kept although others are."""
    capture_method: str | None = None


class Ask(msgspec.Struct, frozen=True):
    """A payment, or a method to be kept, as far as it matters which types it can be. None: not known, not looked at."""

    country: str
    """Where the merchant of record is."""
    capabilities: Mapping[str, str]
    """Capability → status, of the merchant of record; what is absent is `unrequested`."""
    choices: Mapping[str, Choice] | None = None
    """Method → what the configuration comes to. None: no configuration decides, the types were named."""
    platform_capabilities: Mapping[str, str] | None = None
    """The platform's, where a payment has two sides."""
    is_setup: bool = False
    """A method is kept and nothing is charged."""
    surface: str | None = None
    """The mode of the hosted page it is for: `payment`, `setup` or `subscription`."""
    currency: str | None = None
    amount: int | None = None
    """In the currency's smallest unit."""
    setup_future_usage: str | None = None
    capture_method: str = "automatic"
    redirects: bool = True
    """Whether the buyer may be sent elsewhere."""
    excluded: frozenset[str] = frozenset()
    allowed: frozenset[str] | None = None
    """The only types it may be; None: any."""
    shape: Shape = Shape.OWN
    is_on_behalf: bool = False
    has_customer: bool = True
    options: Mapping[str, Options] = msgspec.field(default_factory=dict)
    buyer_country: str | None = None

    def option(self, method: Method) -> Options:
        """Return what is said of the method's type alone."""
        return self.options.get(method.carrier, Options())

    def reuse(self, method: Method) -> str | None:
        """Return how the method is to be used again, None if it is not."""
        usage = self.option(method).setup_future_usage or self.setup_future_usage
        return None if usage == NONE else usage

    def is_manual(self, method: Method) -> bool:
        """Whether the method is only authorised, and captured later."""
        return MANUAL in {self.capture_method, self.option(method).capture_method}

    def status(self, method: Method) -> str:
        """Return the status of the capability that the method needs, in this currency if there is one."""
        return capability_status(method, self.capabilities, self.currency)


def capability_status(method: Method, capabilities: Mapping[str, str], currency: str | None = None) -> str:
    """Return the best status among the capabilities that will do for a method.

    Args:
        method: what is asked about. One without a capability can always be used.
        capabilities: capability → status.
        currency: the currency it is for; None: any that the method takes.
    """
    if method.capability is None:
        return ACTIVE
    regional = (
        set(method.capability_in.values()) if currency is None else {method.capability_in.get(currency, "")}
    )
    statuses = {capabilities.get(name, "unrequested") for name in {method.capability} | regional}
    return next(status for status in (ACTIVE, "pending", "inactive", "unrequested") if status in statuses)


class Reason(msgspec.Struct, frozen=True):
    """Why a method is not offered: a code that stays the same, and words."""

    code: str
    words: str


class Verdict(msgspec.Struct, frozen=True):
    """What is decided about one method."""

    method: Method
    reasons: tuple[Reason, ...]
    """In the order they are looked at; none: it is offered."""

    @property
    def is_offered(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.reasons


# -- the chain: code, words, and whether it speaks against a method ------------------------------------------------------


def _is_blocked(method: Method, ask: Ask) -> bool:
    choice = _choice(method, ask)
    return choice is not None and choice.value != ON and choice.overridable is False


def _is_switched_off(method: Method, ask: Ask) -> bool:
    choice = _choice(method, ask)
    return choice is not None and choice.value != ON and choice.overridable is not False


def _choice(method: Method, ask: Ask) -> Choice | None:
    if ask.choices is None:
        return None
    return ask.choices.get(method.type, _SWITCHED_OFF)


_SWITCHED_OFF: Final = Choice(available=False, overridable=None, preference="off", value="off")


def _lacks_capability(method: Method, ask: Ask) -> bool:
    return ask.status(method) != ACTIVE


def _platform_lacks_capability(method: Method, ask: Ask) -> bool:
    if not method.both_sides or ask.platform_capabilities is None:
        return False
    return capability_status(method, ask.platform_capabilities, ask.currency) != ACTIVE


def _is_foreign(method: Method, ask: Ask) -> bool:
    return ask.country not in method.countries


def _is_other_currency(method: Method, ask: Ask) -> bool:
    if ask.currency is None:
        return False
    allowed = method.currencies_in.get(ask.country, method.currencies)
    return allowed is not None and ask.currency not in allowed


def _is_too_little(method: Method, ask: Ask) -> bool:
    least, _ = _range(method, ask)
    return ask.amount is not None and ask.amount < least


def _is_too_much(method: Method, ask: Ask) -> bool:
    _, most = _range(method, ask)
    return ask.amount is not None and most is not None and ask.amount > most


def _range(method: Method, ask: Ask) -> tuple[int, int | None]:
    return method.amounts.get(ask.currency or "", (0, None))


def _cannot_be_kept(method: Method, ask: Ask) -> bool:
    usage = ask.reuse(method)
    return not ask.is_setup and usage is not None and usage not in method.reuse


def _is_captured_at_once(method: Method, ask: Ask) -> bool:
    return not ask.is_setup and ask.is_manual(method) and not method.manual_capture


def _sends_elsewhere(method: Method, ask: Ask) -> bool:
    return not ask.redirects and method.redirects


def _is_excluded(method: Method, ask: Ask) -> bool:
    return method.carrier in ask.excluded


def _is_not_allowed(method: Method, ask: Ask) -> bool:
    return ask.allowed is not None and method.carrier not in ask.allowed


def _refuses_behalf(method: Method, ask: Ask) -> bool:
    return ask.is_on_behalf and not method.on_behalf_of


def _refuses_shape(method: Method, ask: Ask) -> bool:
    return ask.shape is not Shape.OWN and ask.shape not in method.charges


def _is_not_on_page(method: Method, ask: Ask) -> bool:
    return ask.surface is not None and ask.surface not in method.checkout


def _takes_no_setup(method: Method, ask: Ask) -> bool:
    return ask.is_setup and not method.setup


def _lacks_customer(method: Method, ask: Ask) -> bool:
    return method.needs_customer and not ask.has_customer


def _is_buyer_elsewhere(method: Method, ask: Ask) -> bool:
    buyers = method.buyers.get(ask.country)
    return ask.buyer_country is not None and buyers is not None and ask.buyer_country not in buyers


CHAIN: Final[tuple[tuple[str, str, Callable[[Method, Ask], bool]], ...]] = (
    ("discontinued", "{name} is no longer offered.", lambda method, _: method.status == DISCONTINUED),
    ("blocked", "The platform has blocked {name} for this account.", _is_blocked),
    ("switched_off", "{name} is switched off in the configuration.", _is_switched_off),
    ("capability", "The capability {capability} of the account is {status}.", _lacks_capability),
    (
        "platform_capability",
        "The platform needs the capability {capability} as well.",
        _platform_lacks_capability,
    ),
    ("country", "Accounts in {country} cannot accept {name}.", _is_foreign),
    ("currency", "{name} does not take {currency} from accounts in {country}.", _is_other_currency),
    ("amount_too_small", "The amount is below the least that {name} takes.", _is_too_little),
    ("amount_too_large", "The amount is above the most that {name} takes.", _is_too_much),
    ("setup_future_usage", "{name} cannot be kept for use {usage}.", _cannot_be_kept),
    ("capture_method", "{name} cannot be authorised first and captured later.", _is_captured_at_once),
    ("redirect", "{name} sends the buyer elsewhere, which is not allowed here.", _sends_elsewhere),
    ("excluded", "{name} is excluded by the request.", _is_excluded),
    ("allowed", "{name} is not among the types that the request allows.", _is_not_allowed),
    ("on_behalf_of", "{name} cannot be charged on behalf of another account.", _refuses_behalf),
    ("charge_type", "{name} does not support charges of the type {shape}.", _refuses_shape),
    ("surface", "{name} is not shown on pages in {surface} mode.", _is_not_on_page),
    ("setup", "{name} cannot be set up without a payment.", _takes_no_setup),
    ("customer", "{name} needs a customer.", _lacks_customer),
    ("buyer_country", "{name} is not for buyers in {buyer_country}.", _is_buyer_elsewhere),
)
"""Every reason there is, in the order in which they are looked at."""

CARRIER: Final = Reason("carrier", "What it rides on is not offered.")


def verdict(method: Method, ask: Ask) -> Verdict:
    """Decide about one method by itself; what rides on another also needs that one, see `verdicts`."""
    return Verdict(
        method,
        tuple(
            Reason(code, _say(words, method, ask)) for code, words, refuses in CHAIN if refuses(method, ask)
        ),
    )


def _say(words: str, method: Method, ask: Ask) -> str:
    return words.format(
        name=method.name,
        capability=method.capability,
        status=ask.status(method),
        country=ask.country,
        currency=ask.currency,
        usage=(ask.reuse(method) or "").replace("_", "-"),
        shape=ask.shape.replace("_", " "),
        surface=ask.surface,
        buyer_country=ask.buyer_country,
    )


def verdicts(methods: Iterable[Method], ask: Ask) -> dict[str, Verdict]:
    """Decide about all methods, by the key each has in a configuration."""
    alone = {method.type: verdict(method, ask) for method in methods}
    return {name: _with_carrier(one, alone) for name, one in alone.items()}


def _with_carrier(one: Verdict, alone: Mapping[str, Verdict]) -> Verdict:
    carrier = alone.get(one.method.carrier)
    is_carried = carrier is None or carrier.is_offered
    return one if is_carried or carrier is one else Verdict(one.method, (*one.reasons, CARRIER))


def offered_types(ask: Ask) -> list[str]:
    """Return what `types_of` says of the verdicts on all methods, looking no further than one reason against each."""
    standing = {
        method.type: method
        for method in _within_reach(ask.country, ask.currency)
        if not any(refuses(method, ask) for refuses in _ABOUT_THE_REST)
    }
    carriers = {method.carrier for method in standing.values()}
    return _in_order(name for name in carriers if name in standing or name not in methods())


@lru_cache(maxsize=1024)
def _within_reach(country: str, currency: str | None) -> tuple[Method, ...]:
    """Return the methods that nothing about the place alone speaks against; for most, something does."""
    ask = Ask(country=country, capabilities={}, choices=None, currency=currency)
    return tuple(
        method
        for method in methods().values()
        if not any(refuses(method, ask) for refuses in _ABOUT_THE_PLACE)
    )


_PLACE: Final = frozenset({"discontinued", "country", "currency"})
_ABOUT_THE_PLACE: Final = tuple(refuses for code, _, refuses in CHAIN if code in _PLACE)
_ABOUT_THE_REST: Final = tuple(refuses for code, _, refuses in CHAIN if code not in _PLACE)


def types_of(decided: Mapping[str, Verdict]) -> list[str]:
    """Return `payment_method_types`: what is offered, riders as what they ride on, `card` first, then alphabetical."""
    return _in_order({one.method.carrier for one in decided.values() if one.is_offered})


def _in_order(types: Iterable[str]) -> list[str]:
    return sorted(types, key=lambda name: (name != CARD, name))
