"""A panel to label records by a click; who and when go to the study's file of labels."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import ipywidgets as widgets

from insights.analyses.sentiment.tables import shown
from insights.messages import _

from .label_evaluation import LabelEvaluation
from .labels import LABELS, Label, checked_labels, write_labels
from .sampling import merged

__all__ = ["LabelPanel", "label_panel"]

_NAMES = {"negative": "Negative 消极", "neutral": "Neutral 中性", "positive": "Positive 积极"}
_STYLES = {"negative": "danger", "neutral": "", "positive": "success"}


class LabelPanel:
    """The controls, and the rows of the file as they stand.

    Attributes
    ----------
    rows
        What the file holds, else the sample that was drawn.
    box
        The widget to display.
    """

    def __init__(
        self, result: LabelEvaluation, path: Path, clock: Callable[[], datetime] = datetime.now
    ) -> None:
        self.path, self.clock = path, clock
        self.rows = checked_labels(path) or result.sample
        self.order = list(dict.fromkeys(row.feedback_id for row in self.rows))
        self.at = 0
        self.labeller = widgets.Text(description=_("Your name"), placeholder=_("who labels"))
        self.record, self.note = widgets.HTML(), widgets.HTML()
        self.buttons = {
            name: widgets.Button(description=_NAMES[name], button_style=_STYLES[name])
            for name in LABELS
        }
        for name, button in self.buttons.items():
            button.on_click(lambda _click, name=name: self.choose(name))
        self.back = widgets.Button(description=_("Back"))
        self.skip = widgets.Button(description=_("Cannot tell, next"))
        self.back.on_click(lambda _click: self.step(-1))
        self.skip.on_click(lambda _click: self.step(1))
        self.labeller.observe(self.resume, names="value")
        self.box = widgets.VBox(
            [
                self.labeller,
                self.record,
                widgets.HBox([*self.buttons.values()]),
                widgets.HBox([self.back, self.skip]),
                self.note,
            ]
        )
        self.show()

    @property
    def name(self) -> str:
        """Who labels."""
        return self.labeller.value.strip()

    def own_labels(self) -> dict[str, str]:
        """Return the labels this person gave, by record."""
        return {r.feedback_id: r.label for r in self.rows if r.label and r.labeller == self.name}

    def resume(self, _change: object = None) -> None:
        """Go to the first record that this person has not labelled."""
        done = self.own_labels()
        self.at = next((i for i, key in enumerate(self.order) if key not in done), 0)
        self.show()

    def step(self, by: int) -> None:
        """Go on or back; the ends hold."""
        self.at = min(max(self.at + by, 0), max(len(self.order) - 1, 0))
        self.show()

    def choose(self, label: str) -> None:
        """Store the label of the record that is shown, with who and when, and show the next."""
        if not self.order:
            return
        if not self.name:
            self._tell(_("Give your name first: a label without a labeller is not kept."))
            return
        when = self.clock().isoformat(timespec="seconds")
        row = Label(self.order[self.at], "", float("nan"), "", "", label, self.name, when)
        # others may have labelled since: their rows are read anew before ours are added
        self.rows = merged(checked_labels(self.path) or self.rows, [row])
        scratch = self.path.with_name(f".{self.path.name}.draft")
        scratch.write_text(write_labels(self.rows), encoding="utf-8", newline="\n")
        scratch.replace(self.path)
        self.step(1)
        self._tell(_("Saved to {file}; the next run reads it.", file=self.path.name))

    def show(self) -> None:
        """Show the record, without its rating and without the classifier's label."""
        if not self.order:
            nothing = _("No record has text.")
            self.record.value = f"<p>{nothing}</p>"
            return
        key = self.order[self.at]
        text = next(row.text for row in self.rows if row.feedback_id == key)
        done = self.own_labels()
        fields = {"at": self.at + 1, "records": len(self.order), "done": len(done)}
        where = _("Record {at} of {records}, {done} labelled by you", **fields)
        if key in done:
            where = _(
                "Record {at} of {records}, {done} labelled by you; you said {label}",
                **fields,
                label=shown(done[key]),
            )
        self.record.value = f"<p>{where}</p><blockquote>{html.escape(text)}</blockquote>"
        self.note.value = ""

    def _tell(self, text: str) -> None:
        self.note.value = f"<p>{html.escape(text)}</p>"


def label_panel(result: LabelEvaluation, path: Path) -> widgets.Widget:
    """Label by a click: negative, neutral or positive; `path` is the file that is written."""
    return LabelPanel(result, path).box
