"""Small bilingual feedback with five planted topics, one of which may surge."""

import numpy as np
import pandas as pd

ENGLISH = {
    "sync": (
        "sync fails after the update",
        "the calendar no longer syncs with my phone",
        "syncing rooms stopped working",
        "my bookings are not synchronised",
        "sync error since the new version",
    ),
    "billing": (
        "the invoice is wrong again",
        "I was charged twice on the invoice",
        "the billing page shows an old card",
        "the invoice refund never arrived",
        "our invoice went up without notice",
    ),
    "support": (
        "the support agent answered within minutes",
        "the support agent was friendly",
        "nobody in support replied to my ticket",
        "the support chat waited an hour",
        "a helpful support agent on the phone",
    ),
    "sensor": (
        "the desk sensor shows occupied when empty",
        "the sensor battery is dead",
        "the motion sensor does not detect people",
        "the sensor reads too high",
        "replace the broken sensor in the room",
    ),
    "login": (
        "cannot log in with single sign-on",
        "the password reset mail never comes",
        "the login page loops forever",
        "the login code is refused",
        "locked out of my login account",
    ),
}
CHINESE = {
    "sync": ("更新之后同步失败", "日历和手机不同步了", "会议室同步一直报错", "新版本同步很慢"),
    "billing": ("发票金额又错了", "发票重复扣款", "账单发票显示旧的银行卡", "发票退款没有到账"),
    "support": (
        "客服回复很及时",
        "客服态度很友好",
        "提交的工单客服没人回复",
        "客服等了一小时",
    ),
    "sensor": (
        "传感器显示有人其实没人",
        "传感器电池没电了",
        "传感器测不到人",
        "传感器坏了要更换",
    ),
    "login": ("单点登录无法登录", "登录密码邮件收不到", "登录页面一直循环", "登录账号被锁定了"),
}
BEFORE = ("", "Hello, ", "Since Monday ", "In our Berlin office ", "On the third floor ")
AFTER = ("", " and it is annoying", " please look into it", " on Android", " on my laptop", " 😀")
BEFORE_ZH = ("", "你好，", "从周一开始，", "我们上海办公室", "三楼")
AFTER_ZH = ("", "，很烦", "，请处理", "，安卓手机", "，每天早上都这样", "👍")
TOPICS = tuple(ENGLISH)


def feedback(n=900, *, seed=1, months=24, surge=None, chinese=0.35):
    """Return feedback_id, created_at, text, language and the planted topic.

    `surge` is (topic, first month): from then on the topic is three times as usual.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        month = int(rng.integers(months))
        weight = np.ones(len(TOPICS))
        if surge is not None and month >= surge[1]:
            weight[TOPICS.index(surge[0])] = 3.0
        topic = TOPICS[rng.choice(len(TOPICS), p=weight / weight.sum())]
        if rng.random() < chinese:
            parts, language = (BEFORE_ZH, CHINESE[topic], AFTER_ZH), "zh"
        else:
            parts, language = (BEFORE, ENGLISH[topic], AFTER), "en"
        text = "".join(str(rng.choice(part)) for part in parts)
        day = pd.Timestamp("2024-01-01", tz="UTC") + pd.DateOffset(months=month)
        rows.append(
            (f"f{i:05d}", day + pd.Timedelta(days=float(rng.random() * 28)), text, language, topic)
        )
    columns = ["feedback_id", "created_at", "text", "language", "truth"]
    return pd.DataFrame(rows, columns=columns)
