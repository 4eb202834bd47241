"""Every operation there is, with every kind of key that may not call it; generated from the registry."""

import re

import pytest

from strongroom.resources import registry
from strongroom.resources.caller import KeyKind

registry.load()
OPERATIONS = sorted(registry.handlers().items())


def call(server, key, operation):
    method, path = operation.split()
    return server.request(method, re.sub(r"\{.*?\}", "nope_1", path), key=key)


@pytest.mark.parametrize(("operation", "handler"), OPERATIONS)
def test_no_operation_answers_without_a_key_or_with_one_of_another_kind(server, name, operation, handler):
    assert call(server, None, operation).status == 401
    for mode in ("test", "live"):
        reply = call(server, f"pk_{mode}_{name}", operation)
        forbidden = (reply.status, reply.json.get("error", {}).get("code")) == (403, "secret_key_required")
        assert forbidden is (KeyKind.PUBLISHABLE not in handler.allow)
        reply = call(server, f"sk_{mode}_{name}", operation)
        # An account that is not the caller's is refused, not missing; the key is good all the same.
        not_its_account = (reply.status, reply.json.get("error", {}).get("code")) == (403, "account_invalid")
        assert not_its_account or reply.status in {200, 400, 404}
