"""The server with a fault planted: where money moves between accounts, one side books a cent less.

python tests/support/faulty.py FAULT serve …
"""

import sys

from strongroom import cli
from strongroom.resources import balance_transactions

FAULTS = ("payment_refund", "application_fee", "transfer_refund")
"""Types of balance transactions."""


def plant(fault):
    real = balance_transactions.book

    def book(call, kind, source, amount, *given, **named):
        return real(call, kind, source, amount - (kind == fault), *given, **named)

    balance_transactions.book = book


if __name__ == "__main__":
    plant(sys.argv.pop(1))
    sys.exit(cli.main())
