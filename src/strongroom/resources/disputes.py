"""Disputes: a customer has been to their bank about a charge, and the merchant answers with evidence, or gives up.

    GET  /v1/disputes                     list
    GET  /v1/disputes/{dispute}           retrieve
    POST /v1/disputes/{dispute}           update
    POST /v1/disputes/{dispute}/close     close

How they come about, and what the bank makes of the evidence, is in `disputing`.
"""

from typing import Any, Final

from strongroom import errors, limits
from strongroom.catalog.disputes import dispute_tables
from strongroom.contract import contract, fit
from strongroom.domain import disputes as rules
from strongroom.domain.disputes import CLOSED, Action, Status
from strongroom.resources import files
from strongroom.resources.call import Call
from strongroom.resources.changes import changed_leaves, merge_metadata
from strongroom.resources.charging import CHARGE
from strongroom.resources.disputing import DISPUTE, UPDATED, move, view
from strongroom.resources.kind import Document, Listing, Stored
from strongroom.resources.registry import handles
from strongroom.resources.tasks import later
from strongroom.store import Filter

PERMISSION: Final = "dispute"
PURPOSES: Final = ("dispute_evidence",)
FILE: Final = ["null", ["expand", "file"]]
COMPELLING: Final = "visa_compelling_evidence_3"
NESTED: Final = frozenset({"appeal", "enhanced_evidence"})


# -- retrieve and list ------------------------------------------------------------------------------------------------


@handles("GET /v1/disputes/{dispute}", permission=PERMISSION)
async def retrieve(call: Call, params: Document, *, dispute: str) -> Document:
    """Show a dispute."""
    return view(await call.load(DISPUTE, dispute, param="dispute", in_path=True))


@handles("GET /v1/disputes", permission=PERMISSION)
async def list_all(call: Call, params: Document) -> Listing:
    """List disputes, newest first: all, or those of a charge or an intent."""
    wanted = [Filter(name, "eq", params[name]) for name in ("charge", "payment_intent") if name in params]
    return await call.listing(DISPUTE, params, wanted)


# -- update -----------------------------------------------------------------------------------------------------------


@handles("POST /v1/disputes/{dispute}", permission=PERMISSION)
async def update(call: Call, params: Document, *, dispute: str) -> Document:
    """Note evidence, and send it to the bank unless `submit` is false."""
    stored = await _open(call, dispute)
    evidence = await _evidence(call, stored.doc["evidence"], params.get("evidence") or {})
    has_evidence = any(value for value in evidence.values())
    submits = params.get("submit", "evidence" in params)
    if submits and not has_evidence:
        raise errors.InvalidRequest("There is no evidence to submit.", param="evidence")
    doc = {
        **stored.doc,
        "evidence": evidence,
        "evidence_details": _details(stored.doc["evidence_details"], evidence, submits=submits),
        "metadata": merge_metadata(stored.doc["metadata"], params.get("metadata")),
    }
    if "intended_submission_method" in params:
        doc["intended_submission_method"] = params["intended_submission_method"]
    if submits:
        doc["status"] = rules.decide(Status(doc["status"]), Action.SUBMIT)
    if doc == stored.doc:
        return view(stored)
    changed = call.change(stored, doc)
    call.emit(UPDATED, DISPUTE, changed, changed_leaves(view(stored), view(changed)))
    if submits:
        _await_answer(call, changed)
    return view(changed)


async def _open(call: Call, dispute: str) -> Stored:
    """Return a dispute about which something can still be said.

    Raises:
        errors.InvalidRequest: it is closed (the words were reported), or there is none.
    """
    stored = await call.load(DISPUTE, dispute, param="dispute", in_path=True)
    if stored.doc["status"] in CLOSED:
        raise errors.InvalidRequest("This dispute is already closed")
    return stored


