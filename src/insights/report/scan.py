"""Secrets that must not be in an output: known values however written, and well-known shapes.

What cannot be found: a value that was encrypted, drawn into a picture or cut into pieces.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from html.entities import codepoint2name
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from insights.messages import _
from insights.report.containers import pieces

__all__ = ["Encodings", "Secrets", "encodings", "find_secrets"]

# Each shape: what a text that has it must hold (in either case where the pattern says so), and
# its pattern: looking for fixed letters first is what makes the search fast.
_ASCII = rb"\s'\"<>\x00-\x1f\x7f-\xff"  # what no part of an address or setting holds, within [^…]
_SHAPES: dict[str, tuple[tuple[bytes, ...], bytes]] = {
    "AWS access key": ((b"AKIA", b"ASIA"), rb"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "private key": ((b"PRIVATE KEY",), rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----"),
    "GitHub token": (
        (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", b"github_pat_"),
        rb"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})",
    ),
    "GitLab token": ((b"glpat-",), rb"\bglpat-[A-Za-z0-9_-]{20,}"),
    "Slack token": ((b"xox",), rb"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    "Google API key": ((b"AIza",), rb"(?<![0-9A-Za-z+/])AIza[0-9A-Za-z_-]{35}(?![0-9A-Za-z_+/-])"),
    "Stripe key": ((b"k_live_",), rb"\b[rs]k_live_[0-9A-Za-z]{16,}"),
    "OpenAI or Anthropic key": (
        (b"sk-",), rb"\bsk-(?:proj-|ant-|svcacct-)?[A-Za-z0-9_-]{32,}"),
    "JSON web token": (
        (b"eyJ",), rb"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    "password in a URL": (
        (b"://",),
        rb"://(?<=[A-Za-z0-9+.-]://)[^/:@" + _ASCII + rb"]{0,80}:(?!\*+@)[^/@" + _ASCII
        + rb"]{3,200}@[\w.\[-]",
    ),
    "password in connection settings": (
        (b"word=", b"wd=", b"key=", b"token=", b"secret="),
        rb"(?i)(?:[?&;]|\b(?:server|host|dbname|user|uid)=[^\s;&]{1,80}[;&\s]\s*)"
        rb"(?:password|passwd|pwd|api_?key|access_token|client_secret)="
        rb"(?!\*|env:|<|\[)[^&;" + _ASCII + rb"]{4,}",
    ),
}  # fmt: skip
_PATTERNS = {name: (signs, re.compile(pattern)) for name, (signs, pattern) in _SHAPES.items()}
_SHORTEST = 6  # a shorter known value would be found in any text
_ANCHOR = 4  # letters and digits that no escaping changes, looked for before the pattern is
_PASSWORD = re.compile(
    r"(?:^|[;&\s?])\s*(?:password|passwd|pwd|api_?key|access_token|client_secret|secret|token)"
    r"\s*=\s*([^;&\s]+)",
    re.I,
)
_LINE_ENDS = (b"\\r", b"\\n", b"\r", b"\n")
_WITHHELD = "[withheld]"
_NEWLINES = {"\n": "n", "\r": "r", "\t": "t"}


@dataclass(frozen=True)
class Encodings:
    """How a secret may be written: as text with escapes, or encoded as a whole.

    Attributes
    ----------
    text
        Each character as it is, percent-encoded (once or more, either case, '+' for a space), as
        a backslash escape (JSON, Python), or as an HTML reference, in any mixture.
    anchor
        Part of the value that stands in every such text; empty when there is none.
    whole
        Base64 (standard and for URLs), also of a longer text that holds the value at any place;
        UTF-16.
    digits
        Hexadecimal digits, to be looked for in lower-case text.
    """

    text: re.Pattern[bytes]
    anchor: bytes
    whole: tuple[bytes, ...]
    digits: tuple[bytes, ...]

    def search(self, content: bytes, joined: bytes, lower: bytes) -> bool:
        """Whether a content holds the value; `joined` is it without line ends, also `lower`."""
        if any(form in joined for form in self.whole) or any(form in lower for form in self.digits):
            return True
        return self.anchor in content and self.text.search(content) is not None


def encodings(value: str) -> Encodings:
    """Return the ways in which a secret may be written."""
    raw = value.encode("utf-8", "surrogateescape")
    runs = re.findall(rb"[A-Za-z0-9]+", raw)
    anchor = max(runs, key=len, default=b"")
    forms: set[bytes] = set()
    for pad, start in ((0, 0), (1, 2), (2, 3)):
        # what stands before fills `pad` bytes of a group of three: keep what depends on us alone
        core = base64.b64encode(b"\0" * pad + raw)[start : (pad + len(raw)) * 8 // 6]
        forms |= {core, core.replace(b"+", b"-").replace(b"/", b"_")}
    pairs = raw.hex(" ").split(" ")
    forms |= {value.encode(name, "replace") for name in ("utf-16-le", "utf-16-be")}
    return Encodings(
        re.compile(b"".join(map(_character, value))),
        anchor if len(anchor) >= _ANCHOR else b"",
        tuple(sorted(forms)),
        tuple(mark.join(pairs).encode() for mark in ("", ":", " ", "-", "%", "\\x", "\\\\x")),
    )


def _character(one: str) -> bytes:
    """Return the pattern of one character in all its escaped forms."""
    raw = one.encode("utf-8", "surrogateescape")
    if one.isascii() and one.isalnum():
        return re.escape(raw)
    code = ord(one)
    units = one.encode("utf-16-be", "surrogatepass")
    forms = [
        rb"\\" if one == "\\" else re.escape(raw),
        b"(?i:%s)" % b"".join(rb"%%(?:25)*%02x" % byte for byte in raw),
        b"(?i:%s)" % b"".join(rb"\\+u%s" % units[at : at + 2].hex().encode()
                              for at in range(0, len(units), 2)),
        b"(?i:%s)" % b"".join(rb"\\+x%02x" % byte for byte in raw),
        rb"&(?:amp;)*(?i:#0*%d|#x0*%x);?" % (code, code),
    ]  # fmt: skip
    if code < 256:
        forms.append(rb"(?i:\\+x%02x)" % code)
    if code in codepoint2name or one == "'":
        forms.append(rb"&(?:amp;)*%s;" % codepoint2name.get(code, "apos").encode())
    if one in _NEWLINES:
        forms.append(rb"\\+%s" % _NEWLINES[one].encode())
    if one == " ":
        forms.append(rb"\+")
    return rb"\\*(?:%s)" % b"|".join(forms)


def _with_parts(known: Mapping[str, str]) -> dict[str, str]:
    """Return the known values and the passwords within those that are connection strings."""
    found: dict[str, str] = {}
    for name, value in known.items():
        value = value.strip()
        found[_("value of {name}", name=name)] = value
        parts = _PASSWORD.findall(value)
        try:
            address = urlsplit(value)
            parts += [address.password or "", *(item for _key, item in parse_qsl(address.query)
                                                if _PASSWORD.match(f"{_key}=x"))]  # fmt: skip
        except ValueError:
            pass  # no address
        for number, part in enumerate(dict.fromkeys(p for q in parts for p in (q, unquote(q)))):
            end = f" ({number + 1})" if number else ""
            found[_("password within {name}", name=name) + end] = part
    return {name: value for name, value in found.items() if len(value) >= _SHORTEST}


@dataclass(frozen=True)
class Secrets:
    """What to look for: `known` maps a name to the value of a secret, beside the shapes.

    Values (and passwords within known connection strings) under six characters are not looked
    for: they would be found by chance.
    """

    known: Mapping[str, str]

    @cached_property
    def _encodings(self) -> dict[str, Encodings]:
        return {name: encodings(value) for name, value in _with_parts(self.known).items()}

    def find(self, content: bytes) -> list[str]:
        """Say which secrets a content holds, sorted, without repeating them."""
        joined = content
        for end in _LINE_ENDS if self._encodings else ():
            joined = joined.replace(end, b"")  # base64 is often cut into lines
        lower = joined.lower()
        found = {
            name for name, forms in self._encodings.items() if forms.search(content, joined, lower)
        }
        for name, (signs, pattern) in _PATTERNS.items():
            place = lower if pattern.flags & re.IGNORECASE else content
            hit = pattern.search(content) if any(sign in place for sign in signs) else None
            if hit:
                line = content.count(b"\n", 0, hit.start()) + 1
                start = hit.group()[:4].decode("ascii", "replace")
                found.add(_("{name} (line {line}, starts with {start}…)",
                            name=name, line=line, start=start))  # fmt: skip
        return sorted(found)

    def in_file(self, path: Path) -> list[str]:
        """Say which secrets a file holds, in its bytes or in what is packed into it."""
        return sorted({item for content in pieces(path) for item in self.find(content)})

    def in_folder(self, folder: Path) -> dict[str, list[str]]:
        """Return the files below a folder that hold a secret, or whose name does, with which."""
        found = {}
        for path in sorted(folder.rglob("*")):
            name = str(path.relative_to(folder))
            said = self.find(name.encode("utf-8", "surrogateescape"))
            if path.is_file():
                said += [item for item in self.in_file(path) if item not in said]
            if said:
                found[name] = said
        return found

    def redact(self, value: Any) -> Any:
        """Return text, or the texts of mappings and lists, with every secret withheld."""
        if isinstance(value, Mapping):
            return {self.redact(key): self.redact(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self.redact(item) for item in value)
        if not isinstance(value, str):
            return value
        content = value.encode("utf-8", "surrogateescape")
        if not self.find(content):
            return value
        for forms in self._encodings.values():
            content = forms.text.sub(_WITHHELD.encode(), content)
            for form in (*forms.whole, *forms.digits):
                content = content.replace(form, _WITHHELD.encode())
        for _signs, pattern in _PATTERNS.values():
            content = pattern.sub(_WITHHELD.encode(), content)
        # cut into lines, or grown together by what was taken out: nothing of it is shown
        return _WITHHELD if self.find(content) else content.decode("utf-8", "surrogateescape")


def find_secrets(text: str, known: Mapping[str, str] | None = None) -> list[str]:
    """Say which secrets a text holds, sorted, without repeating them."""
    return Secrets(known or {}).find(text.encode("utf-8", "surrogateescape"))
