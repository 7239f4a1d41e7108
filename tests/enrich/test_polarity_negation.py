"""Negated complaints and praise, questions, commands, facts and requests, each with its meaning."""

import numpy as np
import pytest

from insights.enrich.intent import intents
from insights.enrich.negation import EITHER, doubtful, plain
from insights.enrich.polarity import score_polarity

_ENGLISH = """
+ I have no complaints about the delivery.
+ Nothing to complain about so far.
+ Honestly, I can't complain.
+ I was never disappointed by this team.
+ We could not be happier with the new office.
+ Never had a single problem in three years.
+ The service has never let us down.
+ You can't go wrong with this one.
+ Not bad at all for the price.
+ I couldn't find anything wrong with it.
+ It runs without any issues.
+ The app no longer crashes.
+ I don't regret switching for a second.
+ There was nothing I didn't like.
+ Couldn't have asked for a smoother move.
+ The staff weren't rude, not even once.
+ It is hard to find fault with the room.
+ I cannot recommend them highly enough.
- I am not happy with the repair.
- This is not worth the money.
- The printer no longer works.
- I would not recommend this hotel to anyone.
- It could not have been worse.
- They never answered a single email.
- Nothing about this stay was pleasant.
- The manual isn't helpful at all.
- I've never been so disappointed.
- The room wasn't clean.
- It isn't better than the old version, it is worse.
- Hardly usable since the update.
""".strip().splitlines()

_CHINESE = """
+ 没什么可抱怨的
+ 用到现在没有任何问题
+ 服务真的无可挑剔
+ 挑不出什么毛病
+ 从来没有让我失望过
+ 一点也不后悔买了它
+ 升级以后再也没有闪退过
+ 半年了没出过一次故障
+ 没有不满意的地方
+ 味道不错，分量也不少
+ 再好不过了
+ 没想到这么好用，没得说
+ 住了三天，没觉得有什么不方便
+ 找不到任何缺点
+ 送餐从不迟到
+ 没有人不喜欢这款产品
+ 房间一点都不吵
+ 比上一代好用多了
- 不是很满意
- 完全不值这个价
- 客服一点也不专业
- 没有想象中那么好
- 从没见过这么差的服务
- 根本没法用
- 这次体验谈不上愉快
- 说明书没有任何帮助
- 包装不如以前好
- 并不像宣传的那么好用
- 质量没有保障，不推荐
- 等了一小时也没人理
""".strip().splitlines()


_MORE_ENGLISH = """
+ No issues whatsoever with the checkout.
+ I really have nothing bad to say about this place.
+ My team has never complained about it.
+ Wouldn't change a thing.
+ There's not much to dislike here.
+ It didn't disappoint.
+ Zero hassle from start to finish.
+ I could not fault the cleaning.
+ We've yet to have a problem.
+ It's by no means a bad product.
+ Nobody in the office has had any trouble with it.
+ The setup wasn't difficult at all.
+ I had no trouble finding the button.
+ Haven't experienced any bugs since I installed it.
+ You won't be disappointed.
+ The new version doesn't freeze anymore.
+ I can't think of anything negative to say.
+ Support was never slow to respond.
+ Not one complaint in two years.
+ I couldn't be more pleased.
- I can't say I'm impressed.
- Not a pleasant experience.
- Nobody seemed to care.
- There is nothing special or good about the food.
- I don't think this is good value.
- It never worked as advertised.
- Their support is no help at all.
- The room was neither clean nor quiet.
- It's not as good as people say.
- I have never been treated so badly.
""".strip().splitlines()

_MORE_CHINESE = """
+ 完全没有什么可挑剔的
+ 买来一年了，没坏过
+ 没有一点异味
+ 客服从来不会不耐烦
+ 确实没有让人失望
+ 我对这次服务没有任何不满
+ 用起来毫无压力，没有卡顿
+ 说不出有什么不好
+ 不会觉得贵
+ 没什么缺点
+ 这家店没踩过雷
+ 没有遇到过延误
+ 一次都没有出错
+ 不得不夸一下客服
+ 找不出第二家这么好的店
+ 没有比这更方便的了
+ 物流一点不慢
+ 系统更新后不再崩溃
+ 无论哪方面都没毛病
+ 不是不好，是非常好
- 不太满意这次的处理
- 没觉得有多好吃
- 并没有说的那么方便
- 一点诚意都没有
- 不会再来第二次
- 完全没有解决我的问题
- 没有一次是准时的
- 算不上好用
- 服务没有以前热情
- 没有人回复我的投诉
""".strip().splitlines()


