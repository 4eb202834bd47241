"""The halves of an operation that asks somebody outside, done one by one in a house opened in this process."""

import msgspec

from strongroom.http import idempotency, phases
from strongroom.resources import registry


async def begun(within, operation, params, **path_ids):
    """Do the first half of an operation and commit it, as the pipeline does."""
    call = await within.call()
    onward = await registry.handler(operation).operate(call, params, **path_ids)
    claimed = idempotency.fresh_claim(call.keyring)
    phases.stage(call, onward, claimed, [])
    await within.house.store.commit(call.writes)
    call.committed()
    return call, onward, claimed


async def rows(within, table):
    return await within.house.store.scan(table, 0, 100)


async def types(within):
    return [row.columns["type"] for row in await rows(within, "events")]


def shown(finished):
    return msgspec.json.decode(finished.answer.body)
