"""The demo study run cold by `insights run`, beside papermill's command on the same notebooks.

    python benchmarks/bench_run.py [--jobs 2] [--rounds 1]

CPU seconds of all processes and wall-clock seconds are shown, and the ratio of the CPU seconds in
one round (the machine is the same to both): ours makes pages, manifest and index beside. Then: the
run again unchanged, and with one parameter of roi changed. A round takes minutes.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STUDY = "params/demo.yml"


def timed(*words: str, **environment: str) -> tuple[float, float]:
    """CPU and wall-clock seconds of a command with all that it started."""

    def cpu() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    before, started = cpu(), time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", *words], cwd=ROOT, env={**os.environ, **environment}, check=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return cpu() - before, time.perf_counter() - started


def show(what: str, seconds: tuple[float, float]) -> None:
    print(f"{what:<44} CPU {seconds[0]:6.1f} s   wall {seconds[1]:6.1f} s", flush=True)


def one_round(folder: Path, jobs: str) -> None:
    run = ("insights", "run", STUDY, "--jobs", jobs, "--output", str(folder))
    ours = timed(*run, OMP_NUM_THREADS="1")
    show("insights run, cold", ours)
    latest = folder / "demo" / "latest"
    plan = json.loads((latest / "manifest.json").read_text(encoding="utf-8"))
    for name in plan["plan"]:
        print(f"  {name:<12} {plan['notebooks'][name]['seconds']:6.1f} s", flush=True)
    show("insights run, unchanged", timed(*run))
    show("insights run, one parameter of roi", timed(*run, "-p", "roi.discount_rate=0.11"))
    theirs = (0.0, 0.0)
    for name in plan["plan"]:
        (folder / "plain" / name).mkdir(parents=True)
        context = folder / f"{name}.json"
        upstream = {path.name: str(path) for path in latest.glob("*/")}
        values = {"project": str(ROOT), "study_file": str(ROOT / STUDY), "study": "demo",
                  "folder": str(folder / "plain" / name), "upstream": upstream,
                  "awaited": {}, "inputs": []}  # fmt: skip
        context.write_text(json.dumps(values), encoding="utf-8")
        words = ("papermill", f"notebooks/{name}.ipynb", str(folder / f"{name}.ipynb"), "-k",
                 "python3", "--no-progress-bar")  # fmt: skip
        spent = timed(*words, INSIGHTS_CONTEXT=str(context), OMP_NUM_THREADS="1")
        theirs = (theirs[0] + spent[0], theirs[1] + spent[1])
    show("papermill, its commands one after another", theirs)
    print(f"ratio of CPU seconds, ours to papermill's: {ours[0] / theirs[0]:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", default="2")
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args()
    for _ in range(given.rounds):
        with tempfile.TemporaryDirectory() as folder:
            one_round(Path(folder), given.jobs)


if __name__ == "__main__":
    main()
