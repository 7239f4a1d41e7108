"""Files with damaged bytes: read, or refused with a message; never anything else."""

import io
import json
import zipfile

import numpy as np
import pandas as pd
import pytest

from insights.errors import DataError
from insights.ingest.reading import read_file

TRIES = 120


def _table(kind):
    rows = {"text": [f"The lamp in room {i} flickers" for i in range(40)], "stars": [1, 5] * 20}
    frame, data = pd.DataFrame(rows), io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("reviews.csv", frame.to_csv(index=False))
    elif kind == "xlsx":
        frame.to_excel(data, index=False)
    elif kind == "parquet":
        frame.to_parquet(data)
    elif kind == "json":
        data.write(json.dumps(rows).encode())
    else:
        data.write(frame.to_csv(index=False).encode())
    return data.getvalue()


@pytest.mark.filterwarnings("ignore")  # of openpyxl, on parts it cannot understand
@pytest.mark.parametrize("kind", ["zip", "xlsx", "parquet", "json", "csv"])
def test_flipped_and_missing_bytes_end_in_a_message_at_worst(kind, tmp_path):
    rng = np.random.default_rng(7)
    whole = np.frombuffer(_table(kind), np.uint8)
    file = tmp_path / f"reviews.{kind}"
    for _ in range(TRIES):
        data = whole.copy()
        at = rng.integers(0, len(data), rng.integers(1, 12))
        data[at] = rng.integers(0, 256, len(at))
        file.write_bytes(data[: rng.integers(len(data) // 2, len(data) + 1)].tobytes())
        try:
            read_file(file)
        except DataError as error:
            assert file.name in str(error) or "reviews" in str(error)
