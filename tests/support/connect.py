"""Connected accounts that many tests speak of, and how to wait for what happens to them by itself."""

import time

CUSTOM = {
    "type": "custom",
    "country": "US",
    "capabilities": {"card_payments": {"requested": True}, "transfers": {"requested": True}},
}
BANK = {
    "object": "bank_account",
    "country": "US",
    "currency": "usd",
    "routing_number": "110000000",
    "account_number": "000123456789",
}
ADDRESS = {
    "line1": "address_full_match",
    "city": "San Francisco",
    "state": "CA",
    "postal_code": "94107",
    "country": "US",
}
# Everything that an individual in the US is asked for. The date and the number say when the result comes.
INDIVIDUAL = {
    "first_name": "Jenny",
    "last_name": "Rosen",
    "email": "jenny@example.com",
    "phone": "0000000000",
    "address": ADDRESS,
    "dob": {"day": 1, "month": 1, "year": 1902},
    "id_number": "222222222",
}
LATER = {**INDIVIDUAL, "dob": {"day": 1, "month": 1, "year": 1901}, "id_number": "000000000"}
COMPLETE = {
    **CUSTOM,
    "business_type": "individual",
    "business_profile": {"mcc": "5734", "url": "https://accessible.stripe.com", "name": "Rosen Books"},
    "individual": INDIVIDUAL,
    "external_account": BANK,
    "tos_acceptance": {"date": 1700000000, "ip": "8.8.8.8"},
}
SECONDS_MAX = 20


def eventually(look, *, until, seconds=SECONDS_MAX):
    """Look again and again until what is seen satisfies `until`, and return it."""
    end = time.monotonic() + seconds
    while True:
        seen = look()
        if until(seen):
            return seen
        assert time.monotonic() < end, f"still {seen}"
        time.sleep(0.05)


def acting_on(account):
    """The options of a call that acts on a connected account."""
    return {"stripe_account": getattr(account, "id", account)}


def events_of(client, account, *types):
    """The events of a connected account, oldest first, of some types or of all."""
    found = client.events.list({"limit": 100}, acting_on(account)).data
    return [event for event in reversed(found) if not types or event.type in types]
