"""What can go wrong, in Stripe's words.

ApiError                        anything the caller is told
├── InvalidRequest    400 404   the caller can fix it: `code`, `param`
├── Unauthenticated   401       no key, or a wrong one
├── Forbidden         403       the key may not do this
├── CardError         402       the card or its issuer said no: `code`, `decline_code`
├── IdempotencyError  400 409   the idempotency key was used for something else, or is busy
├── RateLimited       429       too much at once, or another request holds the object
└── Unavailable       500 503   ours: a fault or an overload; never carries detail

CannotServe                     why the server does not start; for its operator alone

`http` renders them; anything else that escapes is a bug and becomes a 500 without a word of the exception.
"""

import re
import unicodedata
from typing import Any, ClassVar

from strongroom import limits

DOC_URL = "https://stripe.com/docs/error-codes/"

# Digits of any script, with up to two characters between them that are neither letter nor digit.
_DIGIT_RUN = re.compile(rf"\d(?:[\W_]{{0,2}}\d){{{limits.ECHO_DIGITS_MAX},}}")
# Of a variant and version that are given out, and with a letter: no number is written like this.
_UUID = re.compile(
    r"((?=[0-9-]*[a-f])[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})",
    re.IGNORECASE,
)


def echo(text: object) -> str:
    """Return `text` as it may be repeated to its sender: short, and with no run of digits long enough to be a card."""
    shown = str(text)
    if len(shown) > limits.ECHO_LENGTH_MAX:
        shown = shown[: limits.ECHO_LENGTH_MAX] + "…"
    return without_long_numbers(shown)


def without_long_numbers(text: str) -> str:
    """Return `text` with every run of digits long enough to be a card starred out."""
    plain = unicodedata.normalize("NFKC", text)
    if not holds_long_number(plain):
        return text
    return _DIGIT_RUN.sub(lambda run: "*" * len(run.group()), plain)


def without_long_numbers_but_ids(text: str) -> str:
    """Return `text` with long numbers starred out, except in UUIDs, which official clients make their keys of."""
    parts = _UUID.split(text)
    return "".join(part if place % 2 else without_long_numbers(part) for place, part in enumerate(parts))


def holds_long_number(text: str) -> bool:
    """Whether there is a run of digits in `text` that is long enough to be a card, separators or not."""
    return _DIGIT_RUN.search(text) is not None


class CannotServe(Exception):
    """Why the server does not start, in a sentence for whoever runs it: nothing a caller ever sees."""


