"""What a notebook reads outside its study's sources is noticed, whatever opens it."""

import json
import os
import subprocess
import sys
from pathlib import Path

from insights.run.context import CONTEXT, Context
from insights.run.reads import undeclared

READER = """
import json, os, sys, tempfile
from insights.run.reads import watch
watch()
watch()  # once is enough
import pandas as pd
declared, outside, folder = sys.argv[1:]
pd.read_csv(declared)
pd.read_csv(outside)
open(outside, 'rb').read()
os.close(os.open(outside + '.low', os.O_RDONLY))
pd.read_parquet(os.path.relpath(outside + '.parquet'))
open(folder + '/own.txt', 'w').write('x'); open(folder + '/own.txt').read()
with tempfile.NamedTemporaryFile(delete=False) as file: file.write(b'x')
open(file.name).read(); os.unlink(file.name)
open('/etc/hostname').read() if os.path.exists('/etc/hostname') else None
import email.mime.text  # software is no data
try: open(outside + '.none')
except OSError: pass
"""


def test_reads_outside_the_declared_inputs_are_noticed_and_no_others(tmp_path):
    project, scratch = tmp_path / "project", tmp_path / "scratch"
    folder = project / "outputs" / "run" / "first"
    for place in (project / "data", folder, scratch):
        place.mkdir(parents=True)
    declared, outside = project / "data" / "a.csv", project / "data" / "b.csv"
    for path in (declared, outside, Path(f"{outside}.low")):
        path.write_text("a\n1\n")
        os.utime(path, (1, 1))
    import pandas as pd

    pd.DataFrame({"a": [1]}).to_parquet(f"{outside}.parquet")
    os.utime(f"{outside}.parquet", (1, 1))
    link = project / "data" / "link.csv"
    link.symlink_to(declared)
    context = Context(project, project / "s.yml", "s", folder, inputs=(declared,))
    context.write(scratch / "context.json")
    subprocess.run(
        [sys.executable, "-c", READER, str(link), str(outside), str(folder)],
        env={**os.environ, CONTEXT: str(scratch / "context.json")}, check=True, cwd=project,
    )  # fmt: skip
    told = ["data/b.csv", "data/b.csv.low", "data/b.csv.parquet"]
    assert undeclared(scratch, project) == told


def test_a_broken_report_says_nothing(tmp_path):
    assert undeclared(tmp_path, tmp_path) == []
    (tmp_path / "undeclared_reads.json").write_text("torn")
    assert undeclared(tmp_path, tmp_path) == []
    (tmp_path / "undeclared_reads.json").write_text(json.dumps(3))
    assert undeclared(tmp_path, tmp_path) == []
