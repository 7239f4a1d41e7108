"""Questions to an OpenAI-compatible endpoint, asked once: answers are cached by content."""

from __future__ import annotations

import hashlib
import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from insights.errors import DataError, ParamsError

__all__ = ["Endpoint", "is_reference"]

_LARGEST = 64_000_000  # bytes of an answer that are read
_LOCAL = ("localhost", "127.0.0.1", "::1")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the key to another host."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


@dataclass(frozen=True)
class Endpoint:
    """Where to ask; address and key are named by environment variables and never stored.

    Attributes
    ----------
    url, key
        References such as 'env:LLM_URL' (the base address, ending in /v1) and 'env:LLM_KEY'. An
        empty key sends none.
    cache
        Folder of earlier answers; None keeps none.
    seconds
        The longest that one answer is waited for.
    """

    url: str
    key: str = ""
    cache: Path | None = None
    seconds: float = 30.0

    def __post_init__(self) -> None:
        for name, value in (("endpoint", self.url), ("endpoint_key", self.key)):
            if (value or name == "endpoint") and not is_reference(value):
                raise ParamsError(
                    f"{name} is {value!r}: it must be a reference such as env:LLM_URL; put the "
                    f"address or key itself into that environment variable."
                )

    def ask(self, path: str, question: Mapping[str, Any]) -> dict[str, Any]:
        """Post a question and return the answer; the same question is sent only once.

        Raises
        ------
        DataError
            The variable is not set, the endpoint is not reached in time, refuses, or answers
            something other than a JSON object. The message holds neither address nor key.
        """
        address = self._address()
        body = json.dumps(question, ensure_ascii=False, sort_keys=True).encode()
        digest = hashlib.sha256(address.encode() + b"\n" + path.encode() + b"\n" + body)
        place = self.cache and self.cache / f"{digest.hexdigest()}.json"
        if place and place.is_file():
            return json.loads(place.read_text(encoding="utf-8"))
        answer = self._post(f"{address}/{path}", body)
        if place:
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = place.with_suffix(f".{os.getpid()}")
            draft.write_text(json.dumps(answer, ensure_ascii=False), encoding="utf-8")
            draft.replace(place)
        return answer

    def _address(self) -> str:
        variable = self.url.removeprefix("env:")
        address = os.environ.get(variable, "").rstrip("/")
        parts = urlsplit(address)
        if not parts.hostname:
            raise DataError(
                f"the environment variable {variable} holds no web address; set it to the base "
                f"address of the endpoint, such as https://host/v1."
            )
        if parts.scheme != "https" and parts.hostname not in _LOCAL:
            raise DataError(
                f"the address in {variable} is not https; customer texts are sent unencrypted "
                f"to this machine only."
            )
        return address

    def _post(self, address: str, body: bytes) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        if self.key:
            variable = self.key.removeprefix("env:")
            if not os.environ.get(variable):
                raise DataError(f"the environment variable {variable} is not set; put the key in.")
            headers["Authorization"] = f"Bearer {os.environ[variable]}"
        request = urllib.request.Request(address, body, headers, method="POST")
        opener = urllib.request.build_opener(_NoRedirect)
        try:
            with opener.open(request, timeout=self.seconds) as response:
                answer = json.loads(response.read(_LARGEST))
        except urllib.error.HTTPError as error:
            error.close()
            raise DataError(f"the endpoint answered with status {error.code}") from None
        except TimeoutError:
            raise DataError(f"the endpoint gave no answer in {self.seconds:g} seconds") from None
        except urllib.error.URLError as error:
            late = isinstance(error.reason, TimeoutError)
            raise DataError(
                f"the endpoint gave no answer in {self.seconds:g} seconds"
                if late
                else "the endpoint cannot be reached"
            ) from None
        except (OSError, ValueError):
            raise DataError("the endpoint's answer cannot be read as JSON") from None
        if not isinstance(answer, dict):
            raise DataError("the endpoint's answer is not a JSON object")
        return answer


def is_reference(value: str) -> bool:
    """Whether the value names an environment variable: 'env:NAME'."""
    return value.startswith("env:") and value[4:].isidentifier()
