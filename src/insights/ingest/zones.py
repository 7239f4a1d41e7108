"""Time zones as exports write them: offsets, names, abbreviations."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from functools import lru_cache

__all__ = ["SEVERAL", "ZONE", "abbreviations", "zone"]

# after a clock: +08:00, GMT+8, (UTC+08:00), CET, America/New_York, Pacific Standard Time
ZONE = (
    r"(?P<z>[(\[]?(?:Z\b|(?:UTC|GMT)?\s?[+\u2212-]\d{1,2}(?::?\d{2})?|[A-Za-z]+(?:/[A-Za-z_+-]+\d*)+"
    r"|(?:[A-Z][\w.]*\s){1,4}Time|[A-Z]{2,5}(?:\d[A-Z]{3})?)[)\]]?)"
    r"(?:\s*[(\[][^()\[\]]*[)\]]|(?<=[+-]\d{4})\s+[A-Z]{3,4})?"
)
_OFFSET = re.compile(r"(?:UTC|GMT)?\s?([+\u2212-])(\d{1,2}):?(\d{2})?", re.I)
_HOURS = {
    "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "CET": 1, "MEZ": 1, "CEST": 2, "MESZ": 2,
    "EET": 2, "EEST": 3, "SAST": 2, "MSK": 3, "TRT": 3, "PKT": 5, "ICT": 7, "WIB": 7, "WITA": 8,
    "WIT": 9, "HKT": 8, "SGT": 8, "MYT": 8, "PHT": 8, "AWST": 8, "JST": 9, "KST": 9, "ACST": 9.5,
    "ACDT": 10.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13, "EST": -5, "EDT": -4, "CDT": -5,
    "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10, "ADT": -3,
    "NST": -3.5, "NDT": -2.5, "BRT": -3, "ART": -3, "CLT": -4, "COT": -5, "PET": -5,
}  # fmt: skip
# abbreviations of several zones: only the study can say which
SEVERAL = {
    "CST": ("America/Chicago", "Asia/Shanghai"), "IST": ("Asia/Kolkata", "Asia/Jerusalem"),
    "BST": ("Europe/London", "Asia/Dhaka"), "AST": ("America/Halifax", "Asia/Riyadh"),
    "GST": ("Asia/Dubai", "Atlantic/South_Georgia"),
}  # fmt: skip
_WINDOWS = {
    "pacific": "America/Los_Angeles", "mountain": "America/Denver", "central": "America/Chicago",
    "eastern": "America/New_York", "atlantic": "America/Halifax", "china": "Asia/Shanghai",
    "tokyo": "Asia/Tokyo", "japan": "Asia/Tokyo", "korea": "Asia/Seoul", "india": "Asia/Kolkata",
    "taipei": "Asia/Taipei", "hong kong": "Asia/Hong_Kong", "singapore": "Asia/Singapore",
    "se asia": "Asia/Bangkok", "arabian": "Asia/Dubai", "arab": "Asia/Riyadh",
    "israel": "Asia/Jerusalem", "turkey": "Europe/Istanbul", "russian": "Europe/Moscow",
    "moscow": "Europe/Moscow", "gmt": "Europe/London", "greenwich mean": "UTC",
    "british": "Europe/London", "w. europe": "Europe/Berlin", "romance": "Europe/Paris",
    "central europe": "Europe/Budapest", "central european": "Europe/Warsaw",
    "e. europe": "Europe/Bucharest", "eastern european": "Europe/Helsinki",
    "western european": "Europe/Lisbon", "gtb": "Europe/Bucharest", "fle": "Europe/Kiev",
    "egypt": "Africa/Cairo", "south africa": "Africa/Johannesburg",
    "e. south america": "America/Sao_Paulo", "brasilia": "America/Sao_Paulo",
    "argentina": "America/Buenos_Aires", "sa pacific": "America/Bogota",
    "central america": "America/Guatemala", "aus eastern": "Australia/Sydney",
    "australian eastern": "Australia/Sydney", "e. australia": "Australia/Brisbane",
    "w. australia": "Australia/Perth", "new zealand": "Pacific/Auckland",
    "hawaiian": "Pacific/Honolulu", "alaskan": "America/Anchorage", "coordinated universal": "UTC",
}  # fmt: skip


@lru_cache(maxsize=4096)
def zone(text: str | None) -> dt.tzinfo | None:
    """Return the zone that is written, None where none is or where it has several meanings.

    Raises
    ------
    ValueError
        What is written is no zone.
    """
    if not text:
        return None
    plain = text.strip("()[] ")
    offset = _OFFSET.fullmatch(plain)
    if offset:
        delta = dt.timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        return dt.timezone(delta if offset[1] == "+" else -delta)
    if plain.upper() in _HOURS:
        return dt.timezone(dt.timedelta(hours=_HOURS[plain.upper()]))
    if plain.upper() in SEVERAL:
        return None
    named = re.sub(r"\s+(?:standard |daylight |summer )?time$", "", plain.lower())
    try:
        return zoneinfo.ZoneInfo(_WINDOWS.get(named, plain))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"no such time zone: {text}") from None


@lru_cache(maxsize=64)
def abbreviations(name: str) -> frozenset[str]:
    """Return what the clocks of a zone call themselves, winter and summer."""
    days = (dt.datetime(2024, month, 1, tzinfo=zoneinfo.ZoneInfo(name)) for month in (1, 7))
    return frozenset(str(day.tzname()) for day in days)
