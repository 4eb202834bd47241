"""Charges that are disputed, and how to wait for what a bank does by itself."""

from support.connect import eventually

AMOUNT = 5000


def charged(stripe, kind, **params):
    """Charge a test card by the end of its name, such as `createDispute`."""
    return stripe.charges.create({"amount": AMOUNT, "currency": "usd", "source": f"tok_{kind}", **params})


def disputes_of(stripe, charge, many=1):
    """The disputes of a charge, oldest first, once there are as many as that."""
    listed = eventually(
        lambda: stripe.disputes.list({"charge": charge.id}).data, until=lambda seen: len(seen) >= many
    )
    return listed[::-1]


def disputed(stripe, kind, **params):
    """Charge a test card and wait for its dispute."""
    (dispute,) = disputes_of(stripe, charged(stripe, kind, **params))
    return dispute


def when(stripe, dispute, status):
    """Wait until a dispute has a status."""
    return eventually(lambda: stripe.disputes.retrieve(dispute.id), until=lambda seen: seen.status == status)


def answered(stripe, dispute, text, **params):
    """Answer a dispute with a text."""
    return stripe.disputes.update(dispute.id, {"evidence": {"uncategorized_text": text}, **params})