_OTHER_ENGLISH = """
+ There is not a single thing I would fault
+ We have had zero problems since moving over
+ Never once did the app let me down
+ I cannot fault the service
+ You won't regret buying this
+ Couldn't ask for a better team
+ It doesn't disappoint
+ No issues whatsoever
+ I don't have anything bad to say about them
+ Not once was the delivery late
+ Nothing wrong with it at all
+ Works without a hitch
+ Hardly any waiting, which was nice
+ It isn't slow anymore
+ not too shabby
- This is not good
- The room was not clean
- I would not recommend this to anyone
- Nobody was helpful
- It never works when I need it
- Not worth the money
- I am not happy with the new version
- Nothing works as promised
- There was no one friendly at the desk
- Could have been better
- It does not load
- Far from perfect
- I wasn't impressed
- Lacks any useful documentation
- The old version was better than this one
""".strip().splitlines()

_OTHER_CHINESE = """
+ 挑不出任何毛病
+ 一点问题都没有
+ 从来没有让我失望过
+ 没什么不满意的
+ 没得说，推荐
+ 无话可说，太好了
+ 没有什么缺点
+ 不卡也不闪退
+ 服务没的挑
+ 用了两年没出过故障
+ 不得不说真不错
+ 找不到缺点
+ 没有比这更好的了
+ 从没后悔买它
+ 比以前快多了
- 不好用
- 一点也不方便
- 服务不怎么样
- 没有人理我
- 质量不行
- 并不值这个价
- 不推荐购买
- 从来没有准时过
- 没觉得哪里好
- 再也不会买了
- 没有想象中好
- 不如以前
- 根本打不开
- 毫无诚意
- 不是很满意
""".strip().splitlines()


def _read(lines):
    side = np.array(["positive" if line[0] == "+" else "negative" for line in lines])
    return [line[2:] for line in lines], side


@pytest.mark.parametrize(
    "lines",
    [_ENGLISH, _CHINESE, _MORE_ENGLISH, _MORE_CHINESE, _OTHER_ENGLISH, _OTHER_CHINESE],
    ids=["en", "zh", "more en", "more zh", "other en", "other zh"],
)
@pytest.mark.parametrize("engine", ["prior", "lexicon"])
def test_negated_complaints_and_praise_are_right_or_unsure(lines, engine):
    texts, side = _read(lines)
    assert len(texts) == 30
    found = score_polarity(texts, np.full(30, np.nan), engine=engine, seed=7)
    wrong = (found.label != side) & ~found.unsure
    assert [text for text, bad in zip(texts, wrong, strict=True) if bad] == []
    assert ((found.label == side) & ~found.unsure).sum() >= 25


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("It is not without its problems", "It is very bad"),
        ("They cannot fix the problem", "They very bad problem"),
        ("We could not be happier", "We very good"),
        ("It isn't better", "It very bad"),
        ("Not only good but cheap", "Not only good but cheap"),
        ("I have not received it", "I have not received it"),
        ("没有哪里不好", "非常好，非常满意"),
        ("不得不说真的好用", "不得不说真的好用"),
        ("没法解决这个问题", "没法解决这个问题"),
        ("不方便", "不方便"),
        ("Neither Ann nor Bob had anything to grumble about", "very good about"),
        ("Neither the room nor the lobby was clean", "very bad"),
        ("Rarely have I met such helpful people", "very good people"),
        ("I can't get an answer from anyone", "I very bad from anyone"),  # no comparative
        ("Not one of the cups was chipped", "Not one of the cups was chipped"),
        ("There is no sign of wear", "There is no sign of wear"),
        ("They haven't replaced the broken lamp", "They haven't replaced the broken lamp"),
        ("一个杯子都没落下", "一个杯子都没落下"),
    ],
)
def test_a_negation_reaches_what_it_governs_and_no_further(text, said):
    assert plain(text) == said


