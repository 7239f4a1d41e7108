"""Polarity by somebody's fine-tuned transformer, through the library `transformers` (an extra)."""

from __future__ import annotations

import importlib
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from insights.errors import DataError, MissingExtra

__all__ = ["finetuned_probabilities"]

_FAMILY = "transformers"
_READ = 2_000  # characters of a text that the model is given; it cuts by its own pieces
_BATCH = 32
_STARS = re.compile(r"^([1-5]) stars?$")
_WORDS = {
    **dict.fromkeys(("negative", "neg", "negativ", "消极", "负面", "差评"), 0),
    **dict.fromkeys(("neutral", "neu", "中性", "中评"), 1),
    **dict.fromkeys(("positive", "pos", "positiv", "积极", "正面", "好评"), 2),
}


def finetuned_probabilities(texts: Sequence[str], model: str) -> np.ndarray:
    """Shares of negative, neutral and positive by a text-classification model; shape (n, 3).

    The model's classes are told by their names: negative, neutral, positive (also neg, neu, pos
    and 消极, 中性, 积极) or one to five stars, of which one and two count as negative. A model of
    two classes gives neutral no share.

    Raises
    ------
    MissingExtra
        The library is not installed.
    DataError
        The model cannot be loaded, or its classes have other names.
    """
    read = [text[:_READ] for text in texts]
    answers = _pipeline(model)(read, batch_size=_BATCH, truncation=True, top_k=None)
    found = np.zeros((len(read), 3))
    for row, answer in zip(found, answers, strict=True):
        for item in answer:
            row[_class(str(item["label"]), model)] += float(item["score"])
    return found / np.maximum(found.sum(axis=1, keepdims=True), 1e-12)


def _class(label: str, model: str) -> int:
    folded = label.strip().lower()
    stars = _STARS.match(folded)
    if stars:
        return int(np.searchsorted([3, 4], int(stars[1]), side="right"))
    if folded not in _WORDS:
        raise DataError(
            f"engine {_FAMILY}/{model}: the model has a class {label!r}; negative, neutral and "
            "positive or '1 star' to '5 stars' can be read. Name the classes in the model's "
            "config.json (id2label), or take another model."
        )
    return _WORDS[folded]


@cache
def _pipeline(model: str) -> Any:
    try:
        library = importlib.import_module(_FAMILY)
    except ModuleNotFoundError:
        raise MissingExtra(_FAMILY, _FAMILY) from None
    try:
        return library.pipeline("text-classification", model=model)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise DataError(
            f"engine {_FAMILY}/{model}: the model cannot be loaded ({reason}). Give its name on "
            "the model hub or the path of a local folder."
        ) from None
