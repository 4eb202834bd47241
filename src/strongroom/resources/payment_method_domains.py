"""Payment method domains: the hosts on which wallets may be shown.

    POST /v1/payment_method_domains                                     create
    GET  /v1/payment_method_domains                                     list
    GET  /v1/payment_method_domains/{payment_method_domain}             retrieve
    POST /v1/payment_method_domains/{payment_method_domain}             update
    POST /v1/payment_method_domains/{payment_method_domain}/validate    validate

A host is registered once in an account and mode: its id follows from its name, so that two who register it at once make
the same one. Nobody is asked about a host; only Apple Pay on a name that cannot exist is inactive. No event tells of any.
"""

from typing import Final

from strongroom import ids
from strongroom.domain.hosts import host_name, is_verifiable
from strongroom.resources.call import Call
from strongroom.resources.kind import Document, Kind, Listing, Stored
from strongroom.resources.registry import handles, register_kind
from strongroom.store import Filter

PERMISSION: Final = "payment_method_domain"
WALLETS: Final = ("amazon_pay", "apple_pay", "google_pay", "klarna", "link", "paypal")
VERIFIED: Final = "apple_pay"
"""The one whose provider looks at the host."""
UNVERIFIED: Final = (
    "The domain could not be verified: it must answer over HTTPS on port 443 with the file "
    "/.well-known/apple-developer-merchantid-domain-association."
)
ACTIVE: Final[Document] = {"status": "active"}


def view(domain: Stored) -> Document:
    """Return the domain's fields."""
    name = domain["domain_name"]
    return {
        "id": domain.id,
        "object": "payment_method_domain",
        "created": domain["created"],
        "domain_name": name,
        "enabled": bool(domain["enabled"]),
        "livemode": domain.row.livemode,
        **{wallet: _status(wallet, name) for wallet in WALLETS},
    }


def _status(wallet: str, name: str) -> Document:
    if wallet != VERIFIED or is_verifiable(name):
        return ACTIVE
    return {"status": "inactive", "status_details": {"error_message": UNVERIFIED}}


DOMAIN: Final = register_kind(
    Kind("payment_method_domain", "payment_method_domains", "pmd", "payment_method_domain", PERMISSION, view)
)


@handles("POST /v1/payment_method_domains", permission=PERMISSION)
async def create(call: Call, params: Document) -> Document:
    """Register a host; one that is registered is answered as it is."""
    name = host_name(params["domain_name"], param="domain_name")
    domain_id = ids.derived(DOMAIN.prefix, call.caller.account, str(call.caller.livemode), name)
    known = await call.find(DOMAIN, domain_id)
    if known is not None:
        return view(known)
    enabled = params.get("enabled", True)
    return view(call.insert(DOMAIN, {}, object_id=domain_id, domain_name=name, enabled=enabled))


@handles("GET /v1/payment_method_domains/{payment_method_domain}", permission=PERMISSION)
async def retrieve(call: Call, params: Document, *, payment_method_domain: str) -> Document:
    """Show a registered host."""
    return view(await _load(call, payment_method_domain))


async def _load(call: Call, domain: str) -> Stored:
    return await call.load(DOMAIN, domain, param="payment_method_domain", in_path=True)


@handles("POST /v1/payment_method_domains/{payment_method_domain}", permission=PERMISSION)
async def update(call: Call, params: Document, *, payment_method_domain: str) -> Document:
    """Switch a host off or on again; its name is what it is."""
    stored = await _load(call, payment_method_domain)
    enabled = params.get("enabled", bool(stored["enabled"]))
    if enabled == bool(stored["enabled"]):
        return view(stored)
    return view(call.change(stored, enabled=enabled))


@handles("POST /v1/payment_method_domains/{payment_method_domain}/validate", permission=PERMISSION)
async def validate(call: Call, params: Document, *, payment_method_domain: str) -> Document:
    """Look again at what was inactive."""
    return view(await _load(call, payment_method_domain))


@handles("GET /v1/payment_method_domains", permission=PERMISSION)
async def list_all(call: Call, params: Document) -> Listing:
    """List registered hosts, newest first: all, or one by its name, or those that are switched on or off."""
    filters = []
    if "domain_name" in params:
        filters.append(Filter("domain_name", "eq", params["domain_name"].lower()))
    if "enabled" in params:
        filters.append(Filter("enabled", "eq", params["enabled"]))
    return await call.listing(DOMAIN, params, filters)