@pytest.mark.parametrize(
    "text",
    [
        "I was afraid the sofa would be uncomfortable, which it isn't.",
        "We had hoped for a quiet room and got the opposite.",
        "Good service is the last thing you will get here.",
        "Gone are the days when the site crashed every Monday.",
        "原本担心会卡，结果完全是多虑",
        "号称静音，晚上吵得没法睡",
    ],
)
def test_an_expectation_against_what_came_is_unsure(text):
    assert doubtful(text) == EITHER
    found = score_polarity([text, "Great chair"], np.full(2, np.nan), engine="lexicon", seed=7)
    assert found.unsure.tolist() == [True, False]


_PLAIN = """
The parcel arrived on Tuesday
Where can I see my last three invoices?
Does the lamp come with a bulb?
What are your opening hours on Sundays?
Turn the volume down in the bedroom
Book a table for four at seven
We moved to the second floor in May
My colleague ordered two chairs
How do I connect a second screen?
Send the report to finance
包裹周二到了
请问几点开门？
怎么修改收货地址
这款有几种颜色？
把灯调暗一点
帮我订一张去上海的票
我们五月搬到了二楼
同事订了两把椅子
会议室在几楼
发票寄到公司
""".strip().splitlines()


def test_questions_commands_and_facts_are_neutral():
    found = score_polarity(_PLAIN, np.full(len(_PLAIN), np.nan), engine="prior", seed=7)
    assert (found.label == "neutral").mean() >= 0.9
    assert not ((found.label != "neutral") & ~found.unsure).any()


def test_the_neighbours_of_a_text_do_not_turn_its_score():
    good = [f"I love this lamp, it is wonderful no {i}" for i in range(200)]
    bad = [f"This lamp is awful and broke at once no {i}" for i in range(200)]
    probe = ["The parcel arrived on Tuesday", "Nice chair", "The chair is broken"]
    among = [
        score_polarity([*probe, *others], np.full(203, np.nan), seed=7) for others in (good, bad)
    ]
    assert np.allclose(among[0].probability[:3], among[1].probability[:3], atol=1e-6)
    assert list(among[0].label[:3]) == ["neutral", "positive", "negative"]
    assert abs(among[0].score[0]) < 0.1


_ASKS = [
    "建议把导出功能做得更好用一些",
    "希望能把搜索做得更快更方便",
    "Please make the export a bit easier to use",
    "It would be nice if the search were faster and better",
    "Could you offer a nicer, more comfortable chair?",
]


@pytest.mark.parametrize("engine", ["prior", "lexicon"])
def test_a_mild_suggestion_is_no_praise(engine):
    found = score_polarity(_ASKS, np.full(len(_ASKS), np.nan), engine=engine, seed=7)
    assert set(found.label) == {"neutral"}
    kept = score_polarity(["Please keep up the great work!"], np.array([np.nan]), seed=7)
    assert list(kept.label) == ["positive"]


def test_a_mild_suggestion_is_no_praise_where_ratings_taught_either():
    good = [f"easier to use, better and nicer export no {i}" for i in range(150)]
    bad = [f"broken and slow export no {i}" for i in range(150)]
    rating = np.r_[np.ones(150), np.zeros(150), np.full(2, np.nan)]
    asks = ["Please make the export easier to use", "Easier to use and nicer"]
    found = score_polarity([*good, *bad, *asks], rating, seed=7)
    assert found.engine == "calibrated"
    assert list(found.label[-2:]) == ["neutral", "positive"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("It works. Could you add a dark mode?", "request"),
        ("Where is my parcel?", "question"),
        ("快递到了。能不能开发票？", "request"),
        ("The parcel arrived", "statement"),
    ],
)
def test_what_a_message_asks_is_told(text, said):
    assert list(intents([text, text])) == [said, said]
