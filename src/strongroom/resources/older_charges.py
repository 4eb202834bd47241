"""The older names, below a charge, of what has got paths of its own: they still answer.

POST /v1/charges/{charge}/refunds          give back, answered with the refund
POST /v1/charges/{charge}/refund           give back, answered with the charge
GET  /v1/charges/{charge}/dispute          its newest dispute
POST /v1/charges/{charge}/dispute          update that
POST /v1/charges/{charge}/dispute/close    close that
"""

from strongroom import errors
from strongroom.connectors.base import Outcome
from strongroom.resources import charging, disputes, refunds
from strongroom.resources.call import Call
from strongroom.resources.charging import CHARGE
from strongroom.resources.kind import Document, Refusal
from strongroom.resources.registry import handles
from strongroom.resources.tasks import Onward, continues, half


@handles("POST /v1/charges/{charge}/refunds", permission=refunds.PERMISSION)
async def refund(call: Call, params: Document, *, charge: str) -> Onward | Document:
    """Give back what a charge took."""
    await call.load(CHARGE, charge, param="charge", in_path=True)
    begun: Onward | Document = await refunds.create(call, {**params, "charge": charge})
    return begun


@handles("POST /v1/charges/{charge}/refund", permission=refunds.PERMISSION)
async def refund_as_charge(call: Call, params: Document, *, charge: str) -> Onward | Document:
    """Give back what a charge took, and show the charge."""
    begun: Onward | Document = await refund(call, params, charge=charge)
    if not isinstance(begun, Onward):
        return await _shown(call, charge)
    state = {"then": begun.then, "state": begun.state}
    return Onward(begun.question, "charge.refunded_by_itself", state)


@continues("charge.refunded_by_itself")
async def refunded(call: Call, state: Document, outcome: Outcome | None) -> Document | Refusal:
    """Write down what was given back, and show the charge."""
    answer = await half(state["then"]).go_on(call, state["state"], outcome)
    if isinstance(answer, Refusal):
        return answer
    return await _shown(call, state["state"]["charge"])


async def _shown(call: Call, charge: str) -> Document:
    stored = await call.find(CHARGE, charge)
    assert stored is not None
    return charging.view(stored)


# -- disputes ---------------------------------------------------------------------------------------------------------


@handles("GET /v1/charges/{charge}/dispute", permission=disputes.PERMISSION)
async def dispute(call: Call, params: Document, *, charge: str) -> Document:
    """Show a charge's newest dispute."""
    shown: Document = await disputes.retrieve(call, params, dispute=await _dispute_of(call, charge))
    return shown


@handles("POST /v1/charges/{charge}/dispute", permission=disputes.PERMISSION)
async def update_dispute(call: Call, params: Document, *, charge: str) -> Document:
    """Note evidence against a charge's newest dispute, and send it."""
    shown: Document = await disputes.update(call, params, dispute=await _dispute_of(call, charge))
    return shown


@handles("POST /v1/charges/{charge}/dispute/close", permission=disputes.PERMISSION)
async def close_dispute(call: Call, params: Document, *, charge: str) -> Document:
    """Accept a charge's newest dispute."""
    shown: Document = await disputes.close(call, params, dispute=await _dispute_of(call, charge))
    return shown


async def _dispute_of(call: Call, charge: str) -> str:
    """Return the id of a charge's newest dispute.

    Raises:
        errors.InvalidRequest: 404: no such charge, or nobody has disputed it (the words were reported).
    """
    stored = await call.load(CHARGE, charge, param="charge", in_path=True)
    newest: str | None = stored.doc.get("dispute")
    if newest is None:
        raise errors.InvalidRequest(f"No dispute for charge: {charge}", status=404)
    return newest
