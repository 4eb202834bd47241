"""Words for PaymentMethodConfigurations that many tests use."""

from support.connect import COMPLETE


def prefer(**preferences):
    """The parameters that set each method's preference."""
    return {name: {"display_preference": {"preference": value}} for name, value in preferences.items()}


def shown(configuration, method):
    """One method of a configuration, flat: available, overridable, preference, value."""
    one = configuration[method]
    preference = one["display_preference"]
    return (one["available"], preference["overridable"], preference["preference"], preference["value"])


def methods_of(configuration):
    """The keys of methods in a configuration."""
    return {key for key, value in configuration.to_dict().items() if isinstance(value, dict)}


def values_of(configuration):
    """Method → value."""
    return {key: configuration[key].display_preference.value for key in methods_of(configuration)}


def on(configuration):
    """The methods that are on."""
    return {key for key, value in values_of(configuration).items() if value == "on"}


def default(client, *options):
    """The account's own default configuration."""
    listed = client.payment_method_configurations.list({"application": "", "limit": 100}, *options).data
    return next(one for one in listed if one.is_default)


def connected(client, *capabilities, **params):
    """A connected account that owes nothing, with these capabilities besides those for cards and transfers."""
    wanted = {**COMPLETE["capabilities"], **{name: {"requested": True} for name in capabilities}}
    return client.accounts.create({**COMPLETE, "capabilities": wanted, **params})