def _details(old: Document, evidence: Document, *, submits: bool) -> Document:
    details = {
        **old,
        "enhanced_eligibility": _eligibility(old["enhanced_eligibility"], evidence["enhanced_evidence"]),
        "has_evidence": any(evidence.values()),
    }
    if not submits:
        return details
    return {**details, "submission_count": old["submission_count"] + 1, "submission_method": "manual"}


def _eligibility(eligible: Document, evidence: Document) -> Document:
    """Return what is still wanted for the evidence that a network gives more weight."""
    wanted: Document = {}
    for name, old in eligible.items():
        given = evidence.get(name) or {}
        if name == COMPELLING:
            lacks = rules.compelling_evidence_lacks(given)
            wanted[name] = {"required_actions": lacks, "status": "requires_action" if lacks else "qualified"}
        else:
            wanted[name] = {"status": "fee_acknowledged"} if given.get("fee_acknowledged") else old
    return wanted


def _await_answer(call: Call, dispute: Stored) -> None:
    """Stage that the bank answers, if the evidence is one of those that it answers to in test mode."""
    action = dispute_tables().evidence.get(dispute.doc["evidence"].get("uncategorized_text") or "")
    if action is None:
        return
    submission = dispute.doc["evidence_details"]["submission_count"]
    state = {"dispute": dispute.id, "submission": submission, "action": action}
    later(call, call.settings.settle_after, "dispute.decided", state)


# -- evidence ---------------------------------------------------------------------------------------------------------


async def _evidence(call: Call, old: Document, given: Document) -> Document:
    """Return the evidence with what was sent in it; an empty text takes a piece back.

    Raises:
        errors.InvalidRequest: too much of it, a file that is none, a charge that is none.
    """
    if given.get("appeal"):
        raise errors.InvalidRequest("This dispute cannot be appealed.", param="evidence[appeal]")
    shape = contract().shapes.hashes["Dispute.Evidence"]
    evidence = dict(old)
    for name, value in given.items():
        if name in NESTED:
            continue
        if value and shape[name] == FILE:
            await files.take_document(call, value, purposes=PURPOSES, param=f"evidence[{name}]")
        evidence[name] = value or None
    if "enhanced_evidence" in given:
        evidence["enhanced_evidence"] = await _enhanced(call, given["enhanced_evidence"] or {})
    if _length(evidence) > limits.EVIDENCE_TOTAL_MAX:
        raise errors.InvalidRequest(
            f"Evidence can have up to {limits.EVIDENCE_TOTAL_MAX} characters in all.", param="evidence"
        )
    return evidence


async def _enhanced(call: Call, given: Document) -> Document:
    path = f"evidence[enhanced_evidence][{COMPELLING}][prior_undisputed_transactions]"
    prior = (given.get(COMPELLING) or {}).get("prior_undisputed_transactions") or []
    for number, transaction in enumerate(prior):
        await call.load(CHARGE, transaction["charge"], param=f"{path}[{number}][charge]")
    fitted = fit("Dispute.Evidence.EnhancedEvidence", given)
    if COMPELLING in fitted:
        fitted[COMPELLING] = {"prior_undisputed_transactions": [], **fitted[COMPELLING]}
    return fitted


def _length(value: Any) -> int:
    """Return how many characters all texts have together."""
    if isinstance(value, dict):
        return sum(map(_length, value.values()))
    return len(value) if isinstance(value, str) else 0


# -- close ------------------------------------------------------------------------------------------------------------


@handles("POST /v1/disputes/{dispute}/close", permission=PERMISSION)
async def close(call: Call, params: Document, *, dispute: str) -> Document:
    """Accept a dispute: it is lost, for good."""
    stored = await _open(call, dispute)
    try:
        return view(await move(call, stored, Action.CLOSE))
    except rules.NotAllowed:
        raise errors.InvalidRequest(
            f"Dispute {stored.id} cannot be closed: its status is {stored.doc['status']}. Only a dispute with the status "
            f"{Status.NEEDS_RESPONSE} can be."
        ) from None
