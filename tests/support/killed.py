"""The server, which ends itself with SIGKILL the first time it comes to a place between two phases of an operation.

python tests/support/killed.py PLACE serve …
"""

import os
import signal
import sys

from strongroom import cli
from strongroom.http import phases, pipeline
from strongroom.resources import acquiring, capturing, challenges

PLACES = {
    "before the first commit": (phases, "stage", "before"),
    "before the acquirer is asked": (acquiring, "put", "before"),
    "before the answer is heard": (acquiring, "put", "after"),
    "before the second commit": (phases, "_answered", "after"),
    "before the request is answered": (phases, "_finish", "after"),
}
OF_ACTIONS = {"before an action has expired": (challenges.payment_outcomes, "fail", "before")}
OTHER_PLACES = {
    "before what became due is done": (pipeline, "catch_up", "before"),
    "before a hold has ended": (capturing.refunds, "release", "before"),
}


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def plant(place):
    """Wrap the function at the place: the process dies before it begins or after it has returned."""
    module, name, when = {**PLACES, **OF_ACTIONS, **OTHER_PLACES}[place]
    real = getattr(module, name)

    if name in {"fail", "release", "stage"}:

        def wrapped(*given, **named):
            die()
    else:

        async def wrapped(*given, **named):
            if when == "before":
                die()
            result = await real(*given, **named)
            die()
            return result

    setattr(module, name, wrapped)


if __name__ == "__main__":
    plant(sys.argv.pop(1))
    sys.exit(cli.main())
