"""The server with a fault planted in what disputes do to money.

python tests/support/faulty_disputes.py FAULT serve …
"""

import sys

from strongroom import cli
from strongroom.resources import disputing


def give_back_twice():
    real = disputing._reinstated

    def wrapped(call, dispute, charge):
        return real(call, *real(call, dispute, charge))

    disputing._reinstated = wrapped


def forget_what_is_charged_back():
    real = disputing._noted

    def wrapped(charge, **private):
        private.pop("charged_back", None)
        return real(charge, **private)

    disputing._noted = wrapped


FAULTS = {
    "what is won is given back twice": give_back_twice,
    "a charge does not know what was charged back": forget_what_is_charged_back,
}


if __name__ == "__main__":
    FAULTS[sys.argv.pop(1)]()
    sys.exit(cli.main())
