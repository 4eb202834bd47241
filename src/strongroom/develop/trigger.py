"""Makes an event happen for real, by the calls of the API that lead to it (`catalog/triggers.toml`)."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from strongroom.catalog.triggers import Step, Trigger
from strongroom.develop.api import Api, Document, Refused

DECLINED: Final = 402
EVENT_SECONDS_MAX: Final = 15
EVERY_SECONDS: Final = 0.1
# The smallest document that is one.
FILENAME: Final = "trigger.pdf"
CONTENT: Final = b"%PDF-1.4\n%%EOF\n"

_OVERRIDE: Final = re.compile(r"([a-z_]+):([^=]+)=(.*)", re.DOTALL)

Overrides = Mapping[str, Mapping[str, str]]


def overrides_of(texts: Sequence[str]) -> Overrides:
    """Return, by step, the parameters that `STEP:PARAMETER=VALUE` change.

    Raises:
        ValueError: one of them is not of this form.
    """
    changed: dict[str, dict[str, str]] = {}
    for text in texts:
        match = _OVERRIDE.fullmatch(text)
        if match is None:
            raise ValueError(f"--override takes STEP:PARAMETER=VALUE, not {text}")
        changed.setdefault(match[1], {})[match[2]] = match[3]
    return changed


def run(api: Api, trigger: Trigger, changed: Overrides, say: Callable[[str], None]) -> Document:
    """Make the calls and return the event they led to.

    Raises:
        Refused: the API said no to one of them.
        ValueError: an override names no step; or the event did not come.
    """
    if unknown := set(changed) - {step.name for step in trigger.steps}:
        raise ValueError(
            f"{trigger.event} has no step {min(unknown)}; there are {', '.join(_names(trigger))}"
        )
    ids: dict[str, str] = {}
    for step in trigger.steps:
        say(f"Running fixture for: {step.name}")
        params = {**step.params, **changed.get(step.name, {})}
        ids[step.name] = _make(api, step, {key: _filled(text, ids) for key, text in params.items()}, ids)
    return _event(api, trigger, {name: made for name, made in ids.items() if made})


def _names(trigger: Trigger) -> list[str]:
    return sorted({step.name for step in trigger.steps})


def _filled(text: str, ids: Mapping[str, str]) -> str:
    """Return `text` with `{step}` replaced by the id of what that step made."""
    for name, made in ids.items():
        text = text.replace("{" + name + "}", made)
    return text


def _make(api: Api, step: Step, params: Mapping[str, str], ids: Mapping[str, str]) -> str:
    """Make one call and return the id of what it made, or of what an earlier step of the name did if it was declined."""
    path = _filled(step.path, ids)
    account = _filled(step.account, ids) if step.account else None
    if step.uploads:
        made = api.upload(path, params, FILENAME, CONTENT)
    elif step.finds:
        made = _first(api, path, {**params, "limit": "1"}, account)
    else:
        try:
            made = api.call(step.method, path, params, account)
        except Refused as refusal:
            if not step.declines or refusal.status != DECLINED:
                raise
            made = {"id": ids.get(step.name, "")}
    # A clock has no id.
    made_id: str = made.get("id", "")
    return made_id


def _first(api: Api, path: str, params: Mapping[str, str], account: str | None) -> Document:
    """Wait for something to be in a list, and return it."""
    end = time.monotonic() + EVENT_SECONDS_MAX
    while time.monotonic() < end:
        found: list[Document] = api.get(path, params, account)["data"]
        if found:
            return found[0]
        time.sleep(EVERY_SECONDS)
    raise ValueError(f"all was done, but nothing came to be at {path}")


def _event(api: Api, trigger: Trigger, ids: Mapping[str, str]) -> Document:
    """Wait for the event: some come a moment after what led to them."""
    account = _filled(trigger.account, ids) if trigger.account else None
    end = time.monotonic() + EVENT_SECONDS_MAX
    while time.monotonic() < end:
        found = api.get("/v1/events", {"type": trigger.event, "limit": "20"}, account)["data"]
        for event in found:
            if _is_about(event, set(ids.values())):
                whole: Document = event
                return whole
        time.sleep(EVERY_SECONDS)
    raise ValueError(f"all was done, but {trigger.event} did not come")


def _is_about(event: Document, ids: set[str]) -> bool:
    """Whether the event tells of something the calls made, or of something that belongs to one."""
    told = event["data"]["object"]
    texts = {value for value in told.values() if isinstance(value, str)}
    return bool(ids & texts) or event.get("account") in ids
