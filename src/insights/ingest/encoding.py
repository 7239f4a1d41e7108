"""Bytes to text: declared or detected, and never silently damaged."""

from __future__ import annotations

import codecs
import gzip
import itertools
import re
import zlib

import numpy as np
from charset_normalizer import from_bytes

from insights.errors import DataError
from insights.ingest.records import Note
from insights.messages import _

__all__ = ["decode", "gunzip"]

# the commonest Chinese characters: a text that is Chinese holds many of them, mojibake does not
_COMMON = frozenset(
    "的一是了我不在人有这个上们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下而过天去能对小多然于心学么之都好看起发当没成只如事把还用第样道想作种开美总"
    "从无情己面最女但现前些所同日手又行意动方期它头经长儿回位分爱老因很给名法间斯知世什两次使身者被高已亲其进此话常与活正感店房买东西快差服务质量酒"
)
# encodings of the East, the characters they are known by, and the commonest of these
_SCRIPTS: tuple[tuple[str, re.Pattern[str], frozenset[str]], ...] = (
    (
        "cp932",
        re.compile("[\u3040-\u30ff]"),
        frozenset("のにはをたがでてとしれさいるなもこうあかすまく"),
    ),
    (
        "euc_jp",
        re.compile("[\u3040-\u30ff]"),
        frozenset("のにはをたがでてとしれさいるなもこうあかすまく"),
    ),
    (
        "cp949",
        re.compile("[\uac00-\ud7a3]"),
        frozenset("이가는은을를에의로다고하도어서요지만해기한사나"),
    ),
    (
        "big5",
        re.compile("[\u4e00-\u9fff]"),
        frozenset("的一是了我不在人有這個們來到時很好沒買太會也"),
    ),
)
_ZERO_SHARE = 1e-4  # of bytes that may be zero in text
# UTF-8 of letters, quotation marks and Chinese, read as Windows western or as Mac Roman
_MOJIBAKE = re.compile(
    "Ã[\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u2018-\u203a\u20ac\u2122]"
    "|â€[\u0080-\u00bf\u0152\u0153\u2018-\u203a\u2122\u02dc]|Â[\u00a0-\u00bf]|ÔøΩ|ï¿½|√[©®¶º§±∂ü]"
    "|[äåæçèé][\u0080-\u00a9\u00ac-\u00b4\u00b6\u00b8-\u00ba\u00bc-\u00bf‚ƒ„†‡ˆ‰Š‹ŒŽ•˜™š›œžŸ]{2}|Ð[\u00b0-\u00bf]Ñ|锟斤拷|\ufffd"
)
_COMMON_LETTERS = frozenset("äöüßÄÖÜéèêëàáâãåæçíìîïñóòôõøœúùûÉÀÇÑ")
_EASTERN_LETTERS = frozenset("ąćęłńśźżčďěňřšťůžýőűășțĺľŕ")
_CLEARLY = 0.25  # by which another encoding must look better than Windows western
_DAMAGE_SHARE = 0.01  # of non-ASCII characters that may be broken in a file that is UTF-8


def gunzip(data: bytes, name: str) -> bytes:
    """Unpack gzip content, known by its first bytes rather than by the file's name."""
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        raise DataError(f"{name}: the gzip file is cut short or damaged; copy it again") from None


def decode(data: bytes, name: str, declared: str = "") -> tuple[str, tuple[Note, ...]]:
    """Turn bytes into text, and say what was guessed.

    A byte-order mark decides first, then strict UTF-8, then Chinese (gb18030) if the result
    reads like Chinese, then what charset-normalizer finds, then Windows western. A UTF-8 file
    with a few broken bytes stays UTF-8; the broken ones become lone surrogates, so that the
    reader can quarantine their records.

    Raises
    ------
    DataError
        The declared encoding does not fit, or the bytes are not text at all.
    """
    if declared:
        return _declared(data, name, declared), ()
    for mark, codec in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return _declared(data, name, codec, guessed=True), ()
    wide = _wide(data)
    if wide:
        return _declared(data, name, wide, guessed=True), (_said(name, wide),)
    data, zeros = _without_zeros(data, name)
    _refuse_binary(data, name)
    text, notes = _narrow(data, name)
    return text, (*zeros, *notes, *_mojibake(text, name))