class ApiError(Exception):
    """An answer that is a refusal. Absent members are omitted on the wire, never null."""

    status: ClassVar[int] = 400
    type: ClassVar[str] = "invalid_request_error"
    should_retry: ClassVar[bool | None] = None

    def __init__(
        self, message: str, *, code: str | None = None, param: str | None = None, **members: Any
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.param = param
        self.members = members
        self.http_status = self.status

    def body(self) -> dict[str, Any]:
        """Return the value of `error` on the wire, its keys in alphabetical order."""
        error: dict[str, Any] = {"message": self.message, "type": self.type, **self.members}
        if self.code is not None:
            error["code"] = self.code
            error["doc_url"] = DOC_URL + self.code.replace("_", "-")
        if self.param is not None:
            error["param"] = self.param
        return {key: error[key] for key in sorted(error) if error[key] is not None}

    @property
    def is_about_parameters(self) -> bool:
        """Whether the request never began to execute, so that its idempotency key stays free."""
        return False


class InvalidRequest(ApiError):
    """The caller can fix it. 400, or 404 where the id stood in the path."""

    def __init__(self, message: str, *, status: int = 400, **rest: Any) -> None:
        super().__init__(message, **rest)
        self.http_status = status

    @property
    def is_about_parameters(self) -> bool:
        """Validation of parameters happens before execution; Stripe keeps nothing of it under the key."""
        return self.code is not None and self.code.startswith("parameter")


class ParameterRefused(InvalidRequest):
    """A parameter that is wrong in itself, found before the operation began, with or without a code."""

    @property
    def is_about_parameters(self) -> bool:
        """Always: nothing was executed."""
        return True


class Unauthenticated(ApiError):
    """No key, or one that opens nothing. The answer has no Request-Id and no Stripe-Version."""

    status = 401


class Forbidden(ApiError):
    """The key is good, but not for this."""

    status = 403


class CardError(ApiError):
    """The card is wrong, or its issuer refused. `decline_code` says why the issuer did."""

    status = 402
    type = "card_error"


class RawCardRefused(ApiError):
    """Card numbers are not taken from this kind of key. 402 without a code, as clients have seen it (inferred status)."""

    status = 402


class IdempotencyError(ApiError):
    """The idempotency key is taken: 400 by another request, 409 by one that still runs."""

    type = "idempotency_error"

    def __init__(self, message: str, *, status: int = 400, **rest: Any) -> None:
        super().__init__(message, **rest)
        self.http_status = status


class RateLimited(ApiError):
    """Too much at once. `should_retry` is true only where a retry is safe and likely to succeed."""

    status = 429
    should_retry = True


class Unavailable(ApiError):
    """Ours, not the caller's. The message is fixed; the log has the rest under the request id."""

    status = 500
    type = "api_error"

    def __init__(
        self, message: str = "Something went wrong on our side.", *, status: int = 500, **rest: Any
    ) -> None:
        super().__init__(message, **rest)
        self.http_status = status


class Overloaded(Unavailable):
    """More is waiting than we can promise to finish; nothing was done. Answered with Retry-After."""

    should_retry = True

    def __init__(self) -> None:
        super().__init__("Too many requests are waiting. Nothing was done; please try again.", status=503)


class NotAnsweredYet(Unavailable):
    """Somebody outside has not said what became of it. The request goes on by itself, and its key says how it ends."""

    def __init__(self) -> None:
        super().__init__(
            "The bank has not answered yet. The request goes on: send it again with the same Idempotency-Key to learn how "
            "it ended."
        )


class NotImplementedHere(Unavailable):
    """Known to Stripe, not to this version. Retrying is pointless."""

    should_retry = False


# -- the mistakes everybody makes, by name ------------------------------------------------------------------------


def parameter_missing(param: str) -> ParameterRefused:
    """A required parameter was not sent."""
    return ParameterRefused(f"Missing required param: {param}.", code="parameter_missing", param=param)


def parameter_unknown(params: list[str]) -> ParameterRefused:
    """One or more parameters that this operation does not know; `param` names the first."""
    names = ", ".join(echo(param) for param in params)
    plural = "s" if len(params) > 1 else ""
    return ParameterRefused(
        f"Received unknown parameter{plural}: {names}", code="parameter_unknown", param=echo(params[0])
    )


def parameter_empty(param: str) -> ParameterRefused:
    """An empty string for something that cannot be unset."""
    return ParameterRefused(
        f"You passed an empty string for '{param}'. We assume empty values are an attempt to unset a parameter; "
        f"however '{param}' cannot be unset. You should remove '{param}' from your request or supply a non-empty value.",
        code="parameter_invalid_empty",
        param=param,
    )


def parameters_exclusive(first: str, second: str) -> ParameterRefused:
    """Two parameters of which only one may be sent."""
    return ParameterRefused(
        f"You may only specify one of these parameters: {first}, {second}.",
        code="parameters_exclusive",
        param=second,
    )


def resource_missing(
    noun: str, object_id: str, *, param: str, in_path: bool = False, hint: str = ""
) -> InvalidRequest:
    """No such object for this key: 404 if its id stood in the path, 400 if in the body or query.

    The answer is the same for an id that never was, one of another account and one of another type.
    """
    return InvalidRequest(
        f"No such {noun}: '{echo(object_id)}'{hint}",
        status=404 if in_path else 400,
        code="resource_missing",
        param=param,
    )


def token_already_used(token_id: str) -> InvalidRequest:
    """A token's second use, whoever was first."""
    return InvalidRequest(
        f"You cannot use a Stripe token more than once: {echo(token_id)}.", code="token_already_used"
    )


def lock_timeout() -> RateLimited:
    """Another request holds the object, or keeps changing it."""
    return RateLimited(
        "This object cannot be accessed right now because another API request or Stripe process is currently accessing "
        "it. If you see this error intermittently, retry the request.",
        code="lock_timeout",
    )


def secret_key_required() -> Forbidden:
    """A publishable key where only a secret one will do."""
    return Forbidden(
        "This API call cannot be made with a publishable API key. Please use a secret API key. You can find a list "
        "of your API keys at https://dashboard.stripe.com/account/apikeys.",
        code="secret_key_required",
    )


def not_implemented(what: str) -> Unavailable:
    """An operation Stripe has and this version of Strongroom does not; 501, so that no client retries it."""
    return NotImplementedHere(
        f"Strongroom does not implement {echo(what)} yet.", status=501, code="strongroom_not_implemented"
    )
