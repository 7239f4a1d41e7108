"""Rows that are no feedback: empty, typed to test the form, mashed keys, advertising.

Precision comes first: a rule fires only on what nobody could mean as feedback, because a row
screened by mistake is a customer silenced. Everything screened is kept with its reason.
"""

from __future__ import annotations

import itertools
import re
import unicodedata

import numpy as np
import pandas as pd

from insights.messages import _

__all__ = ["screen"]

_TEST = frozenset({
    "test", "tests", "testing", "tester", "testtest", "testtesttest", "test123", "test1",
    "test2", "testing123", "testmessage", "asdf", "asdfasdf", "asdfgh", "asdfghjkl",
    "asdasd", "qwer", "qwerty", "qwertyuiop", "qweqwe", "zxcv", "zxcvbn", "zxcvbnm",
    "foobar", "loremipsum", "abcd", "abcdef", "abc123", "aaaa", "thisisatest", "justatest",
    "justtesting", "pleaseignore", "testpleaseignore", "ignorethis", "testfeedback",
    "testticket", "testrow", "testreview", "testcomment", "dummytext", "sampletext", "测试",
    "测试测试", "测试一下", "测试数据", "测试用", "测试反馈", "这是测试", "这是一条测试",
    "测试请忽略", "测试test", "test测试", "测试123", "测试1", "123", "1234", "12345",
    "123456", "111", "1111", "11111", "111111",
})  # fmt: skip
_TEST_START = re.compile(
    r"^\s*(?:\[?test\]?[\s:,.-]+(?:please\s+)?ignore|this is (?:only |just )?a test\b.{0,20}$"
    r"|测试[,，。:：\s]*请?(?:忽略|勿回)|lorem ipsum)",
    re.I,
)
_NOTHING = frozenset(
    {"na", "n/a", "null", "nan", "nil", "undefined", "#n/a", "no_message", "none."}
)
# what people or platforms write where nothing was written, by letters and figures alone
_PLACEHOLDERS = frozenset(
    "".join(filter(str.isalnum, phrase))
    for line in (
        "no comment|no comments|no comment left|no comments left|no comment provided|no text",
        "no review text|no review|no text provided|no feedback provided|no answer|no response",
        "not answered|unanswered|skipped|left blank|blank|empty|rating only|deleted|removed",
        "not applicable|not provided|no data|此用户没有填写评价|空|跳过|未填写|未填|未作答|未回答",
        "无|暂无|暂无评价|暂无评论|无评论|无评价|无内容|无评论内容|没有填写|未评价|空白|略",
        "keine angabe|keine angaben|kein kommentar|keine kommentare|ohne kommentar|keine antwort",
        "nicht beantwortet|kein text|keine bewertung abgegeben|entfällt|néant|aucun commentaire",
        "pas de commentaire|pas de commentaires|sans commentaire|sans réponse|pas de réponse",
        "non renseigné|sans objet|sin comentarios|sin comentario|sin respuesta|no aplica",
        "no contesta|sin texto|ningún comentario|sem comentários|sem comentario|sem comentário",
        "sem comentarios|sem resposta|não informado|não se aplica|não respondeu|nessun commento",
        "nessuna risposta|senza commento|non risponde|non disponibile|geen opmerkingen",
        "geen opmerking|geen commentaar|geen antwoord|niet ingevuld|niet van toepassing|nvt",
        "inga kommentarer|ingen kommentar|inget svar|ej svar|ingen kommentarer|intet svar",
        "ikke besvart|ei kommentteja|brak|brak komentarza|bez komentarza|nie dotyczy",
        "brak odpowiedzi|bez komentáře|žádný komentář|нет комментариев|без комментариев",
        "нет ответа|не указано|нет данных|yorum yok|yorum yapılmamış|cevap yok|なし|特になし|無し",
        "無回答|未記入|未回答|回答なし|コメントなし|없음|해당없음|무응답|내용없음|의견없음",
        "tidak ada komentar|tanpa komentar|kosong|tidak diisi|không có bình luận|không có ý kiến",
        "bỏ trống|لا يوجد|لا تعليق|لا يوجد تعليق|אין תגובה|ไม่มี|ไม่มีความคิดเห็น|",
    )
    for phrase in line.split("|")
) - {""}
_ABBREVIATED = frozenset(
    {
        "n.a.",
        "n.a",
        "n\\a",
        "k.a.",
        "k.a",
        "r.a.s.",
        "s.o.",
        "n.v.t.",
        "s/c",
        "n/c",
        "н/д",
        "n.d.",
        "n/d",
    }
)
_UNWRITTEN = re.compile(
    r"(?:此|该|本|这位)?(?:用户|买家|顾客|客户|会员|评价方|消费者)(?:没有|没|未)(?:有|能)?(?:及时|主动)?"
    r"(?:填写|作出|做出|发表|留下|提交|写下?)?(?:任何|文字|具体)?(?:评[价论])?(?:的)?(?:内容|文字|意见)?"
    r"(?:[,，。;； ]*(?:系统|平台)?(?:自动)?(?:默认)?(?:给出|为)?(?:好评|评价|五星好评))?[。.!！]?"
    r"|(?:.{0,16}[,，。;；])?(?:系统|平台|淘宝|京东)?(?:自动)?默认(?:给出|为)?(?:好评|评价|五星好评)[。.!！]?"
    r"|(?:the |this )?(?:user|customer|reviewer|buyer|guest|respondent|client|author)s? "
    r"(?:has |have |did |was |)(?:not|n't|hasn't|didn't|haven't|left no|wrote no|gave no) ?"
    r"(?:yet )?(?:leave|left|write|written|wrote|provided?|enter(?:ed)?|add(?:ed)?|given?|posted?|)"
    r" ?(?:a |an |any |)(?:written |)(?:comment|review|text|feedback|message|answer)s?[.!]?",
)
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_LINK = re.compile(r"https?://|www\.|\b[\w-]+\.(?:com|cn|net|org|ru|top|vip|shop)\b", re.I)
_CONTACT = re.compile(
    r"(?:加|\+|➕)\s*(?:我|微|薇|威|扣|v信|vx|wx|qq)|微\s*信\s*[号:：]|薇信|vx\s*[:：]?\s*\w{5,}"
    r"|qq\s*(?:群|号)?\s*[:：]?\s*\d{4,}|联系\s*qq|回复\s*\d{3,}|whats\s?app|telegram|t\.me/",
    re.I,
)
_OFFER_ZH = re.compile(
    r"兼职|刷单|日结|代开(?:发票)?|开发票|博彩|当天放款|无抵押|专业贷款|办证|返利|返现群|免费领取|"
    r"领取优惠券|日赚|月入过?万|代理加盟|优惠券群|信用卡套现|红包群"
)
_OFFER_EN = re.compile(
    r"make money (?:fast|online|from)|earn (?:\$|up to)|(?:job|work) from home|casino|viagra|"
    r"cialis|(?:crypto|cryptocurrency|bitcoin|forex) (?:invest|signals)|payday loan|"
    r"cheap (?:loans?|pills|followers|seo|likes)|seo services?|buy (?:followers|likes|backlinks)|"
    r"free gift card|hot singles|get rich quick|guaranteed (?:profit|income|returns?)",
    re.I,
)


