"""pyproject, lock, overrides and environment.yml say the same."""

import itertools
import re
import tomllib
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PINS = {
    canonicalize_name(name): version
    for name, version in re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", LOCK, flags=re.M)
}
ASKED = [Requirement(text) for text in
         [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]]  # fmt: skip


def test_the_lock_pins_everything_that_pyproject_asks_for():
    for wanted in ASKED:
        pinned = PINS[canonicalize_name(wanted.name)]
        assert wanted.specifier.contains(pinned), f"{wanted} but {pinned} is locked"


def test_every_pin_carries_a_hash_and_no_address():
    blocks = re.split(r"^(?=[A-Za-z0-9_.-]+==)", LOCK, flags=re.M)[1:]
    assert len(blocks) == len(re.findall(r"^\S+==", LOCK, flags=re.M))
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in LOCK and "--index-url" not in LOCK


def test_what_is_overridden_is_never_installed_and_has_a_reason():
    lines = (ROOT / "overrides.txt").read_text(encoding="utf-8").splitlines()
    for before, line in itertools.pairwise(lines):
        if line and not line.startswith("#"):
            assert before.startswith("# "), f"no reason above: {line}"
    for name in ("torch", "llvmlite", "numba", "umap-learn", "hdbscan", "sentence-transformers"):
        found = re.findall(rf"^{name}==[^\n]*", LOCK, flags=re.M)
        assert all("sys_platform == 'never'" in line for line in found), found


def test_conda_brings_python_and_the_lock_brings_the_rest():
    given = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    plain = [item for item in given["dependencies"] if isinstance(item, str)]
    pip = next(item["pip"] for item in given["dependencies"] if isinstance(item, dict))
    assert "-r requirements.lock" in pip
    assert {item.split("=")[0] for item in plain} == {"python", "pip", "make"}
    python = next(item for item in plain if item.startswith("python"))
    assert python.removeprefix("python=").startswith(PROJECT["requires-python"].removeprefix(">="))


def test_the_packages_the_user_fixed_are_there():
    for name in ("jupyterlab", "papermill", "pandas", "seaborn", "statsmodels", "bertopic",
                 "ipywidgets", "nbval", "pytest"):  # fmt: skip
        assert name in PINS
        assert name in {canonicalize_name(item.name) for item in ASKED}
