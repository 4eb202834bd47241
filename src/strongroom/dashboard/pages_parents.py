"""Payment methods → Your connected accounts: what a platform sets for them, edited as a draft, reviewed, then applied."""

import csv
import io
from collections import Counter
from typing import Any, Final

from starlette.responses import Response

from strongroom import errors
from strongroom.catalog import country_table
from strongroom.catalog.accounts import account_tables
from strongroom.catalog.eligibility import Method, methods
from strongroom.dashboard.acting import Deed, act
from strongroom.dashboard.drafts import Draft, draft_of, keep
from strongroom.dashboard.pages_methods import by_name, facts_of
from strongroom.dashboard.routes import form, page
from strongroom.dashboard.visit import Visit
from strongroom.domain.configurations import Setting, edited
from strongroom.domain.roles import Act
from strongroom.resources import parent_configurations as operations
from strongroom.resources.configurations import ParentConfiguration
from strongroom.resources.connected_methods import Bucket
from strongroom.resources.parent_configurations import DEFAULTS, Preview

HOME: Final = "/payment-methods/connected"
EFFECTS_SHOWN_MAX: Final = 200
BUCKET_SHOWN_MAX: Final = 100


@page("/{mode}/payment-methods/connected")
async def show(visit: Visit) -> Response:
    """Show one parent, the default if none is named, as the draft would have it."""
    return await _parent_page(visit, visit.request.query_params.get("configuration"))


async def _parent_page(
    visit: Visit, wanted: str | None, *, problem: str | None = None, status: int = 200
) -> Response:
    call = await visit.call()
    parents = await operations.list_all(call)
    chosen = _chosen(parents, wanted)
    draft = draft_of(visit, chosen.id)
    preview: Preview | None = None
    if "review" in visit.request.query_params and not draft.is_empty:
        try:
            preview = await operations.preview(call, chosen.id, draft.edits)
        except (errors.InvalidRequest, errors.Forbidden) as refusal:
            problem, status = refusal.message, refusal.http_status
    return visit.page(
        "parents.html",
        parents=parents,
        chosen=chosen,
        rows=_rows(chosen, draft),
        customization=_drafted(chosen, draft).account_customization,
        pending=draft.changes(chosen),
        preview=None if preview is None else _shown(preview),
        settings=list(Setting),
        may_change=visit.may(Act.METHODS),
        problem=problem,
        status=status,
    )


def _chosen(parents: list[ParentConfiguration], wanted: str | None) -> ParentConfiguration:
    found = next((one for one in parents if (one.id == wanted if wanted else one.is_default)), None)
    if found is None:
        raise errors.resource_missing(
            "payment_method_configuration", wanted or "", param="configuration", in_path=True
        )
    return found


def _drafted(chosen: ParentConfiguration, draft: Draft) -> Any:
    return edited(chosen.rules, draft.edits)


def _rows(chosen: ParentConfiguration, draft: Draft) -> list[dict[str, Any]]:
    rules, touched = _drafted(chosen, draft), {one.method for one in draft.changes(chosen)}
    rows = [
        {
            **facts_of(methods()[name]),
            "setting": rules.setting(name, default),
            "countries": len(rules.countries.get(name, {})),
            "accounts": len(rules.accounts.get(name, {})),
            "is_pending": name in touched,
        }
        for name, default in DEFAULTS.items()
    ]
    return sorted(rows, key=by_name)


def _shown(preview: Preview) -> dict[str, Any]:
    """Return the review as the dialog tells it."""
    return {
        "version": preview.version,
        "changes": [(_subject(one.method, one.whose), one.old, one.new) for one in preview.changes],
        "effects": [(one, methods()[one.method].name) for one in preview.effects[:EFFECTS_SHOWN_MAX]],
        "counts": Counter(one.outcome for one in preview.effects),
        "more": max(0, len(preview.effects) - EFFECTS_SHOWN_MAX),
        "requests": sorted(preview.requests.items())[:EFFECTS_SHOWN_MAX],
    }


