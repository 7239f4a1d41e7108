"""Mail: the messages of an mbox file, or the one of an .eml file."""

from __future__ import annotations

import email
import html
import re
from collections.abc import Iterator
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime

from insights.errors import DataError
from insights.ingest.records import Raw, from_rows
from insights.messages import _

__all__ = ["is_mail", "read_mail"]

_HEADER = ("Message-ID", "In-Reply-To", "Date", "From", "To", "Subject", "Body")
_START = re.compile(rb"^From [^\r\n]*\r?\n(?=[!-9;-~]+:)", re.M)
_FIELD = re.compile(rb"\A(?:[!-9;-~]+:[^\n]*\n(?:[ \t][^\n]*\n)*){3,}")
_TELLING = re.compile(
    rb"^(?:Message-ID|Received|MIME-Version|Return-Path|Delivered-To):", re.M | re.I
)
_TAG = re.compile(r"<(?:br|/p|/div)\b[^>]*>", re.I)
_ANY_TAG = re.compile(r"<(style|script)\b.*?</\1>|<[^>]+>", re.I | re.S)


def is_mail(data: bytes, ending: str) -> bool:
    """Whether these bytes are messages with header and body."""
    head = data[:20_000]
    if head.startswith(b"From ") and _START.match(head):
        return True
    return ending in ("eml", "mbox") or bool(
        _FIELD.match(head.replace(b"\r\n", b"\n")) and _TELLING.search(head)
        and re.search(rb"^From:", head, re.M | re.I) and re.search(rb"^Date:", head, re.M | re.I)
    )  # fmt: skip


def read_mail(data: bytes, name: str) -> Raw:
    """Read every message: its sender's address, its date with its offset, and its plain text.

    Raises
    ------
    DataError
        There is no message.
    """
    rows, lines, bad = [], [], []
    for line, text in _messages(data):
        message = email.message_from_bytes(text)
        if not message.keys():
            bad.append(
                (line, text[:500].decode("utf-8", "replace"), _("not a message with a header"))
            )
            continue
        rows.append(_row(message))
        lines.append(line)
    if not rows and not bad:
        raise DataError(f"{name}: holds no message.")
    return from_rows(_HEADER, rows, lines, bad=bad)


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the line at which a message starts, and the message."""
    if not data.startswith(b"From "):
        yield 1, data
        return
    starts = (match.start() for match in _START.finditer(data))
    places = [at for at in starts if data[max(at - 2, 0) : at] in (b"", b"\n\n", b"\r\n")
              or data[max(at - 4, 0) : at] == b"\r\n\r\n"]  # fmt: skip
    line, before = 1, 0
    for place, after in zip(places, [*places[1:], len(data)], strict=True):
        line += data.count(b"\n", before, place)
        before = place
        body = data[place:after]
        yield line, body[body.find(b"\n") + 1 :].replace(b"\n>From ", b"\nFrom ")


def _row(message: Message) -> list[str | None]:
    date = message.get("Date")
    try:
        written = parsedate_to_datetime(str(date)).isoformat() if date else None
    except (ValueError, TypeError, OverflowError):
        written = str(date)
    sender = parseaddr(_decoded(message.get("From")))[1].lower()
    return [
        _decoded(message.get("Message-ID")).strip(" <>") or None,
        _decoded(message.get("In-Reply-To")).strip(" <>") or None,
        written,
        sender or _decoded(message.get("From")) or None,
        _decoded(message.get("To")) or None,
        _decoded(message.get("Subject")) or None,
        _body(message) or None,
    ]


def _decoded(value: object) -> str:
    if value is None:
        return ""
    try:
        return str(make_header(decode_header(str(value))))
    except (ValueError, LookupError, UnicodeError, AssertionError):
        return str(value)


def _body(message: Message) -> str:
    """Return the plain text, else the HTML without its marks; attachments are left out."""
    parts = [part for part in message.walk() if not part.is_multipart()]
    parts = [part for part in parts if part.get_content_disposition() != "attachment"]
    for kind in ("text/plain", "text/html"):
        texts = [_text(part) for part in parts if part.get_content_type() == kind]
        if any(text.strip() for text in texts):
            text = "\n\n".join(texts)
            if kind == "text/html":
                text = html.unescape(_ANY_TAG.sub("", _TAG.sub("\n", text)))
            return re.sub(r"\r\n?", "\n", text).strip()
    return ""


def _text(part: Message) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return str(part.get_payload())
    for codec in (part.get_content_charset() or "utf-8", "utf-8", "gb18030"):
        try:
            return data.decode(codec)
        except (LookupError, UnicodeDecodeError):
            continue
    return data.decode("latin-1")
