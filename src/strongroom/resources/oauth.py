"""How a platform lets go of an account: `POST /oauth/deauthorize`. Its refusals have a flat shape of their own.

The account lives on without the platform, which from the next request on is refused like anybody else.
"""

from typing import Final

from strongroom import errors
from strongroom.resources import connections
from strongroom.resources.applications import announce_application
from strongroom.resources.call import Call
from strongroom.resources.kind import Document

INVALID_CLIENT: Final = "invalid_client"
INVALID_REQUEST: Final = "invalid_request"
PREFIX: Final = "ca_"


class OAuthRefused(errors.ApiError):
    """A refusal as OAuth writes it: `error` is a word, `error_description` a sentence."""

    def __init__(self, word: str, message: str, *, status: int) -> None:
        super().__init__(message)
        self.word = word
        self.http_status = status


async def deauthorize(call: Call, params: Document) -> Document:
    """End the connection of `stripe_user_id` to the calling platform.

    Raises:
        OAuthRefused: a parameter is missing, the application is not the caller's, or there is no such connection.
    """
    for name in ("client_id", "stripe_user_id"):
        if not isinstance(params.get(name), str) or not params[name]:
            raise OAuthRefused(INVALID_REQUEST, f"No {name} was provided.", status=400)
    client_id, account = params["client_id"], params["stripe_user_id"]
    if not _is_own(call, client_id):
        raise OAuthRefused(INVALID_CLIENT, f"No such application: '{errors.echo(client_id)}'", status=401)
    try:
        await connections.end(call, account)
    except errors.Forbidden:
        message = (
            f"This application is not connected to stripe account {errors.echo(account)}, or that account "
            "does not exist."
        )
        raise OAuthRefused(INVALID_CLIENT, message, status=401) from None
    announce_application(await call.on_account(account), "account.application.deauthorized")
    return {"stripe_user_id": account}


def _is_own(call: Call, client_id: str) -> bool:
    """In the sandbox any well-formed id is the caller's application, as any well-formed key is an account."""
    if call.settings.sandbox:
        return client_id.startswith(PREFIX)
    return client_id == connections.application_id(call.caller.key_account)