def _subject(method: str | None, whose: str | None) -> str:
    if method is None:
        return "Account customization"
    name = methods()[method].name
    return name if whose is None else f"{name} for {whose}"


# -- parents themselves -----------------------------------------------------------------------------------------------


@form("/{mode}/payment-methods/connected", act=Act.METHODS)
async def create(visit: Visit) -> Response:
    """Make a further parent, and with it a child on every connected account."""

    async def work(deed: Deed) -> str:
        made = await operations.create(deed.call, visit.form.text("name"))
        deed.note("parent_configuration.created", made.id)
        return made.id

    try:
        made = await act(visit, work)
    except errors.InvalidRequest as refusal:
        return await _parent_page(visit, None, problem=refusal.message, status=refusal.http_status)
    return visit.go(f"{HOME}?configuration={made}", done="configuration_created")


@form("/{mode}/payment-methods/connected/{parent}/manage", act=Act.METHODS)
async def manage(visit: Visit, parent: str) -> Response:
    """Rename, activate or archive a parent, or make it the default."""
    wanted = visit.form.text("do")

    async def work(deed: Deed) -> str:
        done = "configuration_changed"
        if wanted == "default":
            await operations.make_default(deed.call, parent)
            done = "default_changed"
        elif wanted == "rename":
            await operations.rename(deed.call, parent, visit.form.text("name"))
        else:
            await operations.set_active(deed.call, parent, active=wanted == "activate")
        deed.note(f"parent_configuration.{_DONE.get(wanted, 'archived')}", parent)
        return done

    try:
        done = await act(visit, work)
    except errors.InvalidRequest as refusal:
        return await _parent_page(visit, parent, problem=refusal.message, status=refusal.http_status)
    return visit.go(f"{HOME}?configuration={parent}", done=done)


_DONE: Final = {"default": "made_default", "rename": "renamed", "activate": "activated"}


# -- the draft --------------------------------------------------------------------------------------------------------


@form("/{mode}/payment-methods/connected/{parent}/stage", act=Act.METHODS)
async def stage(visit: Visit, parent: str) -> Response:
    """Keep the settings of the whole table as a draft, and show its review if that was the button."""
    found = await operations.load(await visit.call(), parent)
    draft = draft_of(visit, parent)
    sent = visit.form.under("method_")
    if not (sent.keys() <= DEFAULTS.keys() and set(sent.values()) <= set(Setting)):
        raise errors.ParameterRefused("A method is on by default, off by default or blocked.")
    draft.settings = {**draft.settings, **sent}
    draft.account_customization = visit.form.has("account_customization")
    await keep(visit, found, draft)
    review = "&review=1" if visit.form.text("then") == "review" else ""
    return visit.go(f"{HOME}?configuration={parent}{review}")


@form("/{mode}/payment-methods/connected/{parent}/discard", act=Act.METHODS)
async def discard(visit: Visit, parent: str) -> Response:
    """Forget the draft."""
    await keep(visit, await operations.load(await visit.call(), parent), None)
    return visit.go(f"{HOME}?configuration={parent}", done="edits_discarded")


@form("/{mode}/payment-methods/connected/{parent}/apply", act=Act.METHODS)
async def apply(visit: Visit, parent: str) -> Response:
    """Make the draft live, all of it at once, as it was reviewed."""
    draft = draft_of(visit, parent)
    version = visit.form.integer("version", default=0)

    async def work(deed: Deed) -> ParentConfiguration:
        done = await operations.apply(deed.call, parent, draft.edits, version=version)
        details = {_subject(one.method, one.whose): f"{one.old} → {one.new}" for one in done.changes}
        deed.note("parent_configuration.applied", parent, **details)
        return done.parent

    try:
        applied = await act(visit, work)
    except (errors.InvalidRequest, errors.Forbidden) as refusal:
        return await _parent_page(visit, parent, problem=refusal.message, status=refusal.http_status)
    await keep(visit, applied, None)
    return visit.go(f"{HOME}?configuration={parent}", done="edits_applied")