def screen(text: pd.Series) -> pd.Series:
    """Return the reason why each text is screened out, null where it stays; shape (rows,).

    Reasons: 'empty text', 'test row', 'keyboard mash', 'advertising'.
    """
    codes, unique = pd.factorize(text, use_na_sentinel=True)
    reasons = np.array([*(_reason(str(value)) for value in unique), _("empty text")], dtype=object)
    return pd.Series(reasons[codes], index=text.index, dtype=object)


def _reason(text: str) -> str | None:
    folded = unicodedata.normalize("NFKC", text).strip().lower()
    if folded in _NOTHING or (not any(map(str.isalnum, folded)) and _only_marks(folded)):
        return _("empty text")
    if len(folded) <= 60:
        letters = "".join(char for char in folded if char.isalnum())
        if (
            letters in _PLACEHOLDERS
            or folded.replace(" ", "") in _ABBREVIATED
            or _UNWRITTEN.fullmatch(
                folded.replace("didn't", "did not").strip("()[]<>（）【】“”\"' ")
            )
        ):
            return _("empty text")
        if letters in _TEST or _TEST_START.match(folded):
            return _("test row")
        if _mash(folded, letters):
            return _("keyboard mash")
    elif folded.startswith("lorem ipsum"):
        return _("test row")
    return _("advertising") if _advertises(folded) else None


def _only_marks(text: str) -> bool:
    """Whether there is nothing but punctuation and space; emoji alone may say a lot."""
    return {unicodedata.category(char)[0] for char in text} <= {"P", "Z", "C"}


def _mash(text: str, letters: str) -> bool:
    """Tell keys hit at random: one Latin word that runs along a keyboard row.

    Drawn-out words ('Goooood', 'Awwww', 'okokok') are somebody's opinion and stay.
    """
    if len(text.split()) > 1 or not letters.isascii() or not letters.isalpha():
        return False
    if len(letters) < 6 or len(set(letters)) < 3:
        return False
    steps = [
        any(a in row and b in row and abs(row.find(a) - row.find(b)) <= 2 for row in _ROWS)
        for a, b in itertools.pairwise(letters)
    ]
    touching = all(
        any(a in row and b in row and abs(row.find(a) - row.find(b)) == 1 for row in _ROWS)
        for a, b in itertools.pairwise(letters)
    )
    vowels = sum(char in "aeiouy" for char in letters) / len(letters)
    one_row = any(set(letters) <= set(row) for row in _ROWS[1:])
    return touching or (sum(steps) / len(steps) >= 0.6 and (vowels < 0.15 or one_row))


def _advertises(text: str) -> bool:
    """Tell an offer together with a way to reach the seller; either alone is not enough."""
    reachable = bool(_LINK.search(text) or _CONTACT.search(text))
    offers = len(set(_OFFER_ZH.findall(text))) + len({m.lower() for m in _OFFER_EN.findall(text)})
    return reachable and offers >= 1
