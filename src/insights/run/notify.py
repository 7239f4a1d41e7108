"""Telling somebody how a run ended: a command after a failure, a webhook after every end."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from insights.errors import ParamsError
from insights.messages import _
from insights.report import Secrets
from insights.run.outcome import EXIT_CODES

__all__ = ["Ending", "Notice"]

_TRIES, _FIRST_WAIT_SECONDS, _TIMEOUT_SECONDS = 4, 1.0, 10.0
_COMMAND_SECONDS = 300
_OUTCOMES = {code: outcome for outcome, code in EXIT_CODES.items()} | {0: "ok"}


@dataclass
class Ending:
    """How a run ended, as far as it came: a study that was refused has no folder."""

    study: str
    exit_code: int = 0
    message: str = ""
    page: Path | None = None
    silent: bool = False  # nothing was run, so there is nothing to tell
    notebooks: Mapping[str, str] = field(default_factory=dict)

    @property
    def outcome(self) -> str:
        """The word for the exit code."""
        return _OUTCOMES.get(self.exit_code, "failed")


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Whom to tell: `on_failure` is a shell command, `webhook` an address or env:NAME.

    Neither changes the exit code of the run; what goes wrong is said through `warn`.
    """

    on_failure: str = ""
    webhook: str = ""
    warn: Callable[[str], None] = print

    def __post_init__(self) -> None:
        if self.webhook:
            self.address  # noqa: B018 - refused before anything runs

    @property
    def address(self) -> str:
        """The webhook's address; raises ParamsError when it is none."""
        name = self.webhook.removeprefix("env:")
        if name != self.webhook and not os.environ.get(name):
            raise ParamsError(_("--webhook env:{name}: this variable is not set.", name=name))
        address = self.webhook if name == self.webhook else os.environ[name]
        if urlsplit(address).scheme not in ("http", "https") or not urlsplit(address).hostname:
            raise ParamsError(
                _("--webhook: an address such as https://host/path is needed, or env:NAME.")
            )
        return address

    @contextlib.contextmanager
    def of(self, study: str, code: Callable[[BaseException], int]) -> Iterator[Ending]:
        """Tell how the block ended; `code` gives the exit code of what it raises."""
        ending = Ending(study)
        try:
            yield ending
        except BaseException as error:
            ending.exit_code, ending.message = code(error), str(error)
            self.tell(ending)
            raise
        self.tell(ending)

    def tell(self, ending: Ending) -> None:
        """Run the command and send the message; no secret is in either."""
        if ending.silent:
            return
        # the shapes of secrets are looked for, and the address, which is one itself
        secrets = Secrets({"webhook": self.address} if self.webhook else {})
        told: dict[str, Any] = secrets.redact(
            {
                "study": ending.study,
                "outcome": ending.outcome,
                "exit_code": ending.exit_code,
                "message": ending.message,
                "run": ending.page.parent.name if ending.page else "",
                "page": str(ending.page or ""),
                "notebooks": dict(ending.notebooks),
            }
        )
        if self.on_failure and ending.exit_code:
            self._command(told)
        if self.webhook:
            self._send(json.dumps(told, ensure_ascii=False).encode())

    def _command(self, told: Mapping[str, Any]) -> None:
        page = Path(told["page"])
        given = {
            "INSIGHTS_STUDY_NAME": told["study"],
            "INSIGHTS_OUTCOME": told["outcome"],
            "INSIGHTS_EXIT_CODE": str(told["exit_code"]),
            "INSIGHTS_MESSAGE": told["message"],
            "INSIGHTS_RUN_FOLDER": str(page.parent) if told["page"] else "",
            "INSIGHTS_PAGE": told["page"],
        }
        try:
            done = subprocess.run(
                self.on_failure, shell=True, env={**os.environ, **given}, check=False,
                stdin=subprocess.DEVNULL, timeout=_COMMAND_SECONDS,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            self.warn(_("--on-failure: {error}", error=error))
        else:
            if done.returncode:
                self.warn(_("--on-failure: the command ended with {n}", n=done.returncode))

    def _send(self, body: bytes) -> None:
        request = urllib.request.Request(
            self.address, data=body, headers={"Content-Type": "application/json"}
        )
        for number in range(_TRIES):
            if number:
                time.sleep(_FIRST_WAIT_SECONDS * 2 ** (number - 1))
            try:
                with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):
                    return
            except urllib.error.HTTPError as error:
                said = f"HTTP {error.code}"
                if error.code < 500 and error.code not in (408, 429):
                    break  # it was understood and refused: asking again changes nothing
            except (OSError, ValueError) as error:
                said = type(error).__name__
        self.warn(_("--webhook: not delivered after {n} tries: {said}", n=number + 1, said=said))