# -- one method -------------------------------------------------------------------------------------------------------


@page("/{mode}/payment-methods/connected/{parent}/{method}")
async def show_method(visit: Visit, parent: str, method: str) -> Response:
    """Show a method's overrides by country and by account, and who is how far from having it."""
    call = await visit.call()
    found, known = await operations.load(call, parent), _known(method)
    draft = draft_of(visit, parent)
    rules = _drafted(found, draft)
    buckets = await operations.buckets(call, method)
    return visit.page(
        "parent_method.html",
        chosen=found,
        method=known,
        setting=rules.setting(method, DEFAULTS[method]),
        countries=_countries(known),
        off_in=rules.countries.get(method, {}),
        overrides=sorted(rules.accounts.get(method, {}).items()),
        accounts=sorted(one.account for several in buckets.values() for one in several),
        buckets=[(bucket, several, several[:BUCKET_SHOWN_MAX]) for bucket, several in buckets.items()],
        pending=draft.changes(found),
        may_change=visit.may(Act.METHODS),
    )


def _known(method: str) -> Method:
    if method not in DEFAULTS:
        raise errors.InvalidRequest("There is no such payment method.", status=404)
    return methods()[method]


def _countries(method: Method) -> dict[str, str]:
    """Return where connected accounts can be and have the method: code → name, by name."""
    codes = method.countries & account_tables().countries.keys()
    names = {code: country_table()[code].name for code in codes}
    return dict(sorted(names.items(), key=lambda item: item[1]))


@form("/{mode}/payment-methods/connected/{parent}/{method}/countries", act=Act.METHODS)
async def stage_countries(visit: Visit, parent: str, method: str) -> Response:
    """Draft in which countries the method is off."""
    found, known = await operations.load(await visit.call(), parent), _known(method)
    off = set(visit.form.all("country"))
    if not off <= _countries(known).keys():
        raise errors.ParameterRefused("The method is not for accounts in one of these countries.")
    draft = draft_of(visit, parent)
    had = found.rules.countries.get(method, {})
    draft.countries[method] = {
        country: "off" if country in off else None for country in sorted(off | set(had))
    }
    await keep(visit, found, draft)
    return visit.go(f"{HOME}/{parent}/{method}")


@form("/{mode}/payment-methods/connected/{parent}/{method}/accounts", act=Act.METHODS)
async def stage_account(visit: Visit, parent: str, method: str) -> Response:
    """Draft what the method is for one account, whatever else is set."""
    found = await operations.load(await visit.call(), parent)
    _known(method)
    account, value = visit.form.text("account"), visit.form.text("value")
    if not account or value not in {"on", "off", "none"}:
        raise errors.ParameterRefused("Choose an account, and on, off or no override.")
    draft = draft_of(visit, parent)
    draft.accounts.setdefault(method, {})[account] = None if value == "none" else value
    await keep(visit, found, draft)
    if visit.form.text("back") == "account":
        return visit.go(f"/accounts/{account}?configuration={parent}")
    return visit.go(f"{HOME}/{parent}/{method}")


@page("/{mode}/payment-methods/connected/{parent}/{method}/accounts.csv")
async def export(visit: Visit, parent: str, method: str) -> Response:
    """Send who is Enabled, Eligible, Missing info or Ineligible, with the reasons."""
    _known(method)
    call = await visit.call()
    await operations.load(call, parent)
    buckets = await operations.buckets(call, method)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["account", "bucket", "reason"])
    writer.writerows([one.account, bucket, one.reason] for bucket in Bucket for one in buckets[bucket])
    headers = {"content-disposition": f'attachment; filename="{method}-accounts.csv"'}
    return Response(text.getvalue(), media_type="text/csv", headers=headers)
