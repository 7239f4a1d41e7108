"""Personal data out of the text, customer ids behind keyed pseudonyms.

Each finding is replaced by a mark that names its kind. Order numbers, versions, prices and
dates stay: a number goes only when its form or its check digits say what it is.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from stdnum import luhn
from stdnum.iso7064 import mod_11_2

__all__ = ["KINDS", "Redacted", "pseudonyms", "redact", "redact_text"]

KINDS = ("email", "phone", "id", "card", "ip", "token")

_FULLWIDTH = {code: code - 0xFEE0 for code in range(0xFF10, 0xFF1A)} | {
    ord("＠"): "@", ord("．"): ".", ord("－"): "-", ord("（"): "(", ord("）"): ")",
    ord("＋"): "+", ord("："): ":", ord("　"): " ", ord("–"): "-", ord("‐"): "-", ord("‑"): "-",
    ord("／"): "/", ord("？"): "?", ord("＝"): "=", ord("＆"): "&",
}  # fmt: skip
_FULLWIDTH |= {0xFF21 + i: 0x41 + i for i in range(26)} | {0xFF41 + i: 0x61 + i for i in range(26)}

# ASCII throughout: a Chinese character beside a number is no part of it
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}"
    r"(?:@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.)+[A-Za-z]{2,24}"
    r"|\s?(?:@|\(at\)|\[at\])\s?(?:[A-Za-z0-9-]{1,63}(?:\.|\s?\(dot\)\s?|\s?\[dot\]\s?))+"
    r"(?:com|net|org|edu|gov|cn|io|de|fr|uk|jp|in|info|biz))(?![A-Za-z0-9-])",
    re.A,
)
_URL_LOGIN = re.compile(r"(?<=://)[^\s/:@]+:[^\s/@]+(?=@)", re.A)
_URL_TOKEN = re.compile(
    r"(?<=[?&#;])((?:access_|refresh_|id_|auth_|api_?|session_?|client_)?"
    r"(?:token|key|secret|password|passwd|pwd|sid|sig|signature|auth|jwt|session)=)[^\s&#;，。]+",
    re.I | re.A,
)
_BARE_SECRET = re.compile(
    r"\b(?:eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{4,}|ghp_\w{30,}|AKIA[0-9A-Z]{16}|sk-[A-Za-z0-9_-]{20,}"
    r"|xox[abp]-[\w-]{10,})",
    re.A,
)
_IDENTITY = re.compile(
    r"(?<![0-9A-Za-z])(\d{6})[ -]?((?:18|19|20)\d{2})[ -]?(\d{2})(\d{2})[ -]?(\d{3}[0-9Xx])"
    r"(?!\d)",
    re.A,
)
_CARD = re.compile(r"(?<![\d.])(?:\d[ -]?){12,18}\d(?![\d])(?!\.\d)", re.A)
# four groups of four are a card even where the next word begins with a digit
_CARD_GROUPS = re.compile(r"(?<![\d.-])\d{4}([ -])\d{4}\1\d{4}\1\d{4}", re.A)
_MOBILE_CN = re.compile(
    r"(?<![\d.])(?:(?:\+|00)?86[ -]?)?1[3-9]\d([ -]?)\d{4}\1\d{4}(?!\d)(?!\.\d)",
    re.A,
)
_LANDLINE_CN = re.compile(
    r"(?<![\d.])(?:(?:\+|00)86[ -]?)?\(?0(?:10|2\d|[3-9]\d{2})\)?[ -]\d{3,4}-?\d{4}(?!\d)",
    re.A,
)
_SERVICE_CN = re.compile(r"(?<![\d.])[48]00[ -]\d{3}[ -]?\d{4}(?!\d)", re.A)
_INTERNATIONAL = re.compile(
    r"(?<![\w.])(?:\+|00(?=[1-9]\d{1,2}[ (-]))[1-9]\d{0,2}(?:[ .-]?\(?\d{1,4}\)?){2,5}(?!\d)",
    re.A,
)
_NORTH_AMERICA = re.compile(
    r"(?<![\w.$£€¥-])(?:\+?1[ .-]?)?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}([ .-]))[2-9]\d{2}[ .-]\d{4}"
    r"(?![\w-])(?!\.\d)",
    re.A,
)
_BRITISH = re.compile(
    r"(?<![\w.])0(?:7\d{3}[ ]?\d{3}[ ]?\d{3}|[12]\d{2,4}[ ]\d{3,4}[ ]?\d{3,4})(?!\d)",
    re.A,
)
_CALL_WORD = re.compile(
    r"(?:(?:phone|tel|telephone|mobile|cell|call(?: me)?(?: at| on)?|whats\s?app|text me(?: at)?)"
    r"(?: number| no\.?)?(?: is)?|电话|手机号?码?|联系方式|致电|座机)\s*[:：是]?\s*"
    r"(\(?\+?\d[\d ().-]{5,16}\d)(?!\d)",
    re.I | re.A,
)
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)", re.A)
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?:%\w+)?(?![\w:])", re.A)
_ORDER_WORD = re.compile(
    r"(?:单号?|订单|编号|货号|条码|工号|order|tracking|invoice|ticket|ref(?:erence)?|booking|serial"
    r"|sku|isbn|tag|case)(?:\s*(?:no|nr|num|number|numbers|id|code|是|为))?[\s.:：#№]*$",
    re.I | re.A,
)
_VERSION_WORD = re.compile(
    r"(?:v|ver|version|版本号?|build|firmware|固件|release|update)[\s.:：]*$", re.I | re.A
)
_ANY = re.compile(
    r"\d[\d\s().\-]{5,}\d|@|\(at\)|\[at\]|[?&#;]\w+=|://|eyJ|ghp_|AKIA|sk-|xox|[\da-f]:[:\da-f]",
    re.I | re.A,
)  # one quick look: most texts hold nothing of the kind


@dataclass(frozen=True)
class Redacted:
    """Texts without personal data, and how many findings of each kind were replaced.

    Attributes
    ----------
    text
        The texts, in the order and with the index they came in.
    counts
        One row a text, one column a kind.
    """

    text: pd.Series
    counts: pd.DataFrame


def redact(text: pd.Series) -> Redacted:
    """Replace personal data in each text by marks such as [email]; redacting twice changes nothing.

    Found are: e-mail addresses; Chinese mobile, landline and service numbers, international and
    North American ones, British ones, and any number introduced by a word such as 'call' or
    电话; Chinese identity numbers with a valid date and check digit (ISO 7064 MOD 11-2); cards
    with a valid Luhn digit and a known first digit; IPv4 and IPv6 addresses; logins and tokens
    in addresses. Full-width digits and separators are understood.
    """
    codes, unique = pd.factorize(text, use_na_sentinel=True)
    found = [redact_text(str(value)) for value in unique]
    texts = np.array([*(item[0] for item in found), None], dtype=object)
    counts = np.array([*(item[1] for item in found), (0,) * len(KINDS)], dtype=np.int64)
    counts = counts.reshape(-1, len(KINDS))
    return Redacted(
        pd.Series(texts[codes], index=text.index, dtype="str"),
        pd.DataFrame(counts[codes], index=text.index, columns=list(KINDS)),
    )


_CLEAN = (0,) * len(KINDS)


def redact_text(text: str) -> tuple[str, tuple[int, ...]]:
    """Redact one text; returns it and the number of findings of each of `KINDS`."""
    plain = text if text.isascii() else text.translate(_FULLWIDTH)
    if not _ANY.search(plain):
        return text, _CLEAN
    counts = dict.fromkeys(KINDS, 0)
    out = plain
    for kind, pattern, accept in _RULES:
        out = _replace(out, kind, pattern, accept, counts)
    total = tuple(counts.values())
    # a text without findings stays verbatim, full-width characters and all
    return (out, total) if any(total) else (text, _CLEAN)


def _replace(
    text: str,
    kind: str,
    pattern: re.Pattern[str],
    accept: Callable[[re.Match[str]], bool] | None,
    counts: dict[str, int],
) -> str:
    def mark(match: re.Match[str]) -> str:
        if accept is not None and not accept(match):
            return match[0]
        if pattern is _URL_TOKEN and match[0].endswith("[token]"):
            return match[0]
        counts[kind] += 1
        if pattern is _URL_TOKEN:
            return f"{match[1]}[token]"
        if pattern is _CALL_WORD:
            return match[0].replace(match[1], "[phone]")
        return f"[{kind}]"

    return pattern.sub(mark, text)


def _identity(match: re.Match[str]) -> bool:
    """Check date and check digit, ISO 7064 MOD 11-2 as in GB 11643-1999."""
    real = "01" <= match[3] <= "12" and "01" <= match[4] <= "31"
    return real and mod_11_2.is_valid("".join(match.groups()).upper())


def _card(match: re.Match[str]) -> bool:
    """Check length, first digit and Luhn's sum."""
    digits = re.sub(r"\D", "", match[0])
    if not 13 <= len(digits) <= 19 or digits[0] not in "23456" or len(set(digits)) == 1:
        return False
    return luhn.is_valid(digits)


