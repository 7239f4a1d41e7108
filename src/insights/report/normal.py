"""The normal form of a notebook and of a page: what two runs with the same inputs share."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["normal_form", "normal_hash", "normal_page"]

_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{4,}")
_STYLER = re.compile(r"\bT_[0-9a-f]{5,}(?=[_\"' ]|$)")
_KERNEL_FILE = re.compile(r"ipykernel_\d+([/\\])\d+\.py")
_OF_ONE_RUN = re.compile(r"<(\w+)[^<>]* data-run>.*?</\1>", re.S)
_WIDGET = "application/vnd.jupyter.widget-view+json"


def normal_form(nb: NotebookNode) -> NotebookNode:
    """Return a copy without what differs from run to run although the answer is the same.

    Dropped: execution timing, papermill's metadata, the id of the injected cell, widget state;
    made equal: object addresses, Styler ids, names of kernel files, the split of printed text
    into chunks.
    """
    form = copy.deepcopy(nb)
    for key in ("papermill", "widgets"):
        form.metadata.pop(key, None)
    for index, cell in enumerate(form.cells):
        for key in ("execution", "papermill"):
            cell.metadata.pop(key, None)
        if "injected-parameters" in cell.metadata.get("tags", ()):
            cell["id"] = f"injected-{index}"
        if cell.cell_type == "code":
            cell["outputs"] = [_steady(output) for output in _merged(cell.get("outputs", []))]
    return form


def normal_hash(nb: NotebookNode) -> str:
    """Return the SHA-256 of the normal form, as hexadecimal digits."""
    text = json.dumps(normal_form(nb), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def normal_page(page: str) -> str:
    """Return a page without what its templates mark as of one run: its name, times, hashes."""
    return _OF_ONE_RUN.sub("", page)


def _merged(outputs: list[Any]) -> list[Any]:
    """Join printed text that follows text of the same stream: the chunks depend on timing."""
    joined: list[Any] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if (
            last is not None
            and output.output_type == last.output_type == "stream"
            and output.name == last.name
        ):
            last["text"] = _joined(last.text) + _joined(output.text)
        else:
            joined.append(output)
    return joined


def _joined(text: Any) -> str:
    return text if isinstance(text, str) else "".join(text)


def _steady(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        for name in list(value):
            value[name] = "" if name == _WIDGET else _steady(value[name], name)
        return value
    if isinstance(value, list):
        return [_steady(item, key) for item in value]
    if isinstance(value, str) and not key.startswith("image/"):
        value = _STYLER.sub("T_", _ADDRESS.sub("at 0x", value))
        return _KERNEL_FILE.sub(r"ipykernel\1cell.py", value)
    return value
