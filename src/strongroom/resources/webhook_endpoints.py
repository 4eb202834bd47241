"""Webhook endpoints: where events are sent, and how the receiver knows that they come from us.

    POST   /v1/webhook_endpoints                        create
    GET    /v1/webhook_endpoints                        list
    GET    /v1/webhook_endpoints/{webhook_endpoint}     retrieve
    POST   /v1/webhook_endpoints/{webhook_endpoint}     update
    DELETE /v1/webhook_endpoints/{webhook_endpoint}     delete

The signing secret is shown when an endpoint is made and never again; it can be rolled. No event tells of any of it.
"""

from typing import Final

from strongroom import errors, ids, limits
from strongroom.domain.webhooks import reach_of, target_of
from strongroom.house import House
from strongroom.resources.call import RECORDS, Call, Origin
from strongroom.resources.caller import Caller, KeyKind
from strongroom.resources.changes import merge_metadata
from strongroom.resources.connections import application_id
from strongroom.resources.kind import Document, Kind, Listing, Stored
from strongroom.resources.registry import handles, register_kind
from strongroom.vault import SealBroken, SealedRecord
from strongroom.vault.signing import KIND, new_secret, roll_secret, seal_secret

PERMISSION: Final = "webhook"
PARAM: Final = "webhook_endpoint"
SCAN_SIZE: Final = 500
FAILING: Final = "failing"
GIVEN_UP: Final = "given_up"
NOBODY: Final = Origin(request_id=None, idempotency_key=None, client_ip=None, path="")


def view(endpoint: Stored) -> Document:
    """Return the endpoint's fields, without its secret."""
    return {
        **endpoint.doc,
        "id": endpoint.id,
        "object": "webhook_endpoint",
        "created": endpoint["created"],
        "enabled_events": endpoint["enabled_events"].split(),
        "livemode": endpoint.row.livemode,
        "status": "enabled" if endpoint["enabled"] else "disabled",
    }


ENDPOINT: Final = register_kind(
    Kind("webhook_endpoint", "webhook_endpoints", "we", "webhook endpoint", PERMISSION, view)
)


@handles("POST /v1/webhook_endpoints", permission=PERMISSION)
async def create(call: Call, params: Document) -> Document:
    """Make an endpoint and show its secret, this once."""
    connect = params.get("connect", False)
    target_of(params["url"], reach_of(call.settings, livemode=call.caller.livemode))
    secret, record = new_secret(), ids.new("rec")
    call.stage_record(record, KIND, seal_secret(call.keyring, record, secret))
    made = call.insert(
        ENDPOINT,
        {
            "api_version": params.get("api_version"),
            "application": application_id(call.caller.key_account)
            if _is_applications(call, connect)
            else None,
            "description": params.get("description") or None,
            "metadata": merge_metadata({}, params.get("metadata")),
            "url": params["url"],
        },
        place=await _free_place(call),
        connect=connect,
        enabled=True,
        enabled_events=" ".join(params["enabled_events"]),
        failing_since=None,
        record=record,
    )
    return {**view(made), "secret": secret}


def _is_applications(call: Call, connect: bool) -> bool:
    """Whether an endpoint is for connected accounts, or was made in one by its platform."""
    return connect or call.caller.acts_for_another


async def _free_place(call: Call) -> str:
    """Return one of the account's places that is free.

    Raises:
        errors.InvalidRequest: there is none.
    """
    page = await call.store.page(
        ENDPOINT.table, call.caller.account, call.caller.livemode, limit=limits.WEBHOOK_ENDPOINTS_MAX
    )
    taken = {row.columns["place"] for row in page.rows}
    for number in range(limits.WEBHOOK_ENDPOINTS_MAX):
        place = f"{call.caller.account} {'live' if call.caller.livemode else 'test'} {number}"
        if place not in taken:
            return place
    raise errors.InvalidRequest(
        f"You have reached the maximum of {limits.WEBHOOK_ENDPOINTS_MAX} {'live' if call.caller.livemode else 'test'} "
        "webhook endpoints."
    )


@handles("GET /v1/webhook_endpoints/{webhook_endpoint}", permission=PERMISSION)
async def retrieve(call: Call, params: Document, *, webhook_endpoint: str) -> Document:
    """Show an endpoint."""
    return view(await _load(call, webhook_endpoint))


