"""Secrets that must not be in an output: values known to the run, and well-known shapes."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from urllib.parse import quote

__all__ = ["find_secrets"]

_SHAPES = {
    "AWS access key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----",
    "GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})",
    "GitLab token": r"\bglpat-[A-Za-z0-9_-]{20,}",
    "Slack token": r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",
    "Google API key": r"\bAIza[0-9A-Za-z_-]{35}(?![0-9A-Za-z_-])",
    "Stripe key": r"\b[rs]k_live_[0-9A-Za-z]{16,}",
    "OpenAI or Anthropic key": r"\bsk-(?:proj-|ant-|svcacct-)?[A-Za-z0-9_-]{32,}",
    "JSON web token": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    "password in a URL": r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@'\"<>]{1,80}:(?!\*+@)[^\s/@'\"<>]{3,200}@[\w.\[-]",
    "password in connection settings":
        r"(?i)(?:[?&;]|\b(?:server|host|dbname|user|uid)=[^\s;&]{1,80}[;&\s]\s*)"
        r"(?:password|passwd|pwd|api_?key|access_token|client_secret)=(?!\*|env:|<|\[)[^&;\s'\"<>]{4,}",
}  # fmt: skip
_PATTERNS = {name: re.compile(pattern) for name, pattern in _SHAPES.items()}
_SHORTEST = 6  # a shorter known value would be found in any text


def find_secrets(text: str, known: Mapping[str, str] | None = None) -> list[str]:
    """Say which secrets a text holds, sorted, without repeating them.

    Parameters
    ----------
    known
        Name to value of the secrets that the study refers to (`env:NAME`); a value is found as
        it is, percent-encoded, as base64 and as JSON text. Values under six characters are not
        looked for: they would be found by chance.
    """
    found = {
        f"value of {name}"
        for name, value in (known or {}).items()
        if len(value) >= _SHORTEST and any(form in text for form in _forms(value))
    }
    for name, pattern in _PATTERNS.items():
        hit = pattern.search(text)
        if hit:
            line = text.count("\n", 0, hit.start()) + 1
            found.add(f"{name} (line {line}, starts with {hit.group()[:4]}…)")
    return sorted(found)


def _forms(value: str) -> set[str]:
    as_json = value.replace("\\", "\\\\").replace('"', '\\"')
    encoded = base64.b64encode(value.encode("utf-8", "replace")).decode("ascii").rstrip("=")
    forms = {value, as_json, quote(value, safe="", errors="replace")}
    return forms | ({encoded} if len(encoded) >= 12 else set())
