from insights.report.body import key_figure, notebook_title
from insights.report.finding import lead, state
from insights.report.history import (
    render_changes,
    render_history,
    render_over,
    sparkline,
    trends,
    verdict_text,
)
from insights.report.index import render_index
from insights.report.normal import normal_form, normal_hash, normal_page
from insights.report.page import render_notebook
from insights.report.safe import write
from insights.report.scan import Secrets, find_secrets

__all__ = [
    "Secrets",
    "find_secrets",
    "key_figure",
    "lead",
    "normal_form",
    "normal_hash",
    "normal_page",
    "notebook_title",
    "render_changes",
    "render_history",
    "render_index",
    "render_notebook",
    "render_over",
    "sparkline",
    "state",
    "trends",
    "verdict_text",
    "write",
]
