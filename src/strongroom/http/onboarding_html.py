"""The onboarding page as HTML: sections of fields, each with its label, its hints and what was wrong with it."""

from collections.abc import Iterator, Mapping
from html import escape
from itertools import groupby
from typing import Final

from strongroom.catalog import file_tables
from strongroom.catalog.onboarding import CHOICE, CONSENT, DOCUMENT, SEALED, TICK
from strongroom.resources.onboarding_forms import Field, Section, Step

STYLE: Final = """
:root{--ink:#15212b;--muted:#526170;--line:#8a97a3;--card:#fff;--bg:#f5f7f8;--accent:#0b6b5d;--on:#fff;--bad:#a81f14;
--bad-bg:#fdeae8;--note:#7a4100;--note-bg:#fdeed5}
@media (prefers-color-scheme:dark){:root{--ink:#e7edf1;--muted:#9fb0bd;--line:#6d7f8d;--card:#161e25;--bg:#0e1419;
--accent:#56cdb6;--on:#06241e;--bad:#ff9d93;--bad-bg:#3d1a17;--note:#f0bc6c;--note-bg:#38280f}}
*{box-sizing:border-box}
body{background:var(--bg);color:var(--ink);max-width:40rem;margin:0 auto;padding:2rem 1rem 4rem;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .5rem}h2{font-size:1.15rem;margin:0 0 1rem}
a{color:var(--accent)}p{margin:.25rem 0}
section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:1.25rem;margin:1.25rem 0}
fieldset{border:0;margin:0;padding:0}legend{font-weight:600;padding:0;margin-bottom:.25rem}
.field{margin:0 0 1rem}.parts{display:grid;grid-template-columns:repeat(auto-fit,minmax(7rem,1fr));gap:0 .75rem}
.parts .field{margin-bottom:.5rem}.wide{grid-column:1/-1}
label{display:block;font-weight:600}fieldset label{font-weight:500}.tick label{display:inline;font-weight:500}
input:not([type=checkbox]),select,textarea{display:block;width:100%;font:inherit;color:inherit;background:var(--bg);
border:1px solid var(--line);border-radius:8px;padding:.5rem .6rem;margin-top:.25rem}
input[type=checkbox]{width:1.15rem;height:1.15rem;vertical-align:-.15rem;margin:0 .5rem 0 0;accent-color:var(--accent)}
[aria-invalid=true]{border-color:var(--bad)!important;outline:1px solid var(--bad)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.hint{color:var(--muted);font-size:.9rem}.wrong{color:var(--bad);font-size:.9rem;font-weight:600}
.said{color:var(--note);font-size:.9rem}
.box{border-radius:10px;padding:.75rem 1rem;margin:1rem 0}.faults{background:var(--bad-bg);color:var(--bad)}
.faults a{color:inherit}.test{background:var(--note-bg);color:var(--note)}
ul{margin:.25rem 0;padding-left:1.25rem}
.end{display:flex;flex-wrap:wrap;gap:.75rem 1.5rem;align-items:center}
button,.button{font:inherit;font-weight:600;background:var(--accent);color:var(--on);border:0;border-radius:8px;
padding:.6rem 1.2rem;cursor:pointer;text-decoration:none;display:inline-block}
"""

TITLES: Final = {True: "Please check what you entered", False: "Set up your account"}


def page(step: Step, *, sent: Mapping[str, str], faults: Mapping[str, str], leave_url: str | None) -> str:
    """Return the page.

    Args:
        step: what is asked for.
        sent: what was filled in before and has to be filled in again; nothing secret is repeated.
        faults: field → what is wrong with it.
        leave_url: where whoever does not finish goes, if it is a web address.
    """
    ids = {field.name: f"f{number}" for number, field in enumerate(step.asked.fields, 1)}
    values = sent if faults else step.values
    drawing = Drawing(step, ids, values, faults)
    labels = {field.name: field.words.label for field in step.asked.fields}
    sections = "".join(drawing.section(one) for one in step.asked.sections)
    leave = "" if leave_url is None else f'<a href="{escape(leave_url)}">Leave and finish later</a>'
    return (
        f"<main><h1>Set up your account</h1><p class=hint>{escape(step.account)}</p>{_test(step)}"
        f"{_faults(faults, ids, labels)}{_left(step)}"
        f'<form method="post" novalidate>{sections}'
        f'<div class="end"><button type="submit">Continue</button>{leave}</div></form></main>'
    )


def done(step: Step, leave_url: str | None) -> str:
    """Return what is shown when the page has nothing to ask for."""
    waits = "<p>What you entered is being checked.</p>" if step.waits else ""
    leave = f'<p><a class="button" href="{escape(leave_url)}">Continue</a></p>' if leave_url else ""
    return f"<main><h1>Nothing is missing</h1>{waits}{_left(step)}{leave}</main>"


def _test(step: Step) -> str:
    return "" if step.livemode else '<p class="box test">Test mode: do not enter real data.</p>'


def _left(step: Step) -> str:
    if not step.asked.left:
        return ""
    listed = "".join(f"<li><code>{escape(path)}</code></li>" for path in step.asked.left)
    return f'<div class="box test"><p>The platform still has to give:</p><ul>{listed}</ul></div>'


