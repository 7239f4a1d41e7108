"""Phone numbers in feedback: recall and precision of ours beside phonenumbers, on planted texts.

phonenumbers is no dependency: put it on the path. Feedback does not say its country, so that the
peer sees international numbers alone without a region, and is asked for each of ten with them.
"""

import random
import re
import sys
import time

import pandas as pd

from insights.enrich.privacy import redact_text

REGIONS = ["US", "CN", "GB", "DE", "FR", "JP", "IN", "BR", "AU", "ES"]
EACH, SEED = 60, 1
DRAW = random.Random(SEED)


def digits(n: int, low: int = 0) -> str:
    return "".join(str(DRAW.randint(low if i == 0 else 0, 9)) for i in range(n))


def spanish() -> str:
    start = DRAW.choice(["6", "91", "93", "95"])
    return start + digits(9 - len(start))


# name: country code, trunk prefix, national number, groups in which it is written
PLANS = {
    "US": ("1", "", lambda: DRAW.choice(["212", "415", "312", "617"]) + digits(1, 2) + digits(6),
           [(3, 3, 4)]),
    "CN mobile": ("86", "", lambda: DRAW.choice(["138", "150", "186"]) + digits(8), [(3, 4, 4)]),
    "CN": ("86", "0", lambda: DRAW.choice(["10", "21", "20"]) + digits(8, 2), [(2, 4, 4), (2, 8)]),
    "GB mobile": ("44", "0", lambda: "7" + DRAW.choice(["700", "911", "812"]) + digits(6),
                  [(4, 6), (4, 3, 3)]),
    "GB": ("44", "0", lambda: "20" + DRAW.choice("378") + digits(7), [(2, 4, 4)]),
    "DE mobile": ("49", "0", lambda: DRAW.choice(["151", "160", "170", "176"]) + digits(8, 1),
                  [(3, 8), (3, 4, 4)]),
    "DE": ("49", "0", lambda: DRAW.choice(["30", "40", "89"]) + digits(8, 2), [(2, 8), (2, 4, 4)]),
    "FR mobile": ("33", "0", lambda: DRAW.choice("67") + digits(8), [(1, 2, 2, 2, 2)]),
    "FR": ("33", "0", lambda: DRAW.choice("1245") + digits(8), [(1, 2, 2, 2, 2)]),
    "JP mobile": ("81", "0", lambda: DRAW.choice(["90", "80", "70"]) + digits(8, 2), [(2, 4, 4)]),
    "JP": ("81", "0", lambda: "3" + DRAW.choice("356") + digits(7), [(1, 4, 4)]),
    "IN": ("91", "", lambda: DRAW.choice("9876") + digits(9), [(5, 5), (10,)]),
    "BR": ("55", "", lambda: DRAW.choice(["11", "21", "31"]) + "9" + digits(8, 6), [(2, 5, 4)]),
    "AU": ("61", "0", lambda: "4" + digits(8, 1), [(3, 3, 3)]),
    "ES": ("34", "", spanish, [(3, 3, 3), (3, 2, 2, 2)]),
}  # fmt: skip
STYLES = ("national", "national, as one", "international", "international, as one", "after 'call'")
PLAIN = (
    "The app crashed again, {} is my number.",
    "Nobody rang back. {}",
    "You can reach me under {} after five",
    "My number {} has changed but the profile still shows the old one",
    "已经等了一周了，{}请尽快联系",
)
CALLED = ("Please call {} as soon as you can.", "phone: {}", "我的电话是{}，麻烦回电")


