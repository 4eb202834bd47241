"""A form as it was sent: its fields, read within bounds, and whether it came from a page of ours."""

from collections.abc import Sequence
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from strongroom import errors, limits
from strongroom.secret import Secret

FORM_TYPE = "application/x-www-form-urlencoded"


class Form:
    """The fields of one form. Asking for one that was not sent gives an empty text."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    def text(self, name: str) -> str:
        """Return a field's last value, without spaces around it."""
        return self._values.get(name, [""])[-1].strip()

    def secret(self, name: str) -> Secret[str]:
        """Return a field that nobody may see again, exactly as it was typed."""
        return Secret(self._values.get(name, [""])[-1])

    def all(self, name: str) -> list[str]:
        """Return every value of a field that may be there several times."""
        return list(self._values.get(name, ()))

    def has(self, name: str) -> bool:
        """Whether the field was sent: a checkbox that is not ticked is not."""
        return name in self._values

    def under(self, prefix: str) -> dict[str, str]:
        """Return the fields whose names begin with `prefix`, by the rest of their names."""
        return {
            name.removeprefix(prefix): values[-1]
            for name, values in self._values.items()
            if name.startswith(prefix)
        }

    def integer(self, name: str, *, default: int) -> int:
        """Return a field's number.

        Raises:
            errors.ParameterRefused: it is none.
        """
        text = self.text(name)
        if not text:
            return default
        if not (text.isascii() and text.isdigit() and len(text) <= limits.INTEGER_DIGITS_MAX):
            raise errors.ParameterRefused("Please enter a whole number.", param=name)
        return int(text)


async def read(request: Request) -> Form:
    """Return the form in a request's body.

    Raises:
        errors.ParameterRefused: it is no form, or more than any page of ours sends.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        raise errors.ParameterRefused("Pages take forms only.", status=415)
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limits.PAGE_FORM_BYTES_MAX:
                raise errors.ParameterRefused("The form is too large.", status=413)
    except ClientDisconnect:
        raise errors.ParameterRefused("The form never arrived whole.") from None
    return Form(_pairs(bytes(body)))


def _pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        text = body.decode("ascii")
        pairs = parse_qsl(
            text, keep_blank_values=True, errors="strict", max_num_fields=limits.PAGE_FORM_FIELDS_MAX
        )
    except ValueError:
        raise errors.ParameterRefused("The form is not well-formed.") from None
    if any("\0" in part for pair in pairs for part in pair):
        raise errors.ParameterRefused("The form is not well-formed.")
    return pairs


def check_origin(request: Request) -> None:
    """Refuse a form that another site sent: the browser says where it came from.

    Raises:
        errors.Forbidden: it came from elsewhere, or nothing says where it came from.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        from_here = site == "same-origin"
    else:
        origin = request.headers.get("origin", "")
        from_here = origin.partition("://")[2] == request.headers.get("host", "")
    if not from_here:
        raise errors.Forbidden("This form did not come from a page of this dashboard.")
