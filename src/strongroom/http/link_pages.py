"""Where file links lead.

    GET /links/{account}/{mode}/{text}    the bytes of the file, to be saved

Whoever has the address has the file, until the link ends; whatever is wrong with an address, the answer is the same.
"""

import re
from typing import Final

from strongroom import errors, ids
from strongroom.house import House
from strongroom.http import downloads, visitors
from strongroom.http.answer import Answer
from strongroom.http.request import Request
from strongroom.resources import file_links, files
from strongroom.resources.call import Call, Origin
from strongroom.resources.caller import Caller, KeyKind

PREFIX: Final = "/links/"
_PATH: Final = re.compile(r"/links/(acct_[0-9A-Za-z]{1,64})/(test|live)/([0-9A-Za-z_-]{1,1000})", re.ASCII)
_METHODS: Final = ("GET", "HEAD")


async def page(request: Request, house: House) -> Answer:
    """Answer a request for a file behind a link.

    Raises:
        errors.InvalidRequest: 404, there is no such link or it has ended, or its file has.
    """
    request.request_id = ids.new("req")
    request.route = f"{request.method} {PREFIX}"
    match = _PATH.fullmatch(request.path)
    if match is None or request.method not in _METHODS:
        raise _nothing()
    account, mode, text = match.groups()
    keyring = await visitors.keyring_of(house, account, livemode=mode == "live")
    link_id = None if keyring is None else file_links.named(keyring, account, text)
    if keyring is None or link_id is None:
        raise _nothing()
    caller = Caller(account, mode == "live", KeyKind.SECRET, account, masked_key="")
    call = Call(house, caller, Origin(request.request_id, None, request.client_ip, PREFIX), keyring)
    link = await call.find(file_links.FILE_LINK, link_id)
    if link is None or file_links.has_ended(call, link):
        raise _nothing()
    file = await files.find_living(call, link["file"])
    if file is None:
        raise _nothing()
    return downloads.answer_of(await files.attachment(call, file))


def _nothing() -> errors.InvalidRequest:
    return errors.InvalidRequest("There is no file here, or the link to it has expired.", status=404)
