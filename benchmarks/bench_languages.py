"""Compare every number of a study's pages in the two languages: `bench_languages.py RUN ZH_RUN`.

Both runs are of one state of the code, as `language: both` leaves them. Numbers of code, times and
names of the run are left out; customers' words are the same on both pages and stay in.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.pages import numbers, texts


def main(here: Path, there: Path) -> None:
    """Print of each page how many numbers it holds, and which differ."""
    for page in sorted(path.relative_to(here) for path in here.glob("*/report.html")):
        written = [(place / page).read_text(encoding="utf-8") for place in (here, there)]
        one, other = (Counter(numbers(" ".join(texts(text)))) for text in written)
        print(page, one.total(), other.total(), "differ:", dict(one - other), dict(other - one))


if __name__ == "__main__":
    main(*(Path(one).resolve() for one in sys.argv[1:3]))
