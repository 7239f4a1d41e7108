"""Made-up personal data that passes every check, and look-alikes that do not.

Mail addresses, networks and hosts are those reserved for documentation (RFC 2606, RFC 5737),
identity numbers are of people born before 1916, card numbers lie in test ranges.
"""

from __future__ import annotations

from insights.synthetic.grammar import Draw

__all__ = ["DECOYS", "KINDS", "identity_number", "luhn_number", "made_up"]

KINDS = ("email", "phone", "identity", "card", "ip", "url")
DECOYS = ("version", "order", "long_number")

_FIRST = ("alex", "jo", "sam", "kim", "robin", "chris", "li", "wang", "max", "toni", "dana", "lee")
_LAST = (
    "example",
    "sample",
    "tester",
    "office",
    "meier",
    "chen",
    "jones",
    "rossi",
    "zhao",
    "silva",
)
_HOSTS = ("example.com", "example.org", "example.net", "mail.example.com", "corp.example.org")
_REGIONS = ("110101", "310104", "440305", "330106", "510107", "320102", "420106")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)

_INTRO = {
    ("en", "email"): ("You can reach me at {}.", "My mail is {}", "please answer to {}"),
    ("en", "phone"): ("Call me on {}.", "My number is {}", "phone: {}"),
    ("en", "identity"): ("The visitor's ID number is {}.", "ID {}"),
    ("en", "card"): ("We paid with card {}.", "Card number {}"),
    ("en", "ip"): ("The gateway is {}.", "Requests come from {}"),
    ("en", "url"): ("The export sits at {}", "See {}"),
    ("zh", "email"): ("我的邮箱是{}。", "请回复到{}", "邮箱：{}"),
    ("zh", "phone"): ("我的电话是{}。", "请打我手机{}", "联系电话：{}"),
    ("zh", "identity"): ("访客身份证号{}。", "身份证：{}"),
    ("zh", "card"): ("付款的卡号是{}。", "银行卡{}"),
    ("zh", "ip"): ("网关地址是{}。", "服务器IP {}"),
    ("zh", "url"): ("导出的文件在 {} ", "见 {} "),
    ("en", "version"): ("We run version {}.", "Build {}"),
    ("en", "order"): ("Order number {}.", "Ticket ref {}"),
    ("en", "long_number"): ("The serial number is {}.", "Device id {}"),
    ("zh", "version"): ("版本是{}。", "客户端版本{}"),
    ("zh", "order"): ("订单号{}。", "工单编号{}"),
    ("zh", "long_number"): ("设备序列号{}。", "设备编号{}"),
}


def made_up(draw: Draw, kind: str, language: str) -> tuple[str, str]:
    """Draw a value of this kind and a sentence that holds it."""
    value = _VALUES[kind](draw, language)
    return value, draw.pick(_INTRO[language, kind]).format(value)


def identity_number(draw: Draw) -> str:
    """Draw a Chinese identity number with its check digit (GB 11643-1999)."""
    birth = f"{1901 + draw.below(15)}{1 + draw.below(12):02d}{1 + draw.below(28):02d}"
    body = f"{draw.pick(_REGIONS)}{birth}{draw.below(1000):03d}"
    rest = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True)) % 11
    return body + "10X98765432"[rest]


def luhn_number(draw: Draw) -> str:
    """Draw a sixteen-digit card number in a test range whose last digit passes Luhn's check."""
    body = draw.pick(("411111", "424242", "555555", "400000")) + f"{draw.below(10**9):09d}"
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return body + str(-total % 10)


def _email(draw: Draw, _language: str) -> str:
    return f"{draw.pick(_FIRST)}.{draw.pick(_LAST)}{draw.below(90) + 10}@{draw.pick(_HOSTS)}"


def _phone(draw: Draw, language: str) -> str:
    if language == "zh":
        return f"1{draw.pick(('38', '39', '50', '58', '86', '77'))}{draw.below(10**8):08d}"
    area, line = 201 + draw.below(700), f"555-01{draw.below(100):02d}"
    return draw.pick(
        (f"+1 {area}-{line}", f"({area}) {line}", f"+44 7700 900{draw.below(1000):03d}")
    )


def _card(draw: Draw, _language: str) -> str:
    number = luhn_number(draw)
    groups = [number[i : i + 4] for i in range(0, 16, 4)]
    return draw.pick((number, " ".join(groups), "-".join(groups)))


def _ip(draw: Draw, _language: str) -> str:
    return f"{draw.pick(('203.0.113', '198.51.100', '192.0.2'))}.{1 + draw.below(254)}"


def _url(draw: Draw, _language: str) -> str:
    user, word = draw.pick(_FIRST), f"{draw.pick(_LAST)}{draw.below(900) + 100}"
    return f"https://{user}:{word}@files.example.com/export/{draw.below(1000)}"


def _long_number(draw: Draw, _language: str) -> str:
    number = luhn_number(draw)
    return number[:-1] + str((int(number[-1]) + 1 + draw.below(9)) % 10)


_VALUES = {
    "email": _email,
    "phone": _phone,
    "identity": lambda draw, language: identity_number(draw),
    "card": _card,
    "ip": _ip,
    "url": _url,
    "version": lambda draw, language: f"4.{draw.below(3)}.{draw.below(10)}",
    "order": lambda draw, language: f"LO-{2024 + draw.below(2)}-{draw.below(10**5):05d}",
    "long_number": _long_number,
}