def _international(match: re.Match[str]) -> bool:
    digits = sum(char.isdigit() for char in match[0])
    return (8 if match[0].startswith("+") else 12) <= digits <= 17 and _no_order(match)


def _no_order(match: re.Match[str]) -> bool:
    """Refuse numbers that a word introduces as those of an order, parcel, ticket or product."""
    return not _ORDER_WORD.search(match.string[max(0, match.start() - 24) : match.start()])


def _called(match: re.Match[str]) -> bool:
    digits = sum(char.isdigit() for char in match[1])
    return 7 <= digits <= 15 and not re.fullmatch(
        r"(?:19|20)\d{2}[.-]\d{1,2}[.-]\d{1,2}.*", match[1]
    )


def _ipv4(match: re.Match[str]) -> bool:
    """Accept four bytes that no word introduces as a version."""
    before = match.string[max(0, match.start() - 16) : match.start()]
    parts = [int(part) for part in match[0].split(".")]
    if max(parts) > 255 or any(len(p) > 1 and p[0] == "0" for p in match[0].split(".")):
        return False
    return not _VERSION_WORD.search(before) and (max(parts) >= 100 or parts[0] in (10, 127))


def _ipv6(match: re.Match[str]) -> bool:
    text = match[0].partition("%")[0]
    groups = [group for group in text.split(":") if group]
    if len(groups) < 3 or not any(char.isdigit() for char in text):
        return False
    if "::" not in text and text.count(":") != 7:
        return False
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


