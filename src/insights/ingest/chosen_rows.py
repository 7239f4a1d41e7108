"""The records of a file that are feedback: header rows, unwanted rows, open questions, quotes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from insights.errors import SchemaError, did_you_mean, listed
from insights.ingest.records import Note, Raw
from insights.ingest.sources import Source
from insights.ingest.values import labels, texts
from insights.messages import _, plural

__all__ = ["Speakers", "choose_rows", "cut_quotes", "is_quoted", "speaker", "speakers"]

_SPEAKERS = {
    "customer": "customer user end-user enduser client visitor contact lead guest consumer buyer "
    "requester reporter shopper member player human 客户 用户 访客 顾客 买家 会员 玩家 kunde "
    "cliente inbound incoming",
    "agent": "agent admin staff operator support employee teammate advisor representative rep "
    "assistant-human helpdesk manager owner seller merchant developer 客服 坐席 人工 人工客服 "
    "工作人员 商家 卖家 mitarbeiter agente outbound outgoing team",
    "bot": "bot chatbot robot system automation automated auto assistant ai virtual workflow "
    "机器人 系统 智能客服 自动回复 operator-bot",
}
_KNOWN = {word: speaker for speaker, words in _SPEAKERS.items() for word in words.split()}
_ONCE = ("nps", "rating", "csat", "ces")  # given once by a person, however much they wrote

_QUOTE_LINE = re.compile(r"^[ \t]*(?:>|&gt;).*$", re.M)
_WROTE = re.compile(
    r"^[ \t]*(?:(?:On\b.{5,200}?\bwrote|Am\b.{5,200}?\bschrieb|Le\b.{5,200}?\ba écrit"
    r"|El\b.{5,200}?\bescribi[óo]|Em\b.{5,200}?\bescreveu|Il\b.{5,200}?\bha scritto"
    r"|Op\b.{5,200}?\bschreef)[^\n:]{0,80}|[^\n]{5,80}?(?:写道|寫道))[ \t]*[:：][ \t]*$",
    re.M | re.S,
)
_ORIGINAL = re.compile(
    r"^[ \t]*(?:[-_=*]{2,}[ \t]*(?:Original Message|Forwarded message|Ursprüngliche Nachricht"
    r"|Message d'origine|Mensaje original|Mensagem original|Messaggio originale"
    r"|Oorspronkelijk bericht|原始邮件|原邮件|转发邮件|回复邮件)[ \t]*[-_=*]*"
    r"|#+-? ?Please type your reply above this line ?-?#+"
    r"|(?:From|Von|De|Da|Van|发件人|寄件者)[ \t]*[:：][^\n]+\n[ \t]*"
    r"(?:Sent|Date|To|Gesendet|Datum|An|Envoyé|Date|Enviado|Fecha|Para|Inviato|Verzonden"
    r"|发送时间|日期|收件人)[ \t]*[:：]).*",
    re.M | re.S | re.I,
)
_SIGNATURE = re.compile(r"^-- ?$.*", re.M | re.S)
_SENT_FROM = re.compile(
    r"^[ \t]*(?:Sent from (?:my|Mail|Outlook|Yahoo)\b|Get Outlook for\b|Von meinem .{0,40}gesendet"
    r"|Envoyé de(?:puis)? mon\b|Enviado desde mi\b|Enviado do meu\b|发自我的|来自我的|发送自).*",
    re.M | re.S | re.I,
)
_CLOSING = re.compile(
    r"^[ \t]*(?:(?:kind|best|warm|many)? ?regards|best wishes|sincerely|yours (?:truly|sincerely)"
    r"|cheers|mit freundlichen gr(?:ü|ue)(?:ß|ss)en|viele gr(?:ü|ue)(?:ß|ss)e|cordialement"
    r"|saludos(?: cordiales)?|atenciosamente|此致|顺祝商祺)[ \t]*[,.!，。]?[ \t]*$",
    re.M | re.I,
)


def choose_rows(raw: Raw, source: Source, name: str) -> Raw:
    """Drop rows of the header, set unwanted rows aside, and make a record of every answer.

    Raises
    ------
    SchemaError
        `rows` or `questions` name a column that is not there.
    """
    found = [str(column) for column in raw.frame.columns]
    missing = [c for c in (*source.rows, *source.questions) if c not in found]
    if missing:
        text = _(
            "{name}: rows and questions name columns that are not there: {missing}.{near} "
            "Columns found: {found}.",
            name=name,
            missing=listed(missing),
            near=did_you_mean(missing[0], found),
            found=listed(found, 30),
        )
        raise SchemaError(text, missing)
    wording = {question: question for question in source.questions}
    if source.header_rows > 1:
        texts_ = raw.frame.iloc[0] if len(raw.frame) else {}
        wording = {q: " ".join(str(texts_.get(q) or q).split()) for q in source.questions}
        raw = _without_header(raw, source.header_rows - 1, name)
    for column, values in source.rows.items():
        raw = _kept(raw, source, column, values)
    return _answers(raw, source, name, wording) if source.questions else raw


def _without_header(raw: Raw, count: int, name: str) -> Raw:
    detail = _(
        "{name}: {rows} below the header belong to it and are no records",
        name=name,
        rows=plural("{n} row", "{n} rows", count),
    )
    frame = raw.frame.iloc[count:].reset_index(drop=True)
    note = Note("header rows", detail, value=float(count))
    return replace(raw, frame=frame, lines=raw.lines[count:], notes=(*raw.notes, note))


def _kept(raw: Raw, source: Source, column: str, values: tuple[str, ...]) -> Raw:
    """Keep the rows whose cell is one of the values, whatever its case."""
    cells = labels(raw.frame[column], strict=False)
    wanted = {value.strip().lower() for value in values}
    keep = cells.str.lower().isin(wanted).fillna(False).to_numpy(dtype=bool)
    out = raw.frame[~keep]
    customer = source.columns.get("customer_id", "customer_id")
    ids = out.get(customer)
    reasons = [
        _("rows: {column} is {value}", column=column, value=repr(value) if known else _("empty"))
        for value, known in zip(cells[~keep], cells[~keep].notna(), strict=True)
    ]
    shown = [item for item in out.columns if item != customer]
    left = pd.DataFrame(
        {
            "line": raw.lines[~keep],
            "raw": [
                json.dumps(
                    {key: str(value)[:500] for key, value in zip(shown, row, strict=True)
                     if not (value is None or value is pd.NA or value != value)},
                    ensure_ascii=False,
                )
                for row in out[shown].itertuples(index=False, name=None)
            ],
            "reason": reasons,
            "customer_id": list(labels(ids)) if ids is not None else [None] * len(out),
        }
    )  # fmt: skip
    before = [] if raw.left_out is None else [raw.left_out]
    return replace(
        raw, frame=raw.frame[keep].reset_index(drop=True), lines=raw.lines[keep],
        left_out=pd.concat([*before, left], ignore_index=True),
    )  # fmt: skip


def _answers(raw: Raw, source: Source, name: str, wording: Mapping[str, str]) -> Raw:
    """Write each answer as a row with its question; a person's scores stay on the first one.

    Who answered no open question keeps one row, for the sake of the scores.
    """
    frame = raw.frame
    given = pd.DataFrame({q: texts(frame[q]).notna() for q in source.questions})
    parts = []
    first = pd.Series(True, index=frame.index)
    place = pd.Series(raw.lines, index=frame.index)
    order = pd.Series(np.arange(len(frame)), index=frame.index)
    scores = [source.columns.get(column, column) for column in _ONCE]
    key = source.columns.get("feedback_id", "feedback_id")
    others = [c for c in frame.columns if c not in source.questions]
    for number, question in enumerate(source.questions):
        rows = given[question] | (~given.any(axis=1) if number == 0 else False)
        part = frame.loc[rows, others].copy()
        part["text"] = frame.loc[rows, question]
        part["question"] = pd.Series(wording[question], index=part.index, dtype=object).where(
            given.loc[rows, question], None
        )
        again = ~first[rows]
        for score in scores:
            if score in part:
                part[score] = part[score].astype(object).mask(again, None)
        if key in part:
            part[key] = part[key].where(~again, part[key].astype("str") + f"-{number + 1}")
        part["\x00line"], part["\x00order"] = place[rows], order[rows]
        parts.append(part)
        first = first & ~rows
    long = pd.concat(parts, ignore_index=True)
    long = long.sort_values("\x00order", kind="stable", ignore_index=True)
    lines = long.pop("\x00line").to_numpy(dtype=np.int64)
    del long["\x00order"]
    detail = _(
        "{name}: {rows} hold {answers} to {questions}; scores count once a person",
        name=name,
        rows=plural("{n} row", "{n} rows", len(frame)),
        answers=plural("{n} answer", "{n} answers", int(given.to_numpy().sum())),
        questions=plural("{n} open question", "{n} open questions", len(source.questions)),
    )
    note = Note("questions", detail, value=float(len(long)))
    return replace(raw, frame=long, lines=lines, notes=(*raw.notes, note))


def speaker(word: object) -> str | None:
    """Say whether a word such as 'end-user' or 客服 names a customer, an agent or a bot."""
    plain = re.sub(r"[\s_]+", "-", str(word).strip().lower())
    return _KNOWN.get(plain) or _KNOWN.get(plain.replace("-", "")) or _KNOWN.get(plain[:-1])


@dataclass(frozen=True)
class Speakers:
    """Who wrote each row: the word, whether it cannot be told, and why the row is set aside."""

    word: pd.Series
    unknown: np.ndarray
    reasons: np.ndarray


def speakers(cells: pd.Series, given: Mapping[Any, Any]) -> Speakers:
    """Tell customers, agents and bots apart; `given` says what further words stand for."""
    stated = {str(key).strip().lower(): str(word) for key, word in given.items()}
    who = cells.map(
        lambda word: stated.get(word.strip().lower()) or speaker(word), na_action="ignore"
    ).astype("str")
    reasons = {
        "agent": _("written by an agent, not by a customer"),
        "bot": _("written by a bot, not by a customer"),
    }
    why = who.map(reasons).astype(object).where(who.isin(reasons), "").to_numpy(dtype=object)
    return Speakers(who, (cells.notna() & who.isna()).to_numpy(), why)


def is_quoted(text: str) -> bool:
    """Whether a text holds quoted mail."""
    return bool(_WROTE.search(text) or _ORIGINAL.search(text) or _SIGNATURE.search(text)
                or len(_QUOTE_LINE.findall(text)) > 1)  # fmt: skip


def cut_quotes(column: pd.Series, name: str) -> tuple[pd.Series, Note]:
    """Cut quoted mail, signatures and closings; return the texts and of how many.

    Where nothing but a quotation would be left out of a text, the text stays as it is.
    """
    cut = column.map(_without_quotes, na_action="ignore").astype("str")
    count = int((column.notna() & (cut != column)).sum())
    detail = _(
        "{name}: quoted mail or a signature was cut from {texts}",
        name=name,
        texts=plural("{n} text", "{n} texts", count),
    )
    return cut, Note("quoted mail", detail, None, float(count), len(column))


def _without_quotes(text: str) -> str:
    out = _ORIGINAL.sub("", text)
    out = _WROTE.sub("", out)
    out = _QUOTE_LINE.sub("", out)
    out = _SIGNATURE.sub("", out)
    out = _SENT_FROM.sub("", out)
    closings = list(_CLOSING.finditer(out))
    if closings:
        closing = closings[-1]
        rest = [line for line in out[closing.end() :].splitlines() if line.strip()]
        if len(rest) <= 6 and all(len(line) <= 60 for line in rest):
            out = out[: closing.start()]
    out = re.sub(r"\n{3,}", "\n\n", out).strip()
    return out or text.strip()