async def _load(call: Call, endpoint: str) -> Stored:
    return await call.load(ENDPOINT, endpoint, param=PARAM, in_path=True)


@handles("POST /v1/webhook_endpoints/{webhook_endpoint}", permission=PERMISSION)
async def update(call: Call, params: Document, *, webhook_endpoint: str) -> Document:
    """Change what an endpoint is told and where, or switch it off or on. What was missed meanwhile is not sent again."""
    endpoint = await _load(call, webhook_endpoint)
    doc = {**endpoint.doc, "metadata": merge_metadata(endpoint.doc["metadata"], params.get("metadata"))}
    if "url" in params:
        target_of(params["url"], reach_of(call.settings, livemode=call.caller.livemode))
        doc["url"] = params["url"]
    if "description" in params:
        doc["description"] = params["description"] or None
    columns: Document = {}
    if "enabled_events" in params:
        columns["enabled_events"] = " ".join(params["enabled_events"])
    if "disabled" in params:
        columns |= {"enabled": not params["disabled"], "failing_since": None}
    return view(call.change(endpoint, doc, **columns))


@handles("DELETE /v1/webhook_endpoints/{webhook_endpoint}", permission=PERMISSION)
async def delete(call: Call, params: Document, *, webhook_endpoint: str) -> Document:
    """Remove an endpoint and its secret; what it was still to be told it is not told."""
    endpoint = await _load(call, webhook_endpoint)
    call.delete(endpoint)
    await call.erase_record(endpoint["record"])
    return {"id": endpoint.id, "object": "webhook_endpoint", "deleted": True}


@handles("GET /v1/webhook_endpoints", permission=PERMISSION)
async def list_all(call: Call, params: Document) -> Listing:
    """List endpoints, newest first, those for connected accounts included."""
    return await call.listing(ENDPOINT, params)


def standing(endpoint: Stored) -> str:
    """Return how an endpoint is: `enabled`, `failing`, `given_up` (switched off after days of failures) or `disabled`."""
    fails = endpoint["failing_since"] is not None
    if endpoint["enabled"]:
        return FAILING if fails else "enabled"
    # Whoever switches it off by hand, or on again, ends the count.
    return GIVEN_UP if fails else "disabled"


async def all_of(call: Call) -> list[Stored]:
    """Return every endpoint of the account and mode, newest first."""
    return (await call.page(ENDPOINT, {"limit": limits.WEBHOOK_ENDPOINTS_MAX}))[0]


async def roll(call: Call, endpoint: Stored, *, old_ends_at: int) -> str:
    """Give an endpoint a new secret, and return it; until `old_ends_at` what is sent is signed by the old one too.

    `old_ends_at` is in the machine's time, as signatures are (`Call.due_in`).

    Raises:
        SealBroken: the old secret is lost or damaged.
    """
    account, livemode = call.caller.account, call.caller.livemode
    row = await call.store.get(RECORDS, account, livemode, endpoint["record"])
    if row is None:
        raise SealBroken("a webhook endpoint's secret is gone")
    secret, record = new_secret(), ids.new("rec")
    old = row.id, SealedRecord(row.columns["wrapped_key"], row.doc)
    call.stage_record(record, KIND, roll_secret(call.keyring, old, record, secret, old_ends_at=old_ends_at))
    call.writes.deletes.append(row)
    call.change(endpoint, record=record)
    return secret


async def find(house: House, endpoint_id: str) -> tuple[Call, Stored]:
    """Return an endpoint, whosever it is, and a call on its account.

    Raises:
        LookupError: there is none with that id.
    """
    after = 0
    while rows := await house.store.scan(ENDPOINT.table, after, SCAN_SIZE):
        for row in rows:
            if row.id == endpoint_id:
                caller = Caller(row.account, row.livemode, KeyKind.SECRET, row.account, masked_key="")
                call = Call(house, caller, NOBODY, await house.keyring(row.account, row.livemode))
                return call, call.open(row)
        after = rows[-1].seq
    raise LookupError(f"no webhook endpoint has the id {endpoint_id}")
