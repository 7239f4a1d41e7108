"""Figures made small: what an index shows of a page."""

from __future__ import annotations

import io

__all__ = ["thumbnail"]

_WIDTH = 352  # pixels, as a card is wide
_COLOURS = 12


def thumbnail(png: bytes) -> bytes:
    """Return a PNG as a small one of few colours; what cannot be read as it is."""
    from PIL import Image, UnidentifiedImageError  # slow to load, and most calls draw no index

    try:
        with Image.open(io.BytesIO(png)) as image:
            picture = image.convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError):
        return png
    if picture.width > _WIDTH:
        height = max(1, round(picture.height * _WIDTH / picture.width))
        picture = picture.resize((_WIDTH, height), Image.Resampling.LANCZOS)
    few = picture.quantize(_COLOURS, dither=Image.Dither.NONE)
    out = io.BytesIO()
    few.save(out, "PNG", optimize=True)
    return out.getvalue()