def _faults(faults: Mapping[str, str], ids: Mapping[str, str], labels: Mapping[str, str]) -> str:
    if not faults:
        return ""
    listed = "".join(
        f'<li><a href="#{ids[name]}">{escape(labels[name])}</a>: {escape(words)}</li>'
        if name in ids
        else f"<li>{escape(words)}</li>"
        for name, words in faults.items()
    )
    return (
        '<div class="box faults" role="alert" tabindex="-1"><h2>Something is not right yet</h2>'
        f"<ul>{listed}</ul></div>"
    )


class Drawing:
    """Draws the fields of one page."""

    def __init__(
        self, step: Step, ids: Mapping[str, str], values: Mapping[str, str], faults: Mapping[str, str]
    ) -> None:
        self.step, self.ids, self.values, self.faults = step, ids, values, faults

    def section(self, section: Section) -> str:
        """Return a section; fields of one group stand side by side under their legend."""
        heading = f"{self.ids[section.fields[0].name]}h"
        body = "".join(self._groups(section))
        note = '<p class="hint">Leave it empty if there is nobody to add.</p>' if section.may_be_empty else ""
        return f'<section aria-labelledby="{heading}"><h2 id="{heading}">{escape(section.heading)}</h2>{note}{body}</section>'

    def _groups(self, section: Section) -> Iterator[str]:
        for group, fields in groupby(section.fields, key=lambda field: field.words.group):
            drawn = "".join(self._field(field) for field in fields)
            yield (
                f'<fieldset><legend>{escape(group)}</legend><div class="parts">{drawn}</div></fieldset>'
                if group
                else drawn
            )

    def _field(self, field: Field) -> str:
        words, own = field.words, self.ids[field.name]
        notes = "".join(
            f'<p id="{own}{mark}" class="{style}">{escape(text)}</p>'
            for mark, style, text in self._notes(field)
        )
        label = f'<label for="{own}">{escape(words.label)}{self._optional(field)}</label>'
        control = self._control(field)
        if words.kind in (TICK, CONSENT):
            return f'<div class="field tick">{control}{label}{notes}</div>'
        wide = " wide" if words.is_wide else ""
        return f'<div class="field{wide}">{label}{control}{notes}</div>'

    def _optional(self, field: Field) -> str:
        is_open = not field.is_required and field.words.kind != TICK
        return ' <span class="hint">(optional)</span>' if is_open else ""

    def _notes(self, field: Field) -> Iterator[tuple[str, str, str]]:
        """Yield what stands below a field: mark, style, text."""
        if field.name in self.faults:
            yield "e", "wrong", self.faults[field.name]
        elif field.name in self.step.notices:
            yield "n", "said", self.step.notices[field.name]
        if field.words.hint:
            yield "h", "hint", field.words.hint
        if field.name in self.step.given:
            yield "g", "hint", "Given before. Leave it empty to keep it."
        if field.words.test_hint and not self.step.livemode:
            yield "t", "hint", f"Test mode: {field.words.test_hint}"

    def _attributes(self, field: Field) -> str:
        own = self.ids[field.name]
        described = " ".join(own + mark for mark, _, _ in self._notes(field))
        is_needed = (
            field.is_required and field.name not in self.step.given and not self._in_open_section(field)
        )
        return (
            f'id="{own}" name="{escape(field.name)}"'
            + (f' aria-describedby="{described}"' if described else "")
            + (' aria-invalid="true"' if field.name in self.faults else "")
            + (' aria-required="true"' if is_needed and not field.words.either else "")
        )

    def _in_open_section(self, field: Field) -> bool:
        return any(section.may_be_empty and field in section.fields for section in self.step.asked.sections)

    def _control(self, field: Field) -> str:
        words, attributes = field.words, self._attributes(field)
        value = escape(self.values.get(field.name, ""))
        if words.kind in (TICK, CONSENT):
            ticked = " checked" if value else ""
            return f'<input type="checkbox" value="true" {attributes}{ticked}>'
        if words.kind == CHOICE:
            return self._choice(attributes, dict(words.options), value)
        if words.kind == DOCUMENT:
            return self._choice(attributes, _test_documents(field), "")
        if words.kind == "long":
            return f'<textarea rows="3" {attributes}>{value}</textarea>'
        if words.kind == SEALED:
            return f'<input type="text" autocomplete="off" spellcheck="false" {attributes}>'
        kind = "text" if words.kind == "number" else words.kind
        digits = ' inputmode="numeric"' if words.kind == "number" else ""
        complete = f' autocomplete="{words.autocomplete}"' if words.autocomplete else ""
        return f'<input type="{kind}" value="{value}"{digits}{complete} {attributes}>'

    def _choice(self, attributes: str, options: Mapping[str, str], chosen: str) -> str:
        drawn = "".join(
            f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(words)}</option>'
            for value, words in options.items()
        )
        return f'<select {attributes}><option value="">Please choose</option>{drawn}</select>'


def _test_documents(field: Field) -> dict[str, str]:
    """Return the published documents of test mode that fit: in live mode there are no such fields."""
    family = "relationship" if field.path.startswith("documents.") else "identity"
    return {
        name: f"Test document: {magic.outcome.replace('_', ' ')}"
        for name, magic in file_tables().magic.items()
        if name.startswith(f"file_{family}_")
    }
