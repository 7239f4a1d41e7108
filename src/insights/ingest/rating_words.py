"""Ratings written as words or signs, in English and Chinese, as shares of a scale."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

__all__ = ["WordScale", "word_scale"]

# places on a scale from -2 to 2; where no word of either end is used, -1 and 1 are the ends
_SCALES: dict[str, dict[float, str]] = {
    "polarity": {
        -2: "very negative|extremely negative|strongly negative|非常消极|非常负面|sehr negativ"
        "|très négatif|muy negativo|muito negativo|molto negativo|zeer negatief"
        "|とても否定的|매우 부정적",
        -1: "negative|neg|消极|负面|负向|负|negativ|négatif|negativo|negatief|否定的|ネガティブ"
        "|부정적|부정|отрицательный|негативный|negatywny|olumsuz|negatif|tiêu cực|سلبي",
        0: "neutral|neu|mixed|中性|中立|中|neutre|neutro|neutraal|gemischt|mixte|中立的"
        "|ニュートラル|중립|нейтральный|neutralny|nötr|netral|trung lập|محايد",
        1: "positive|pos|积极|正面|正向|正|positiv|positif|positivo|positief|肯定的|ポジティブ"
        "|긍정적|긍정|положительный|позитивный|pozytywny|olumlu|tích cực|إيجابي",
        2: "very positive|extremely positive|strongly positive|非常积极|非常正面|sehr positiv"
        "|très positif|muy positivo|muito positivo|molto positivo|zeer positief"
        "|とても肯定的|매우 긍정적",
    },
    "satisfaction": {
        -2: "very dissatisfied|very unsatisfied|extremely dissatisfied|completely dissatisfied"
        "|highly dissatisfied|totally dissatisfied|非常不满意|很不满意|十分不满意|极不满意"
        "|非常不满|非常不滿意|很不滿意|sehr unzufrieden|äußerst unzufrieden"
        "|völlig unzufrieden|très insatisfait|très insatisfaite|très mécontent"
        "|pas du tout satisfait|pas du tout satisfaite|muy insatisfecho|muy insatisfecha"
        "|nada satisfecho|totalmente insatisfecho|muito insatisfeito|muito insatisfeita"
        "|totalmente insatisfeito|molto insoddisfatto|molto insoddisfatta"
        "|per niente soddisfatto|zeer ontevreden|heel ontevreden|mycket missnöjd"
        "|meget utilfreds|svært misfornøyd|erittäin tyytymätön|bardzo niezadowolony"
        "|bardzo niezadowolona|zdecydowanie niezadowolony|очень недоволен|очень недовольна"
        "|совершенно не удовлетворен|полностью не удовлетворен|çok memnuniyetsiz"
        "|hiç memnun değilim|非常に不満|とても不満|大変不満|매우 불만족|매우 불만"
        "|매우불만족|sangat tidak puas|rất không hài lòng|غير راض جدا|غير راض على الإطلاق"
        "|velmi nespokojen",
        -1: "dissatisfied|unsatisfied|not satisfied|somewhat dissatisfied|slightly dissatisfied"
        "|rather dissatisfied|unhappy|不满意|不太满意|比较不满意|较不满意|不满|不滿意"
        "|不太滿意|unzufrieden|eher unzufrieden|nicht zufrieden|insatisfait|insatisfaite"
        "|plutôt insatisfait|plutôt insatisfaite|peu satisfait|peu satisfaite|pas satisfait"
        "|mécontent|insatisfecho|insatisfecha|poco satisfecho|algo insatisfecho"
        "|insatisfeito|insatisfeita|pouco satisfeito|insoddisfatto|insoddisfatta"
        "|poco soddisfatto|abbastanza insoddisfatto|ontevreden|niet tevreden"
        "|enigszins ontevreden|missnöjd|ganska missnöjd|utilfreds|misfornøyd|tyytymätön"
        "|niezadowolony|niezadowolona|raczej niezadowolony|недоволен|недовольна"
        "|не удовлетворен|скорее не удовлетворен|скорее недоволен|memnun değilim"
        "|memnuniyetsiz|不満|やや不満|불만족|불만|tidak puas|kurang puas|không hài lòng"
        "|غير راض|nespokojen",
        0: "neutral|neither|neither satisfied nor dissatisfied"
        "|neither dissatisfied nor satisfied|indifferent|一般|普通|尚可|中立|中等"
        "|weder noch|weder zufrieden noch unzufrieden|teils teils|teils/teils|mittelmäßig"
        "|neutre|ni satisfait ni insatisfait|ni satisfaite ni insatisfaite"
        "|moyennement satisfait|ni satisfecho ni insatisfecho|neutro|indiferente|regular"
        "|nem satisfeito nem insatisfeito|né soddisfatto né insoddisfatto|neutrale|neutraal"
        "|noch tevreden noch ontevreden|varken nöjd eller missnöjd"
        "|hverken tilfreds eller utilfreds|ani zadowolony ani niezadowolony|neutralny"
        "|trudno powiedzieć|нейтрально|ни то ни другое|затрудняюсь ответить|kararsızım"
        "|ne memnun ne memnun değil|どちらでもない|どちらともいえない|ふつう|보통|보통이다"
        "|netral|cukup|biasa saja|bình thường|trung lập|محايد|neutrální",
        1: "satisfied|somewhat satisfied|slightly satisfied|fairly satisfied|rather satisfied"
        "|happy|满意|比较满意|较满意|基本满意|滿意|比較滿意|zufrieden|eher zufrieden"
        "|ziemlich zufrieden|satisfait|satisfaite|plutôt satisfait|plutôt satisfaite"
        "|assez satisfait|satisfecho|satisfecha|algo satisfecho|bastante satisfecho"
        "|satisfeito|satisfeita|soddisfatto|soddisfatta|abbastanza soddisfatto|tevreden"
        "|enigszins tevreden|nöjd|ganska nöjd|tilfreds|fornøyd|tyytyväinen|zadowolony"
        "|zadowolona|raczej zadowolony|доволен|довольна|удовлетворен|скорее удовлетворен"
        "|скорее доволен|memnun|memnunum|満足|やや満足|まあ満足|만족|puas|hài lòng|راض"
        "|spokojen",
        2: "very satisfied|extremely satisfied|completely satisfied|highly satisfied"
        "|totally satisfied|very happy|非常满意|很满意|十分满意|极其满意|非常滿意|很滿意"
        "|sehr zufrieden|äußerst zufrieden|vollkommen zufrieden|très satisfait"
        "|très satisfaite|tout à fait satisfait|muy satisfecho|muy satisfecha"
        "|totalmente satisfecho|muito satisfeito|muito satisfeita|totalmente satisfeito"
        "|molto soddisfatto|molto soddisfatta|zeer tevreden|heel tevreden|mycket nöjd"
        "|meget tilfreds|svært fornøyd|erittäin tyytyväinen|bardzo zadowolony"
        "|bardzo zadowolona|zdecydowanie zadowolony|очень доволен|очень довольна"
        "|полностью удовлетворен|çok memnun|çok memnunum|とても満足|非常に満足|大変満足"
        "|매우 만족|매우만족|sangat puas|rất hài lòng|راض جدا|راض تماما|velmi spokojen",
    },
    "agreement": {
        -2: "strongly disagree|completely disagree|totally disagree|非常不同意|强烈不同意"
        "|完全不同意|stimme überhaupt nicht zu|stimme gar nicht zu"
        "|trifft überhaupt nicht zu|trifft gar nicht zu|pas du tout d'accord"
        "|tout à fait en désaccord|totalmente en desacuerdo|muy en desacuerdo"
        "|discordo totalmente|completamente in disaccordo|fortemente in disaccordo"
        "|helemaal mee oneens|helemaal oneens|zeer oneens|instämmer inte alls"
        "|zdecydowanie się nie zgadzam|полностью не согласен|категорически не согласен"
        "|kesinlikle katılmıyorum|全くそう思わない|まったくそう思わない|전혀 그렇지 않다"
        "|매우 그렇지 않다|sangat tidak setuju|hoàn toàn không đồng ý|لا أوافق بشدة",
        -1: "disagree|somewhat disagree|不同意|比较不同意|不太同意|stimme nicht zu"
        "|stimme eher nicht zu|trifft nicht zu|trifft eher nicht zu|pas d'accord"
        "|plutôt pas d'accord|en désaccord|en desacuerdo|algo en desacuerdo|discordo"
        "|discordo parcialmente|in disaccordo|non sono d'accordo|mee oneens|oneens"
        "|enigszins oneens|instämmer inte|nie zgadzam się|raczej się nie zgadzam"
        "|не согласен|скорее не согласен|katılmıyorum|そう思わない|あまりそう思わない"
        "|그렇지 않다|tidak setuju|không đồng ý|لا أوافق",
        0: "neutral|undecided|neither agree nor disagree|不确定|一般|中立|weder noch"
        "|teils teils|teils/teils|ni d'accord ni pas d'accord|neutre"
        "|ni de acuerdo ni en desacuerdo|neutro|nem concordo nem discordo"
        "|né d'accordo né in disaccordo|neutraal|niet mee eens en niet mee oneens"
        "|varken eller|ani tak ani nie|trudno powiedzieć|нейтрально|затрудняюсь ответить"
        "|kararsızım|どちらともいえない|どちらでもない|보통이다|보통|netral|ragu-ragu"
        "|trung lập|محايد",
        1: "agree|somewhat agree|同意|比较同意|stimme zu|stimme eher zu|trifft zu"
        "|trifft eher zu|d'accord|plutôt d'accord|de acuerdo|algo de acuerdo|concordo"
        "|concordo parcialmente|d'accordo|mee eens|eens|enigszins eens|instämmer"
        "|zgadzam się|raczej się zgadzam|согласен|скорее согласен|katılıyorum|そう思う"
        "|ややそう思う|그렇다|setuju|đồng ý|أوافق",
        2: "strongly agree|completely agree|totally agree|非常同意|强烈同意|完全同意"
        "|stimme voll und ganz zu|stimme völlig zu|trifft voll und ganz zu|trifft völlig zu"
        "|tout à fait d'accord|totalmente de acuerdo|muy de acuerdo|concordo totalmente"
        "|completamente d'accordo|fortemente d'accordo|helemaal mee eens|helemaal eens"
        "|zeer eens|instämmer helt|zdecydowanie się zgadzam|полностью согласен"
        "|kesinlikle katılıyorum|強くそう思う|とてもそう思う|매우 그렇다|sangat setuju"
        "|hoàn toàn đồng ý|أوافق بشدة",
    },
    "review": {
        -1: "差评|負評|差評",
        0: "中评|中評",
        1: "好评|好評",
    },
    "recommendation": {
        -1: "not recommended|not recommend|would not recommend|do not recommend|detractor"
        "|detractors|不推荐|贬损者|批评者|nicht empfohlen|kritiker|non recommandé"
        "|no recomendado|não recomendado|détracteur|detractores|detrator",
        0: "passive|passives|maybe|不确定|被动者|中立者|passiv|passif|pasivo|passivo"
        "|vielleicht|neutro",
        1: "recommended|recommend|would recommend|promoter|promoters|推荐|推荐者|empfohlen"
        "|recommandé|recomendado|promotor|promoteur",
    },
    "thumbs": {
        -1: "👎|thumbs down|thumb down|thumbs-down|dislike|disliked|踩|不喜欢|down|downvote"
        "|daumen runter",
        1: "👍|thumbs up|thumb up|thumbs-up|like|liked|赞|点赞|喜欢|up|upvote|daumen hoch",
    },
    "faces": {
        -2: "😡|😠|😭|😢|🤬",
        -1: "🙁|☹|😞|😟|😕|😒",
        0: "😐|😶|😑",
        1: "🙂|😊|☺",
        2: "😀|😃|😄|😍|😁|🤩|🥰",
    },
    "quality": {
        -2: "very bad|very poor|terrible|awful|horrible|worst|很差|非常差|极差|太差|很不好"
        "|sehr schlecht|mangelhaft|ungenügend|très mauvais|très mauvaise|muy malo|muy mala"
        "|pésimo|péssimo|muito ruim|molto scarso|pessimo|zeer slecht|mycket dålig"
        "|meget dårlig|bardzo źle|bardzo zły|очень плохо|ужасно|çok kötü|とても悪い"
        "|非常に悪い|매우 나쁨|매우 나쁘다|sangat buruk|rất tệ|سيئ جدا|velmi špatné",
        -1: "bad|poor|not good|below average|差|较差|不好|不佳|坏|schlecht|ausreichend|mauvais"
        "|mauvaise|malo|mala|ruim|mau|scarso|insufficiente|slecht|dålig|dårlig|źle|zły"
        "|słabo|плохо|kötü|悪い|나쁨|나쁘다|buruk|tệ|kém|سيئ|špatné",
        0: "ok|okay|average|fair|so-so|so so|medium|neutral|一般|中等|还行|还可以|普通|mittel"
        "|mittelmäßig|befriedigend|geht so|moyen|moyenne|correct|passable|regular|aceptable"
        "|razoável|médio|sufficiente|discreto|matig|redelijk|gemiddeld|okej|middels|średnio"
        "|przeciętnie|нормально|удовлетворительно|средне|orta|普通です|ふつう|보통|cukup"
        "|sedang|biasa|trung bình|bình thường|متوسط|مقبول|průměrné",
        1: "good|great|nice|above average|好|较好|不错|良好|良|gut|bon|bonne|bien|bueno|buena"
        "|bom|boa|bem|buono|bene|goed|bra|godt|god|dobrze|dobry|хорошо|iyi|良い|よい|좋음"
        "|좋다|baik|bagus|tốt|جيد|dobré",
        2: "very good|excellent|outstanding|perfect|amazing|awesome|best|很好|非常好|优秀|极好"
        "|优|sehr gut|ausgezeichnet|hervorragend|très bon|très bonne|très bien|excellente"
        "|muy bueno|muy buena|excelente|muito bom|ótimo|molto buono|ottimo|eccellente"
        "|zeer goed|uitstekend|mycket bra|utmärkt|meget godt|bardzo dobrze|bardzo dobry"
        "|doskonale|очень хорошо|отлично|çok iyi|mükemmel|とても良い|非常に良い|매우 좋음"
        "|매우 좋다|sangat baik|sangat bagus|rất tốt|tuyệt vời|جيد جدا|ممتاز|velmi dobré"
        "|výborné",
    },
    "numbers": {
        -2: "one|eins|un|une|uno|una|um|一|一星|one star|1 star",
        -1: "two|zwei|deux|dos|dois|due|twee|二|两|二星|两星|two stars",
        0: "three|drei|trois|tres|três|tre|drie|三|三星|three stars",
        1: "four|vier|quatre|cuatro|quatro|quattro|四|四星|four stars",
        2: "five|fünf|cinq|cinco|cinque|vijf|五|五星|five stars",
    },
    "answer": {
        -1: "no|n|false|否|不会|不|nein|non|não|nee|нет|いいえ|아니오",
        1: "yes|y|true|是|会|ja|oui|sí|si|sim|да|はい|예",
    },
}
_PLACE = {
    scale: {word: place for place, words in levels.items() for word in words.split("|")}
    for scale, levels in _SCALES.items()
}
_PLAIN = frozenset({"satisfaction", "review", "recommendation", "faces"})  # mean nothing else
_NAMED = re.compile(
    r"rating|rated|\brate\b|score|stars?\b|sentiment|polarity|satisf|opinion|attitude|emotion|mood"
    r"|feeling|experience|recommend|nps|csat|thumb|reaction|feedback|review|verdict|evaluat|happy"
    r"|bewertung|zufrieden|stern|\bnote\b|\bnota\b|\bvoto\b|calific|puntua|valora|estrel|avalia"
    r"|valutaz|stelle|beoordel|sterren|betyg|\bocena\b|оценк|рейтинг|puan|penilaian|đánh giá|تقييم"
    r"|評価|満足|별점|평점|만족|评分|评价|评级|星级|打分|情感|情绪|满意|态度|倾向|推荐|感受|好评",
)
_ASKED = re.compile(r"recommend|推荐")
_ANOTHER = re.compile(
    r"status|state\b|condition|health|credit|result|test\b|blood|balance|weather|stock|risk|grade"
    r"|状态|状况|结果|检测|库存|天气|风险|信用"
)
_UNANSWERED = re.compile(
    r"|(un)?offered|n/a|na|nan|none|null|(not |un)rated|no (rating|answer)|unknown|unsure|not sure"
    r"|don't know|not applicable|-+|未评[价分]?|无|未知|不知道|不清楚"
)
# '4 - Satisfied', '(4) good', '4=满意', 'good (4)', 'sml-str40', 'star4'
_LEVEL = re.compile(
    r"[(\[]?(\d{1,2})[)\]]?\s*(?:[-–—:=.、：|,]\s*|\s)(\D{1,60})|(\D{1,60}?)\s*[(\[]?(\d{1,2})[)\]]?"
)
_CLASS = re.compile(
    r"star|stern|étoile|estrell|estrela|rating|level|str$|星|rank|score|grade", re.I
)
_SHARE = 0.9  # of the cells that must be words of one scale
_STARS = re.compile(r"([★⭐🌟])️?")
_EMPTY = re.compile(r"[☆✩]")
_MOST = 60  # distinct values above which a column is no scale


@dataclass(frozen=True)
class WordScale:
    """What a column's words stand for.

    Attributes
    ----------
    kind
        Name of the scale.
    shares
        Each word as it is written, with its share of the scale, 0 worst to 1 best.
    read
        Share of the answering cells that are words of the scale.
    sure
        Whether the column is a rating, by its name and its words; otherwise it may be.
    why
        The reason, in words.
    """

    kind: str
    shares: dict[str, float]
    read: float
    sure: bool
    why: str


def word_scale(name: str, column: pd.Series) -> WordScale | None:
    """Read a column as a rating in words, or not at all.

    Nine of ten cells that answer must be words of one scale, of two places at least. It is sure to
    be a rating where the name says so, or where the words mean nothing else (very satisfied; 好评;
    positive, neutral and negative together) and the name does not speak of another thing. Yes and
    no count only where the name asks for a recommendation.
    """
    counts = column.dropna().astype(str).str.strip().value_counts()
    counts = counts[[not _UNANSWERED.fullmatch(word.casefold()) for word in counts.index]]
    if counts.empty or len(counts) > _MOST:
        return None
    best = max(
        (_as_stars(counts), _as_levels(counts), *(_as_words(kind, counts) for kind in _PLACE)),
        key=lambda found: found[2],
    )
    kind, places, read = best
    if read < _SHARE or len(set(places.values())) < 2:
        return None
    plain = re.sub(r"[_\-]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)).lower()
    if kind == "answer" and not _ASKED.search(plain):
        return None
    ends = 2.0 if kind in ("stars", "levels") or any(abs(p) > 1 for p in places.values()) else 1.0
    shares = {word: (place + ends) / (2 * ends) for word, place in places.items()}
    three = kind == "polarity" and set(places.values()) >= {-1, 0, 1}
    meant = kind in (*_PLAIN, "stars", "levels") or three
    named = bool(_NAMED.search(plain))
    sure = named or (meant and not _ANOTHER.search(plain))
    why = f"{read:.0%} of its cells are words of one scale ({kind})"
    if named:
        why += ", and its name says so"
    elif sure:
        why += ", which mean nothing else"
    else:
        why += ", but its name does not say that it is a rating"
    ordered = dict(sorted(shares.items(), key=lambda item: (item[1], item[0])))
    return WordScale(kind, ordered, read, sure, why)


def _as_levels(counts: pd.Series) -> tuple[str, dict[str, float], float]:
    """Numbers with their words, such as '4 - Satisfied', or classes such as 'star-40'.

    The words must tell the direction: that of the best known scale, where it goes with the numbers.
    """
    found = {word: match for word in counts.index if (match := _LEVEL.fullmatch(word))}
    number = {word: float(match[1] or match[4]) for word, match in found.items()}
    plain = {word: (match[2] or match[3] or "").strip() for word, match in found.items()}
    places: dict[str, float] = {}
    if len(set(number.values())) >= 2:
        low, high = min(number.values()), max(number.values())
        signs = _direction(plain, number)
        if signs == 0 and not all(_CLASS.search(words) for words in plain.values()):
            return "levels", {}, 0.0
        if low >= 0 and high <= 10:
            low, high = min(low, 1.0), max(high, 5.0) if high > 3 else high
        elif high in (20, 30, 40, 50) and low >= 0:  # tenths of a star
            low, high = 10.0, 50.0
        else:
            return "levels", {}, 0.0
        for word, value in number.items():
            share = (value - low) / (high - low)
            places[word] = 4 * (share if signs >= 0 else 1 - share) - 2
    return "levels", places, float(counts[list(places)].sum() / counts.sum())


def _direction(words: dict[str, str], number: dict[str, float]) -> int:
    """1 where better words go with larger numbers, -1 where with smaller, 0 where none tells."""
    for known in _PLACE.values():
        pairs = [(number[key], known[folded]) for key, text in words.items()
                 if (folded := _folded(text)) in known]  # fmt: skip
        slopes = {
            (a[0] - b[0]) * (a[1] - b[1]) > 0
            for a in pairs for b in pairs if a[0] != b[0] and a[1] != b[1]
        }  # fmt: skip
        if len(slopes) == 1:
            return 1 if slopes.pop() else -1
    return 0


def _folded(word: str) -> str:
    plain = re.sub(r"[\ufe0f\U0001f3fb-\U0001f3ff]", "", word).strip(" .!。！()").casefold()
    return re.sub(r"[\s_]+", " ", plain)


def _as_words(kind: str, counts: pd.Series) -> tuple[str, dict[str, float], float]:
    known = _PLACE[kind]
    places = {}
    for word in counts.index:
        plain = _folded(word)
        if plain in known:
            places[word] = float(known[plain])
    return kind, places, float(counts[list(places)].sum() / counts.sum())


def _as_stars(counts: pd.Series) -> tuple[str, dict[str, float], float]:
    """Rows of one to five stars, full ones counted; ☆ are empty ones."""
    places = {}
    for word in counts.index:
        full = len(_STARS.findall(word))
        rest = _EMPTY.sub("", _STARS.sub("", word)).replace("\ufe0f", "").strip()
        total = full + len(_EMPTY.findall(word))
        if not rest and total and full <= 5 and (total == 5 or full == total):
            places[word] = float(full - 3)
    return "stars", places, float(counts[list(places)].sum() / counts.sum())