def _narrow(data: bytes, name: str) -> tuple[str, tuple[Note, ...]]:
    try:
        return data.decode("utf-8"), ()
    except UnicodeDecodeError:
        pass
    text = data.decode("utf-8", "surrogateescape")
    broken = len(re.findall("[\udc80-\udcff]", text))
    foreign = sum(1 for char in text if char > "\x7f")
    if broken <= max(1, _DAMAGE_SHARE * foreign) and foreign > broken:
        detail = _(
            "{name}: UTF-8 with {broken} broken bytes; their records are quarantined",
            name=name,
            broken=broken,
        )
        return text, (Note("encoding", detail, passed=None, value=float(broken)),)
    mixed = _mixed(data, name)
    if mixed is not None:
        return mixed
    codec = _legacy(data)
    return data.decode(codec), (_said(name, codec),)


def _mixed(data: bytes, name: str) -> tuple[str, tuple[Note, ...]] | None:
    """Read a file whose lines are partly UTF-8 and partly older, line by line; else None.

    Hardly a line of an older encoding is UTF-8 by chance, so a tenth of the lines suffices.
    """
    lines = data.split(b"\n")
    foreign = [place for place, line in enumerate(lines) if not line.isascii()]
    old = [place for place in foreign if not _is_utf8(lines[place])]
    if len(foreign) - len(old) < max(2, 0.1 * len(foreign)):
        return None
    codec = _legacy(b"\n".join(lines[place] for place in old))
    read = set(old)
    text = "\n".join(
        _old_line(line, codec) if place in read else line.decode("utf-8")
        for place, line in enumerate(lines)
    )
    detail = _(
        "{name}: two encodings in one file: {old} lines, the first of them line {first}, are read "
        "as {codec}, which was detected, the others as UTF-8",
        name=name,
        old=len(old),
        first=old[0] + 1,
        codec=codec,
    )
    return text, (Note("encodings mixed", detail, passed=False, value=float(len(old))),)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _old_line(line: bytes, codec: str) -> str:
    try:
        return line.decode(codec)
    except UnicodeDecodeError:
        return line.decode("utf-8", "surrogateescape")  # valid in neither: quarantined


def _without_zeros(data: bytes, name: str) -> tuple[bytes, tuple[Note, ...]]:
    """Drop a few zero bytes from what is text otherwise, and say where the first one was."""
    count = data.count(0)
    if not count or count > max(3, _ZERO_SHARE * len(data)) or data[:4] == b"PK\x03\x04":
        return data, ()
    line = data.count(b"\n", 0, data.index(0)) + 1
    detail = _(
        "{name}: {count} zero bytes were dropped, the first of them in line {line}",
        name=name,
        count=count,
        line=line,
    )
    return data.replace(b"\x00", b""), (Note("zero bytes", detail, value=float(count)),)


def _mojibake(text: str, name: str) -> tuple[Note, ...]:
    """Say when text was read in a wrong encoding before it came here, such as 'Ã¼' for 'ü'."""
    if text.isascii():
        return ()
    found = list(itertools.islice(_MOJIBAKE.finditer(text), 100_000))
    if len(found) < 2:
        return ()
    first = found[0].start()
    around = text[max(0, first - 12) : first + 14].replace("\n", " ")
    detail = _(
        "{name}: {n} places look like UTF-8 that a program read in another encoding, such as "
        "{example}; export the file again as UTF-8",
        name=name,
        n=len(found),
        example=repr(around),
    )
    return (Note("mojibake", detail, passed=False, value=float(len(found))),)


def _declared(data: bytes, name: str, codec: str, *, guessed: bool = False) -> str:
    try:
        text = data.decode("utf-8-sig" if codec.lower() in ("utf-8", "utf8") else codec)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = data[error.start : error.start + 1].hex()
        hint = ""
        if not guessed and b"\x00" not in data[:4096]:
            hint = f" It reads as {_best(data)}: write encoding: {_best(data)}, or leave it out."
        raise DataError(
            f"{name}: is not {codec} text: byte 0x{byte} in line {line} does not fit.{hint}"
        ) from None
    if "\x00" in text[:65536]:
        raise DataError(f"{name}: is not {codec} text: it holds zero bytes.")
    return text


def _said(name: str, codec: str) -> Note:
    detail = _(
        "{name}: read as {codec}, which was detected; write encoding: {codec} to settle it",
        name=name,
        codec=codec,
    )
    return Note("encoding", detail)


def _wide(data: bytes) -> str:
    """Recognise UTF-16 without a mark: zero bytes lie on one side of the pairs only."""
    sample = data[:65536]
    if len(data) % 2 or b"\x00" not in sample:
        return ""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    for codec, beside, within in (("utf-16-le", even, odd), ("utf-16-be", odd, even)):
        if beside <= 0.001 * within:
            try:
                text = data.decode(codec)
            except UnicodeDecodeError:
                continue
            if "\n" in text and not any(char < "\t" for char in text[:4096]):
                return codec
    return ""


