"""The one OAuth route there is, `POST /oauth/deauthorize`: the same house, with refusals of another shape."""

from typing import Any, Final

from strongroom import errors, ids, limits
from strongroom.house import House
from strongroom.http import answer as answers
from strongroom.http import forms
from strongroom.http.answer import Answer
from strongroom.http.auth import authenticate
from strongroom.http.request import Request
from strongroom.resources import oauth
from strongroom.resources.call import Call, Origin
from strongroom.resources.caller import Caller, KeyKind
from strongroom.store import Rejected

PATH: Final = "/oauth/deauthorize"


async def deauthorize(request: Request, house: House) -> Answer:
    """Answer the request; its body has been read."""
    request.request_id = ids.new("req")
    request.route = f"POST {PATH}"
    try:
        caller = await _caller(request, house)
        shown = await _commit(request, caller, house)
    except errors.ApiError as refusal:
        return _refused(refusal)
    return answers.identify(Answer(200, answers.encode(shown)), request.request_id)


async def _caller(request: Request, house: House) -> Caller:
    caller = await authenticate(request, house)
    if caller.kind is not KeyKind.SECRET or caller.acts_for_another:
        raise oauth.OAuthRefused(
            oauth.INVALID_CLIENT, "The secret key of the platform is needed for this.", status=401
        )
    request.account = caller.account
    return caller


async def _commit(request: Request, caller: Caller, house: House) -> dict[str, Any]:
    params = forms.decode(request.query, request.body)
    origin = Origin(request.request_id, None, request.client_ip, request.path)
    keyring = await house.keyring(caller.account, caller.livemode)
    for _ in range(limits.COMMIT_ATTEMPTS_MAX):
        call = Call(house, caller, origin, keyring)
        shown = await oauth.deauthorize(call, params)
        try:
            await house.store.commit(call.writes)
        except Rejected:
            continue
        return shown
    raise errors.RateLimited("The account is busy. Please try again.")


def _refused(refusal: errors.ApiError) -> Answer:
    """Return a refusal as OAuth writes it; one that knows no OAuth word is about the client or about the request."""
    if isinstance(refusal, oauth.OAuthRefused):
        word = refusal.word
    elif isinstance(refusal, errors.Unavailable):
        return answers.of_error(refusal)
    else:
        unknown = isinstance(refusal, (errors.Unauthenticated, errors.Forbidden))
        word = oauth.INVALID_CLIENT if unknown else oauth.INVALID_REQUEST
    return Answer(refusal.http_status, answers.encode({"error": word, "error_description": refusal.message}))