def planted() -> pd.DataFrame:
    rows = []
    for plan, (country, trunk, make, groups) in PLANS.items():
        for _ in range(EACH):
            number, style = make(), DRAW.choice(STYLES)
            ends = iter(DRAW.choice(groups))
            parts, rest = [], number
            for width in ends:
                parts, rest = [*parts, rest[:width]], rest[width:]
            apart = DRAW.choice(" -.").join(parts)
            written = {
                "national": trunk + apart,
                "national, as one": trunk + number,
                "international": f"+{country} {apart.replace('.', ' ')}",
                "international, as one": f"+{country}{number}",
                "after 'call'": trunk + apart,
            }[style]
            text = DRAW.choice(CALLED if style == STYLES[-1] else PLAIN).format(written)
            rows.append((plan[:2], style, number, text))
    return pd.DataFrame(rows, columns=["country", "style", "number", "text"])


def without() -> list[str]:
    """Numbers of orders, parcels, products, prices, dates and builds."""
    forms = (
        lambda: f"order {digits(14, 1)} never came",
        lambda: f"订单号:{digits(11, 1)}",
        lambda: f"tracking number {digits(12, 1)}",
        lambda: f"paid ${digits(1, 1)},{digits(3)}.{digits(2)} on 2024-03-1{digits(1)} at 11:35",
        lambda: f"SKU {digits(11, 1)}",
        lambda: f"build {digits(1)}.{digits(3, 1)}.{digits(1)} ({digits(5, 1)}) crashes",
        lambda: f"the id {digits(16, 1)} is mine",
        lambda: f"invoice {digits(4, 1)}-{digits(4)}-{digits(3)} is wrong",
        lambda: f"ISBN 978-{digits(1)}-{digits(3)}-{digits(5)}-{digits(1)}",
        lambda: f"price {digits(4, 1)}-{digits(4, 1)}, {digits(4, 1)}-{digits(4, 1)} rpm",
        lambda: f"ref. {digits(3, 1)} {digits(3)} {digits(4)}",
        lambda: f"account {digits(10, 1)} was closed",
        lambda: f"batch 0{digits(9, 1)} is broken",
        lambda: f"flight BA {digits(4, 1)} on 12.03.2024 {digits(2, 1)}:15",
        lambda: f"serial no {digits(3, 1)}-{digits(3)}-{digits(4)}",
        lambda: f"资产编号{digits(10, 1)}坏了",
        lambda: f"won {digits(3, 1)} {digits(3)} {digits(3)} EUR last year",
    )
    return [form() for form in forms for _ in range(150)]


def ours(text: str) -> tuple[str, int]:
    out, counts = redact_text(text)
    return out, sum(counts)


def peer(regions: list, leniency: str):
    import phonenumbers

    def found(text: str) -> tuple[str, int]:
        spans = set()
        for region in regions:
            matches = phonenumbers.PhoneNumberMatcher(
                text, region, leniency=getattr(phonenumbers.Leniency, leniency)
            )
            spans |= {(match.start, match.end) for match in matches}
        for start, end in sorted(spans, reverse=True):
            text = f"{text[:start]}[phone]{text[end:]}"
        return text, len(spans)

    return found


def main() -> None:
    texts, others = planted(), without()
    ways = {"ours": ours}
    try:
        ways |= {
            "phonenumbers, no region": peer([None], "VALID"),
            "phonenumbers, ten regions": peer(REGIONS, "VALID"),
            "phonenumbers, ten, strict groups": peer(REGIONS, "STRICT_GROUPING"),
        }
    except ModuleNotFoundError:
        print("phonenumbers is not on the path, so it is not shown", file=sys.stderr)
    for name, way in ways.items():
        begun = time.process_time()
        hits = [
            row.number[-7:] not in re.sub(r"\D", "", way(row.text)[0]) for row in texts.itertuples()
        ]
        each = (time.process_time() - begun) / len(texts) * 1e6
        false = sum(way(text)[1] > 0 for text in others)
        table = texts.assign(hit=hits)
        print(f"{name}: recall {table['hit'].mean():.3f}, precision "
              f"{sum(hits) / (sum(hits) + false):.3f} ({false} of {len(others)} texts without a "
              f"number), {each:.0f} CPU us a text; "
              f"{table.groupby('style')['hit'].mean().round(2).to_dict()}")  # fmt: skip


if __name__ == "__main__":
    main()
