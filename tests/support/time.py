"""A sandbox account's clock, moved by tests that cannot wait. Import the fixture to have it."""

import pytest

HOUR = 3600
DAY = 24 * HOUR
WEEK = 7 * DAY
ADVANCE = "/v1/test_helpers/clock/advance"


@pytest.fixture
def advance(server, secret_key):
    """Move the clock of the test's account by `seconds=`, or `to=` a time, and return how it stands."""

    def move(**by):
        reply = server.request("POST", ADVANCE, by, key=secret_key)
        assert reply.status == 200, reply.body
        return reply.json

    return move
