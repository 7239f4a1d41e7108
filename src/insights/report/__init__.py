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
from insights.report.index import SinceLast, render_index
from insights.report.normal import normal_form, normal_hash, normal_page
from insights.report.page import render_notebook
from insights.report.picture import thumbnail
from insights.report.ranking import findings_json, ranked
from insights.report.safe import write
from insights.report.scan import Secrets, find_secrets

__all__ = [
    "Secrets",
    "SinceLast",
    "find_secrets",
    "findings_json",
    "key_figure",
    "lead",
    "normal_form",
    "normal_hash",
    "normal_page",
    "notebook_title",
    "ranked",
    "render_changes",
    "render_history",
    "render_index",
    "render_notebook",
    "render_over",
    "sparkline",
    "state",
    "thumbnail",
    "trends",
    "verdict_text",
    "write",
]
