"""Which models a study may name, checked without loading what runs them."""

from __future__ import annotations

from insights.errors import ParamsError

__all__ = ["ENCODERS", "check_encoder", "check_engine"]

ENCODERS = ("sentence-transformers", "model2vec", "openai")


def check_encoder(name: str) -> str:
    """Return the name of an embedding when it is well formed; says what is allowed otherwise."""
    family, _, model = name.partition("/")
    if name == "student" or (family in ENCODERS and model.strip("/ ")):
        return name
    allowed = ", ".join(("student", *(f"{family}/MODEL" for family in ENCODERS)))
    raise ParamsError(f"embedding is {name!r}: allowed are {allowed}.")


def check_engine(name: str) -> str:
    """Return the name of an engine when it is well formed; says what is allowed otherwise."""
    family, _, model = name.partition("/")
    if name in ("auto", "lexicon", "prior", "calibrated") or (
        family == "transformers" and model.strip("/ ")
    ):
        return name
    raise ParamsError(
        f"engine is {name!r}: allowed are auto, lexicon, prior, calibrated and "
        "transformers/MODEL (a name on the model hub or a local folder)."
    )
