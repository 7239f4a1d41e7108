"""Dates and times as people write them, without guessing day against month."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from insights.errors import DataError, listed
from insights.ingest.records import Note
from insights.ingest.zones import SEVERAL, ZONE, abbreviations, zone
from insights.messages import _

__all__ = ["Times", "format_hint", "parse_dates", "parse_times"]

# by month, full and short, accents taken off when looked up
_MONTH_WORDS = (
    "january jan januar jänner jaenner januari janvier janv enero ene janeiro gennaio gen"
    " января янв январь styczen stycznia sty ocak oca leden ledna",
    "february feb februar feber februari fevrier fevr febrero fevereiro fev febbraio"
    " февраля февр фев февраль lutego luty lut subat sub",
    "march mar marz maerz mrz maart mrt mars marzo marco марта мар март marca marzec mart",
    "april apr avril avr abril abr aprile апреля апр апрель kwietnia kwiecien kwi nisan nis",
    "may mai mei mayo maio maggio mag мая май maja maj mayis",
    "june jun juni juin junio junho giugno giu июня июн июнь czerwca czerwiec cze haziran haz",
    "july jul juli juillet juil julio julho luglio lug июля июл июль lipca lipiec lip temmuz tem",
    "august aug augustus aout agosto ago августа авг август sierpnia sierpien sie agustus"
    " agustos agu",
    "september sep sept septembre septiembre setiembre setembro set settembre"
    " сентября сент сен сентябрь wrzesnia wrzesien wrz eylul eyl",
    "october oct oktober okt octobre octubre outubro out ottobre ott"
    " октября окт октябрь pazdziernika pazdziernik paz ekim eki",
    "november nov novembre noviembre novembro ноября нояб ноя ноябрь listopada listopad lis kasim"
    " kas",
    "december dec dezember dez decembre diciembre dic dezembro dicembre desember"
    " декабря дек декабрь grudnia grudzien gru aralik ara",
)
_WEEKDAYS = (
    "mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so|montag|dienstag|mittwoch|donnerstag|freitag"
    "|samstag|sonnabend|sonntag|lun|mar|mer|jeu|ven|sam|dim|lundi|mardi|mercredi|jeudi|vendredi"
    "|samedi|dimanche|lunes|martes|miércoles|jueves|viernes|sábado|domingo|mié|jue|vie|sáb|dom"
    "|segunda|terça|quarta|quinta|sexta|seg|ter|qua|qui|sex|lunedì|martedì|mercoledì|giovedì"
    "|venerdì|sabato|domenica|maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag|пн|вт|ср"
    "|чт|пт|сб|вс"
)
_HALF = r"上午|下午|晚上|凌晨|早上|中午|傍晚|午前|午後|오전|오후"
_CLOCK = (
    r"(?:(?:[T\s,]|\b(?:at|um|à|a las|às|om|kl\.?|alle(?: ore)?|ore|в|o)\b)*[T\s,]"
    rf"(?P<half>{_HALF}|[AP]M(?=\s))?\s*"
    r"(?P<H>\d{1,2})\s?(?::|时|時|点|點|시\s?|h|\.)\s?(?P<M>\d{2})[分분]?"
    r"(?:[:.\s]?\s?(?P<S>\d{2})[秒초]?(?:[.,](?P<f>\d+))?)?"
    rf"\s*(?P<pm>[AaPp]\.?\s?[Mm]\.?(?![a-z])|{_HALF})?(?:\s*(?:Uhr|hrs?|h|น\.))?"
    rf"\s*(?:{ZONE})?)?"
)
_WEEKDAY = rf"(?:(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*|{_WEEKDAYS})\.?,?\s+)?"
_WORD = r"(?P<b>[^\W\d_]{3,12})\.?"
_PATTERNS = tuple(
    re.compile(pattern + r"\s*$", re.I)
    for pattern in (
        r"(?P<y>\d{4})[-/.]\s?(?P<m>\d{1,2})[-/.]\s?(?P<d>\d{1,2})\.?" + _CLOCK,
        r"(?P<p>\d{1,2})[-/. ]\s?(?P<q>\d{1,2})[-/. ]\s?(?P<y>\d{4}|\d{2})" + _CLOCK,
        r"(?P<y>\d{4})\s*[年년]\s*(?P<m>\d{1,2})\s*[月월]\s*(?:(?P<d>\d{1,2})\s*[日号號일]?)?"
        r"(?:\s*[（(]?(?:(?:星期|周|週|礼拜)?[一二三四五六日月火水木金土天]|[월화수목금토일])(?:曜日|요일)?[）)]?)?"
        + _CLOCK.replace(r"*[T\s,]\b", r"*\b", 1).replace(r")*[T\s,]", r")*", 1),
        _WEEKDAY + r"(?P<d>\d{1,2})(?:st|nd|rd|th|er|º|°)?\.?(?:[-/\s]+|\s?of\s|\sde\s)" + _WORD
        + r"(?:[-/,\s]+|\s(?:de|del)\s)(?P<y>\d{4}|\d{2})(?:\s?(?:г\.?|р\.))?" + _CLOCK,
        _WEEKDAY + _WORD + r"[-/\s]+(?P<d>\d{1,2})(?:st|nd|rd|th)?[-/,\s]+(?P<y>\d{4})" + _CLOCK,
        _WEEKDAY + _WORD + r"\s+(?P<d>\d{1,2})\s+(?P<H>\d{1,2}):(?P<M>\d{2}):(?P<S>\d{2})"
        rf"\s+{ZONE}\s+(?P<y>\d{{4}})",
        r"(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})"
        r"(?:[T\s_-]?(?P<H>\d{2}):?(?P<M>\d{2}):?(?P<S>\d{2})(?:\.(?P<f>\d+))?(?P<z>Z)?)?",
        r"(?P<y>\d{4})[-/.M](?P<m>\d{1,2})",
        r"(?P<y>\d{4})[-\s]?Q(?P<k>[1-4])",
        _WORD + r"(?:[-\s,]+|\sde\s)(?P<y>\d{4})",
        r"(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2}))?\s*(?P<pm>[AP]M)?,?\s+(?P<p>\d{1,2})[-/.]"
        r"(?P<q>\d{1,2})[-/.](?P<y>\d{4})",
        r"(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2}))?\s*(?P<pm>[AP]M)?,?\s+(?P<d>\d{1,2})\s+"
        + _WORD + r"\s+(?P<y>\d{4})",
    )
)  # fmt: skip
_HINTS = (
    "%b-%y", "%b %y", "%B-%y", "%B %y", "%y-%m-%d", "%d%b%Y", "%d%b%y", "%d%m%Y", "%m-%y", "%m/%y",
    "%m/%Y", "%m-%Y", "%y%m%d", "%d.%m.", "%d/%m", "%Y-%j", "%Y W%W", "%b %d", "%d %b", "%d-%b",
    "%d.%m.%Y %H.%M", "%Y%m%d%H%M", "%d/%b/%Y:%H:%M:%S %z",
)  # fmt: skip
_EPOCH = dt.datetime(1970, 1, 1)
_EXCEL_ZERO = dt.datetime(1899, 12, 30)


_MONTHS = {word: number for number, words in enumerate(_MONTH_WORDS, 1) for word in words.split()}


@dataclass(frozen=True)
class Times:
    """Parsed times.

    Attributes
    ----------
    values
        UTC-aware (times) or naive midnights (dates); NaT where null or unreadable.
    unread
        Whether a value was there but could not be read; shape (rows,).
    notes
        What was decided without being declared.
    """

    values: pd.Series
    unread: np.ndarray
    notes: tuple[Note, ...] = ()


def parse_times(
    column: pd.Series,
    *,
    timezone: str = "UTC",
    formats: Sequence[str] = (),
    day_first: bool | None = None,
    where: str = "column",
) -> Times:
    """Read points in time; those without an offset belong to `timezone`.

    Parameters
    ----------
    column
        Text, numbers (Excel serials, Unix seconds or milliseconds) or datetimes.
    formats
        strptime formats tried in order; nothing else is then accepted.
    day_first
        Settles 3/4/2024. When it is None, unambiguous values of the column decide if they
        all agree, which is noted.
    where
        Named in messages.

    Raises
    ------
    DataError
        Day and month cannot be told apart.
    """
    codes, unique = pd.factorize(column, use_na_sentinel=True)
    naive, aware, notes = _unique_times(list(unique), formats, day_first, where)
    notes += _zones(list(unique), timezone, where)
    local = pd.Series(pd.to_datetime(naive)).dt.as_unit("us")
    zoned = local.dt.tz_localize(
        timezone, ambiguous=np.zeros(len(local), bool), nonexistent="shift_forward"
    ).dt.tz_convert("UTC")
    offset = pd.Series(pd.to_datetime(aware, utc=True)).dt.as_unit("us")
    both = zoned.where(zoned.notna(), offset)
    return _spread(column, codes, both, notes)


def parse_dates(
    column: pd.Series,
    *,
    formats: Sequence[str] = (),
    day_first: bool | None = None,
    where: str = "column",
) -> Times:
    """Read calendar days as naive midnights; a time of day or an offset is cut off."""
    codes, unique = pd.factorize(column, use_na_sentinel=True)
    naive, aware, notes = _unique_times(list(unique), formats, day_first, where, years=True)
    written = [
        value if value is not None else (zoned.replace(tzinfo=None) if zoned else None)
        for value, zoned in zip(naive, aware, strict=True)
    ]
    days = pd.Series(pd.to_datetime(written)).dt.as_unit("us").dt.normalize()
    return _spread(column, codes, days, notes)


def _zones(values: Sequence[object], timezone: str, where: str) -> list[Note]:
    """Say which abbreviations of zones were read; refuse those that name several zones."""
    found = {
        match["z"].strip("()[] ").upper()
        for value in values
        if isinstance(value, str) and value[-1:].isalpha()
        and isinstance(match := _match(value), re.Match) and match.groupdict().get("z")
    }  # fmt: skip
    several = sorted(found & set(SEVERAL) - abbreviations(timezone))
    if several:
        first, other = SEVERAL[several[0]]
        raise DataError(
            f"{where}: {several[0]} names more than one time zone. Set the one that is meant, "
            f"timezone: {first} or timezone: {other}, at the source."
        )
    short = sorted(found - {"Z", "UTC", "GMT"} - abbreviations(timezone))
    short = [name for name in short if re.fullmatch("[A-Z]{3,4}", name)]
    if not short:
        return []
    detail = _("{where}: the zones {zones} were read as written", where=where, zones=listed(short))
    return [Note("time zone", detail)]


def _spread(column: pd.Series, codes: np.ndarray, unique: pd.Series, notes: list[Note]) -> Times:
    if len(unique):
        values = unique.take(np.maximum(codes, 0)).mask(codes < 0)
    else:
        values = unique.reindex(range(len(codes)))
    values.index = column.index
    unread = (codes >= 0) & values.isna().to_numpy()
    return Times(values, unread, tuple(notes))


def _unique_times(
    values: Sequence[object],
    formats: Sequence[str],
    day_first: bool | None,
    where: str,
    years: bool = False,
) -> tuple[list, list, list[Note]]:
    """Return naive and aware datetimes of distinct values, None where there is none."""
    if formats:
        read = _by_format(formats)
        found = [read(value) for value in values]
        notes: list[Note] = []
    else:
        matches = [_match(value) for value in values]
        order, notes = _day_first(matches, values, day_first, where)
        found = [
            value if not isinstance(value, re.Match) else _assemble(value, order)
            for value in matches
        ]
        found = [_number(v, years) if f is None else f for v, f in zip(values, found, strict=True)]
    # 9999-12-31 stands for 'never'; a year less, so that no time zone carries it over the edge
    ends = [v.replace(year=9998) if v is not None and v.year == 9999 else v for v in found]
    sane = [value if value is None or value.year > 1 else None for value in ends]
    naive = [value if value is not None and value.tzinfo is None else None for value in sane]
    aware = [value if value is not None and value.tzinfo is not None else None for value in sane]
    return naive, aware, notes


def _by_format(formats: Sequence[str]) -> Callable[[object], dt.datetime | None]:
    def read(value: object) -> dt.datetime | None:
        if isinstance(value, dt.datetime | dt.date):
            return _as_datetime(value)
        text = " ".join(str(value).split())
        for form in formats:
            try:
                found = dt.datetime.strptime(text, form)
            except ValueError:
                continue
            return found.replace(tzinfo=dt.UTC) if form.endswith("SZ") else found
        return None

    return read


def _as_datetime(value: dt.date) -> dt.datetime | None:
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime(warn=False)
    if isinstance(value, dt.datetime):
        return value
    return dt.datetime(value.year, value.month, value.day)


def _match(value: object) -> re.Match | dt.datetime | None:
    if isinstance(value, np.datetime64):
        value = pd.Timestamp(value)
    if isinstance(value, dt.date):
        return _as_datetime(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    if text[4:5] == "-" and len(text) in (10, 19):  # the commonest forms, read fastest
        try:
            return dt.datetime.fromisoformat(text)
        except ValueError:
            pass
    return next((found for form in _PATTERNS if (found := form.match(text))), None)


def _day_first(
    matches: Sequence[object], values: Sequence[object], declared: bool | None, where: str
) -> tuple[bool, list[Note]]:
    """Decide whether 3/4/2024 is in April: declared, or shown by values such as 19/4/2024."""
    day, month, either = [], [], []
    for match, value in zip(matches, values, strict=True):
        if isinstance(match, re.Match) and match.groupdict().get("p"):
            p, q = int(match["p"]), int(match["q"])
            if p > 12 >= q:
                day.append(value)
            elif q > 12 >= p:
                month.append(value)
            elif p != q:
                either.append(value)
    if declared is not None:
        return declared, []
    if day and month:
        raise DataError(
            f"{where}: dates contradict each other: {len(day)} have the day first "
            f"({listed(day, 2)}), {len(month)} the month first ({listed(month, 2)}). Set "
            f"day_first: true or false (what does not fit is quarantined), or list the formats "
            f"in dates, such as ['%d-%m-%Y', '%m/%d/%Y']."
        )
    if either and not day and not month:
        raise DataError(
            f"{where}: cannot tell day from month in any of {len(either)} different dates "
            f"({listed(either, 3)}). Set day_first: true or false, or dates: '%d/%m/%Y'."
        )
    if not either:
        return not month, []
    sure = day or month
    fields = {"n": len(either), "value": either[0], "others": len(sure), "other": sure[0]}
    detail = (
        _(
            "{n} different values such as {value} could be read both ways; read with the day "
            "first, as {others} others such as {other} require",
            **fields,
        )
        if day
        else _(
            "{n} different values such as {value} could be read both ways; read with the month "
            "first, as {others} others such as {other} require",
            **fields,
        )
    )
    return bool(day), [Note("ambiguous dates", f"{where}: {detail}", value=float(len(either)))]


def _assemble(match: re.Match, day_first: bool) -> dt.datetime | None:
    """Put the parts together; None where they are no date, such as 31 February."""
    part = match.groupdict()
    year = int(part["y"])
    if year < 100:  # POSIX: 69 to 99 are of the twentieth century
        year += 2000 if year < 69 else 1900
    if part.get("p"):
        first, second = int(part["p"]), int(part["q"])
        day, month = (first, second) if day_first else (second, first)
    elif part.get("k"):
        day, month = 1, 3 * int(part["k"]) - 2
    else:
        word = part.get("b")
        month = _month(word) if word else int(part["m"])
        day = int(part.get("d") or 1)
    hour = int(part.get("H") or 0)
    half = (part.get("pm") or part.get("half") or "").lower()
    if half.startswith(("p", "下", "晚", "傍", "午後", "오후")) and hour < 12:
        hour += 12
    elif half.startswith(("a", "上", "凌", "早", "午前", "오전")) and hour == 12:
        hour = 0
    micro = int(((part.get("f") or "0") + "000000")[:6])
    try:
        return dt.datetime(
            year, month, day, hour, int(part.get("M") or 0), int(part.get("S") or 0), micro,
            tzinfo=zone(part.get("z")),
        )  # fmt: skip
    except ValueError:
        return None


def _month(word: str) -> int:
    plain = unicodedata.normalize("NFD", word.lower().replace("ı", "i"))
    return _MONTHS.get(word.lower()) or _MONTHS.get(
        "".join(char for char in plain if not unicodedata.combining(char)), 0
    )


def format_hint(value: object) -> str:
    """Return a strptime format that reads a value, such as '%b-%y' for 'Jan-25'; '' if none."""
    text = " ".join(str(value).split())
    for form in _HINTS:
        with contextlib.suppress(ValueError):
            if dt.datetime.strptime(text, form):
                return form
    return ""


def _number(value: object, years: bool) -> dt.datetime | None:
    """Read a number as a year, an Excel serial, Unix seconds or milliseconds, by its size."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    if years and number.is_integer() and 1700 <= number <= 2200:
        return dt.datetime(int(number), 1, 1)
    if 18_000 <= number <= 80_000:  # 1949 to 2119, in whole seconds
        return _EXCEL_ZERO + dt.timedelta(seconds=round(number * 86_400))
    if 3e8 <= number <= 4.2e9:
        return (_EPOCH + dt.timedelta(seconds=number)).replace(tzinfo=dt.UTC)
    for unit in (1e3, 1e6, 1e9):  # milli-, micro- and nanoseconds
        if 3e8 <= number / unit <= 4.2e9:
            return (_EPOCH + dt.timedelta(seconds=number / unit)).replace(tzinfo=dt.UTC)
    if 19_000_101 <= number <= 22_001_231 and number.is_integer():
        return _match_day(str(int(number)))
    return None


def _match_day(digits: str) -> dt.datetime | None:
    found = _match(digits)
    return _assemble(found, True) if isinstance(found, re.Match) else None