_Rule = tuple[str, re.Pattern[str], Callable[[re.Match[str]], bool] | None]
_RULES: tuple[_Rule, ...] = (
    ("token", _URL_LOGIN, lambda match: match[0] != "[token]"),
    ("token", _URL_TOKEN, None),
    ("token", _BARE_SECRET, None),
    ("email", _EMAIL, None),
    ("id", _IDENTITY, _identity),
    ("card", _CARD, _card),
    ("card", _CARD_GROUPS, _card),
    ("ip", _IPV6, _ipv6),
    ("ip", _IPV4, _ipv4),
    ("phone", _MOBILE_CN, _no_order),
    ("phone", _LANDLINE_CN, None),
    ("phone", _NORTH_AMERICA, _no_order),
    ("phone", _SERVICE_CN, None),
    ("phone", _INTERNATIONAL, _international),
    ("phone", _BRITISH, _no_order),
    ("phone", _CALL_WORD, _called),
)


def pseudonyms(ids: pd.Series, key: bytes) -> pd.Series:
    """Return keyed pseudonyms ('c_' and 16 hexadecimal digits of HMAC-SHA256); null stays null.

    One key gives one pseudonym for a customer in every table; without the key nobody can
    recompute it from a guessed id.
    """
    codes, unique = pd.factorize(ids, use_na_sentinel=True)
    names = [
        "c_" + hmac.new(key, str(value).encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:16]
        for value in unique
    ]
    table = np.array([*names, None], dtype=object)
    return pd.Series(table[codes], index=ids.index, dtype="str")
