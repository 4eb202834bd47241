"""What a customer is handed, at the addresses that only its object shows.

    GET /receipts/{account}/{mode}/{charge}/{token}     `receipt_url` of a charge
    GET /mandates/{account}/{mode}/{mandate}/{token}    `url` of a mandate's details

The token is all the authority there is, and it lasts as long as the object does.
"""

import re
from typing import Final

from strongroom import ids
from strongroom.customer_pages import asked, papers
from strongroom.customer_pages.rendering import Page
from strongroom.house import House
from strongroom.http.answer import Answer
from strongroom.http.challenge_pages import acting_for, as_answer
from strongroom.http.request import Request
from strongroom.resources.addresses import MANDATES, RECEIPTS, opens
from strongroom.resources.call import Call
from strongroom.resources.charging import CHARGE
from strongroom.resources.mandates import MANDATE

PREFIXES: Final = (f"/{RECEIPTS}/", f"/{MANDATES}/")
_PATH: Final = re.compile(
    rf"/({RECEIPTS}|{MANDATES})/(acct_[0-9A-Za-z]{{1,64}})/(test|live)/([a-z]{{2,8}}_[0-9A-Za-z]{{1,64}})/([0-9A-Za-z]{{1,64}})",
    re.ASCII,
)


async def page(request: Request, house: House) -> Answer:
    """Answer a request for one of the pages."""
    request.request_id = ids.new("req")
    match = _PATH.fullmatch(request.path)
    if match is None or request.method not in {"GET", "HEAD"}:
        request.route = f"{request.method} {PREFIXES[0]}"
        return as_answer(asked.gone())
    folder, account, mode, object_id, token = match.groups()
    request.route = f"{request.method} /{folder}/"
    whose = await acting_for(request, house, account, livemode=mode == "live")
    shown = None if whose is None else await _paper(whose.call(house), folder, object_id, token)
    return as_answer(shown or asked.gone())


async def _paper(call: Call, folder: str, object_id: str, token: str) -> Page | None:
    if folder == RECEIPTS:
        charge = await call.find(CHARGE, object_id)
        is_open = charge is not None and opens(charge.doc.get("receipt_url"), token)
        return await papers.receipt(call, charge) if charge is not None and is_open else None
    mandate = await call.find(MANDATE, object_id)
    if mandate is None:
        return None
    details = mandate.doc["payment_method_details"]
    address = details[details["type"]].get("url")
    return await papers.mandate(call, mandate) if opens(address, token) else None
