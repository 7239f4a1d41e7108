"""Reads outside a run's declared inputs, noticed where they happen: in the kernel.

An audit hook sees every file that Python opens, and Parquet files, which pyarrow opens in code of
its own. It does not see what other libraries open so (DuckDB), nor what another process reads.
"""

from __future__ import annotations

import functools
import importlib.abc
import importlib.machinery
import json
import os
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from insights.run.context import CONTEXT

__all__ = ["undeclared", "watch"]

_PARQUET = "pyarrow.parquet.core"
_REPORT = "undeclared_reads.json"  # one JSON text a line, beside the context
_SYSTEM = ("/bin/", "/dev/", "/etc/", "/lib", "/proc/", "/run/", "/sys/", "/usr/", "/System/",
           "/Library/")  # fmt: skip
_OF_THE_USER = (".cache", ".config", ".fonts", ".ipython", ".jupyter", ".local", ".matplotlib")


def watch() -> None:
    """Note from now on which files this kernel reads that its study does not declare."""
    told = os.environ.get(CONTEXT)
    if not told or getattr(watch, "installed", "") == told:
        return
    watch.installed = told  # type: ignore[attr-defined]
    values = json.loads(Path(told).read_text(encoding="utf-8"))
    sys.addaudithook(_Hook(Path(told).with_name(_REPORT), values))
    if _PARQUET in sys.modules:
        _announce(sys.modules[_PARQUET])
    else:
        sys.meta_path.insert(0, _ParquetFinder())


class _ParquetFinder(importlib.abc.MetaPathFinder):
    """Makes pyarrow's readers say what they open as soon as they are loaded."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        """Find pyarrow's module as Python would, with one step after its loading."""
        spec = importlib.machinery.PathFinder.find_spec(name, path) if name == _PARQUET else None
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_and_announce(module: Any) -> None:
                load(module)
                _announce(module)

            spec.loader.exec_module = load_and_announce  # type: ignore[method-assign]
        return spec


def _announce(module: Any) -> None:
    for reader in (module.ParquetFile, module.ParquetDataset):
        reader.__init__ = _announced(reader.__init__)


def _announced(start: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(start)
    def starting(self: Any, source: Any, *args: Any, **kwargs: Any) -> None:
        for path in source if isinstance(source, list | tuple) else [source]:
            inner = Path(path).rglob("*") if _is_folder(path) else [path]
            for file in inner:
                if isinstance(file, str | os.PathLike):
                    sys.audit("open", os.fspath(file), "rb", os.O_RDONLY)
        start(self, source, *args, **kwargs)

    return starting


def _is_folder(path: Any) -> bool:
    return isinstance(path, str | os.PathLike) and os.path.isdir(path)


class _Hook:
    """Writes down the first read of every file outside the run, the study and the software."""

    def __init__(self, report: Path, values: dict[str, Any]) -> None:
        self.report = report
        self.started = time.time()
        self.declared = {os.path.realpath(path) for path in values.get("inputs", ())}
        own = (report.parent, Path(values["folder"]).parent, Path(values["project"]) / ".insights")
        self.allowed = (*_SYSTEM, *_folders(*own, *_software()))
        self.temporary = _folders(Path(tempfile.gettempdir()))
        self.seen: set[str] = set()

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if event != "open" or isinstance(args[0], int) or args[0] is None:
            return
        path = os.path.abspath(os.fsdecode(args[0]))
        if path.startswith(self.allowed) or path in self.seen:
            return
        self.seen.add(path)  # what was written first is the notebook's own
        real = os.path.realpath(path)
        writes = args[2] & (os.O_WRONLY | os.O_CREAT)
        if writes or real.startswith(self.allowed) or real in self.declared:
            return
        if not os.path.isfile(real) or self._scratch(real):
            return
        with open(self.report, "a", encoding="utf-8") as report:
            report.write(json.dumps(real) + "\n")

    def _scratch(self, path: str) -> bool:
        """Whether it is a temporary file that came into being during the run."""
        return path.startswith(self.temporary) and os.path.getmtime(path) >= self.started


def _software() -> list[Path]:
    """Return the folders of Python, of its packages and of a person's settings."""
    python = [sys.prefix, sys.base_prefix, *sysconfig.get_paths().values()]
    if sys.pycache_prefix:
        python.append(sys.pycache_prefix)
    user = [Path.home() / name for name in _OF_THE_USER]
    return [*map(Path, python), Path(__file__).parents[1], *user]


def _folders(*places: Path) -> tuple[str, ...]:
    """Return folders as they are named and as they are, each ending in a slash."""
    named = {form(place) for place in places for form in (os.path.abspath, os.path.realpath)}
    return tuple(sorted(place.rstrip(os.sep) + os.sep for place in named))


def undeclared(scratch: Path, project: Path) -> list[str]:
    """Return what the hook wrote down, relative to the project where it lies there."""
    try:
        lines = (scratch / _REPORT).read_text(encoding="utf-8").splitlines()
        paths = {Path(json.loads(line)) for line in lines}
    except (OSError, ValueError, TypeError):
        return []
    root = project.resolve()
    return sorted(str(p.relative_to(root) if p.is_relative_to(root) else p) for p in paths)
