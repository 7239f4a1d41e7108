"""The pages' frame: templates, one style sheet, one script, a policy that lets nothing else in."""

from __future__ import annotations

import base64
import functools
import hashlib
import importlib.resources
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from insights.messages import _, plural, spoken
from insights.report import safe
from insights.report.rewrite import languages_marked

if TYPE_CHECKING:
    import jinja2

__all__ = ["render"]


def render(template: str, /, **values: Any) -> str:
    """Fill a template; every value is escaped unless it is marked as safe HTML."""
    style, script = _part("page.css"), _part("page.js")
    policy = (
        f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    fixed = {"style": Markup(style), "script": Markup(script), "policy": policy,
             "language": spoken()}  # fmt: skip
    page = _templates().get_template(template).render(**fixed, **values)
    return safe.plain_text(page)


def _hash(text: str) -> str:
    """Name a style or script to the policy by its content, so that no other one is let in."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


@functools.lru_cache
def _templates() -> jinja2.Environment:
    import jinja2  # slow to load, and a refused study has no page

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("insights.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(_=_, plural=plural)
    environment.filters["thousands"] = lambda number: f"{number:,}"
    environment.filters["spoken"] = lambda text: Markup(languages_marked(str(text)))
    return environment


@functools.lru_cache
def _part(name: str) -> str:
    folder = importlib.resources.files("insights.report").joinpath("templates")
    return "\n" + folder.joinpath(name).read_text(encoding="utf-8")