def _refuse_binary(data: bytes, name: str) -> None:
    sample = data[:65536]
    kinds = {
        b"%PDF": "a PDF",
        b"\x89PNG": "a picture",
        b"\xff\xd8\xff": "a picture",
        b"PK\x03\x04": "a zip archive",
        b"\xd0\xcf\x11\xe0": "an old Word file or the like (.doc, .msg)",
        b"7z\xbc\xaf": "a 7z archive; unpack it",
        b"Rar!": "a RAR archive; unpack it",
        b"<?xml": "XML; open it in Excel and save it as .xlsx",
        b"{\\rtf": "a text document (RTF)",
        b"SQLite format 3": "an SQLite database; read it with sql and url",
    }
    kind = next((text for mark, text in kinds.items() if sample.startswith(mark)), "")
    control = sum(sample.count(code) for code in range(32) if code not in (9, 10, 12, 13))
    if kind or b"\x00" in sample or control > 0.01 * max(len(sample), 1):
        raise DataError(
            f"{name}: is not a table in text form; it is {kind or 'binary data'}. "
            f"Allowed: CSV, TSV, JSON, JSON lines, Excel, "
            f"OpenDocument, Parquet, SPSS (.sav), or a zip file with one of them."
        )


def _legacy(data: bytes) -> str:
    """Choose among the encodings that came before UTF-8."""
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        pass
    else:
        foreign = [char for char in text if char > "\x7f"]
        chinese = [char for char in foreign if "\u4e00" <= char <= "\u9fff"]
        common = sum(char in _COMMON for char in chinese)
        if len(chinese) >= 0.5 * len(foreign) and common >= 0.15 * max(len(chinese), 1):
            return "gb18030"
    for codec, script, often in _SCRIPTS:
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        foreign = [char for char in text if char > "\x7f"]
        written = sum(bool(script.match(char)) for char in foreign)
        usual = sum(char in often for char in foreign)
        if written >= 0.3 * len(foreign) and usual >= 0.12 * len(foreign):
            return codec
    return _western(data)


def _western(data: bytes) -> str:
    best = from_bytes(data[:200_000], threshold=0.2).best()
    if best is not None and best.encoding not in ("ascii", "utf_8"):
        codec = best.encoding.replace("_", "-")
        asian = ("big5", "gb", "shift", "euc", "cp932", "cp949", "johab", "hz", "iso2022")
        try:
            data.decode(codec)
        except UnicodeDecodeError:
            pass
        else:
            if codec.startswith(asian) or codec.startswith(("cp1251", "koi8")):
                return codec
    marks = {codec: _likeness(data, codec) for codec in ("cp1252", "mac_roman", "cp850", "cp1250")}
    best_codec = max(marks, key=lambda codec: marks[codec])
    if marks[best_codec] > marks["cp1252"] + _CLEARLY:
        return best_codec.replace("_", "-")
    return "cp1252" if marks["cp1252"] > -np.inf else "latin-1"


def _likeness(data: bytes, codec: str) -> float:
    """How much what is not ASCII looks like European words: mean mark of a character, -1 to 1."""
    try:
        text = data.decode(codec)
    except UnicodeDecodeError:
        return -np.inf
    marks = []
    for match in itertools.islice(re.finditer(r"[^\x00-\x7f]", text), 5000):
        char, before = match[0], text[match.start() - 1 : match.start()]
        after = text[match.end() : match.end() + 1]
        beside = before.islower() or after.islower()
        if char.isalpha() and not (before.isalpha() or after.isalpha()):
            marks.append(0.4 if char in "àéèóòôÀÉ" else -0.5)  # seldom a word by itself
        elif char in _COMMON_LETTERS:
            marks.append(1.0)
        elif char.isalpha() and char.islower():
            marks.append(0.7 if char in _EASTERN_LETTERS else 0.1)
        elif char.isalpha():  # a capital inside a word is no word
            marks.append(-1.0 if before.islower() else 0.3)
        elif char == "’" or (
            char in "‘“”„«»–—…€£°·" and not (before.islower() and after.islower())
        ):
            marks.append(0.5)
        else:
            marks.append(-1.0 if beside else 0.0)
    return sum(marks) / len(marks) if marks else 0.0


def _best(data: bytes) -> str:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return _legacy(data)
    return "utf-8"
