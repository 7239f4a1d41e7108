"""The pages' frame: templates, the one style sheet, and the policy that lets nothing else in."""

from __future__ import annotations

import base64
import functools
import hashlib
import importlib.resources
from typing import Any

import jinja2
from markupsafe import Markup

from insights.report import safe

__all__ = ["render"]


def render(template: str, /, **values: Any) -> str:
    """Fill a template; every value is escaped unless it is marked as safe HTML."""
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    policy = (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )
    page = _templates().get_template(template).render(style=Markup(style), policy=policy, **values)
    return safe.plain_text(page)


@functools.lru_cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("insights.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["thousands"] = lambda number: f"{number:,}"
    return environment


@functools.lru_cache
def _style() -> str:
    folder = importlib.resources.files("insights.report").joinpath("templates")
    return "\n" + folder.joinpath("page.css").read_text(encoding="utf-8")
