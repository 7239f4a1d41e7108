"""Vectors of texts by another model than ours, chosen by name; each is an optional extra."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from insights.enrich.embedding import fit_embedding
from insights.enrich.endpoint import Endpoint
from insights.enrich.model_names import check_encoder
from insights.errors import DataError, MissingExtra, ParamsError

__all__ = ["Encoder", "Remote", "Shelf", "fit_encoder"]

_BATCH = 256  # texts of one question to an endpoint; vectors are cached in these
_READ = 2_000  # characters of a text that are sent or encoded
_OWN_CENTRE = 30


class Encoder(Protocol):
    """What a topic model needs of an embedding."""

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts; shape (len(texts), d), float32, rows of length one or zero."""
        ...

    def meaning(self, vectors: np.ndarray, groups: np.ndarray) -> np.ndarray:
        """Take out what the texts of one language share; same shape, unit rows."""
        ...


class _Centred:
    def meaning(self, vectors: np.ndarray, groups: np.ndarray) -> np.ndarray:
        """Centre each language's vectors: a multilingual model still tells languages apart.

        Parameters
        ----------
        vectors
            Shape (n, d).
        groups
            Shape (n,): the language of each row. One of fewer than 30 is centred with all.
        """
        found = np.array(vectors, np.float32)
        centre = found.mean(axis=0)
        for group in np.unique(groups):
            rows = np.asarray(groups) == group
            found[rows] -= found[rows].mean(axis=0) if rows.sum() >= _OWN_CENTRE else centre
        return _unit(found)


@dataclass(frozen=True)
class Shelf(_Centred):
    """A model of a library on this machine; picklable, since it is loaded where it is used.

    Attributes
    ----------
    family
        'sentence-transformers' or 'model2vec'.
    model
        Name on the model hub, or a local folder.
    """

    family: str
    model: str

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts on this machine; the library has its own threads."""
        model = _load(self.family, self.model)
        read = [text[:_READ] for text in texts]
        found = np.asarray(model.encode(read, show_progress_bar=False), np.float32)
        return _checked(found, read, f"{self.family}/{self.model}")


@dataclass(frozen=True)
class Remote(_Centred):
    """A model behind an OpenAI-compatible endpoint; vectors are cached by the texts' content."""

    model: str
    endpoint: Endpoint

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts in questions of 256, one after another.

        Raises
        ------
        DataError
            The endpoint fails, or gives other than one vector a text.
        """
        read = [text[:_READ] for text in texts]
        # an endpoint refuses empty texts; each text is sent once
        distinct = sorted({text for text in read if text.strip()})
        name = f"openai/{self.model}"
        rows: list[np.ndarray] = []
        for start in range(0, len(distinct), _BATCH):
            part = distinct[start : start + _BATCH]
            question = {"input": part, "model": self.model, "encoding_format": "float"}
            rows.append(_rows(self.endpoint.ask("embeddings", question), len(part), name))
        if not rows:
            return np.zeros((len(read), 1), np.float32)
        if len({part.shape[1] for part in rows}) > 1:
            raise DataError(f"embedding {name}: vectors of different lengths came back.")
        known = np.vstack([*rows, np.zeros((1, rows[0].shape[1]), np.float32)])
        place = {text: i for i, text in enumerate(distinct)}
        return _checked(known[[place.get(text, -1) for text in read]], read, name)


def fit_encoder(
    name: str,
    texts: Sequence[str],
    *,
    seed: int,
    endpoint: Endpoint | None = None,
    cache: Path | None = None,
) -> Encoder:
    """Return the encoder of that name; 'student' is fitted to `texts`, the others come trained.

    Parameters
    ----------
    name
        'student', 'sentence-transformers/MODEL', 'model2vec/MODEL' or 'openai/MODEL'.
    endpoint
        Where 'openai/MODEL' is asked.
    cache
        Folder of what the student's teacher read before.

    Raises
    ------
    ParamsError
        The name is not allowed, or openai/MODEL comes without an endpoint.
    MissingExtra
        The library is not installed.
    """
    check_encoder(name)
    if name == "student":
        return fit_embedding(texts, seed=seed, cache=cache)
    family, _, model = name.partition("/")
    if family == "openai":
        if endpoint is None:
            raise ParamsError(
                f"embedding is {name!r}, but no endpoint is named: set endpoint: env:NAME to the "
                "variable that holds its base address."
            )
        return Remote(model, endpoint)
    _load(family, model)  # refuses now rather than in a worker
    return Shelf(family, model)


@lru_cache
def _load(family: str, model: str) -> Any:
    try:
        library = importlib.import_module(family.replace("-", "_"))
    except ModuleNotFoundError:
        raise MissingExtra(family, family) from None
    try:
        if family == "model2vec":
            return library.StaticModel.from_pretrained(_named(model, "minishlab"))
        return library.SentenceTransformer(model)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise DataError(
            f"embedding {family}/{model}: the model cannot be loaded ({reason}). Give its name on "
            "the model hub or the path of a local folder."
        ) from None


def _named(model: str, owner: str) -> str:
    return model if "/" in model or Path(model).exists() else f"{owner}/{model}"


def _rows(answer: dict[str, Any], count: int, name: str) -> np.ndarray:
    """Read one vector a text from an answer, by the index that each carries."""
    try:
        found = {int(item["index"]): item["embedding"] for item in answer["data"]}
        rows = np.array([found[i] for i in range(count)], np.float32)
    except (KeyError, TypeError, ValueError):
        rows = np.zeros((0, 0), np.float32)
    if rows.ndim != 2 or rows.shape[0] != count or not rows.size:
        raise DataError(
            f"embedding {name}: the endpoint was asked for {count} vectors and did not give one, "
            "of one length, for each text. Look at the model's name."
        )
    return rows


def _checked(vectors: np.ndarray, texts: Sequence[str], name: str) -> np.ndarray:
    if vectors.ndim != 2 or len(vectors) != len(texts) or not np.isfinite(vectors).all():
        raise DataError(
            f"embedding {name}: {len(texts)} texts gave an array of shape {vectors.shape}"
            f"{'' if np.isfinite(vectors).all() else ' with numbers that are not finite'}; one "
            "finite vector a text is needed."
        )
    found = np.array(vectors, np.float32)
    found[[not text.strip() for text in texts]] = 0.0
    return _unit(found)


def _unit(rows: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.divide(rows, length, out=np.zeros_like(rows), where=length > 1e-9)
