"""A claim: one thing that a result says and somebody can act on, and the step its numbers allow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any, Literal

__all__ = ["LIKELY", "SURE", "WORTH", "Claim", "Step", "unknown"]

Step = Literal["do", "watch", "leave"]
SURE = 0.95  # certainty from which something is shown
WORTH = 0.01  # part of the whole at stake below which nothing is worth a step
LIKELY = 0.75  # chance of paying from which an offer that may lose is worth a trial


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A sentence with its number, and what is at stake in it.

    Attributes
    ----------
    key
        What it is about, the same in every run: the id of a topic, an initiative, a series.
    text, doubt
        One sentence with interval and n, and the one doubt that would change the decision.
    act
        What it asks for where it is shown: 'mend' what is worse, 'start' what is better, or only
        'know' it.
    estimate, low, high, level, unit, n
        The number with its interval, `nothing` being the value at which nothing changed; not a
        number: cannot tell.
    whole
        What is all there is, in the same unit: 1 of a share, 2 of a score from -1 to 1.
    better
        The way of the number that is good news: 'up', 'down' or 'neither'.
    chance
        Chance that it holds, where that is known otherwise than by the interval, such as 1 - q
        of one among many; not a number: by the interval.
    main
        Whether it answers the question of its notebook, so that it is told also where nothing is
        shown.
    data
        Whether it is about the data rather than about what they say.
    topics
        Ids of the topics that it is about.
    """

    key: str
    text: str
    n: int
    act: Literal["mend", "start", "know"] = "know"
    estimate: float = math.nan
    low: float = math.nan
    high: float = math.nan
    level: float = 0.95
    unit: str = ""
    nothing: float = 0.0
    whole: float = 1.0
    better: Literal["up", "down", "neither"] = "neither"
    chance: float = math.nan
    doubt: str = ""
    since: str = ""
    money: float = math.nan
    owner: str = ""
    records: dict[str, Any] = field(default_factory=dict)
    topics: tuple[str, ...] = ()
    main: bool = False
    data: bool = False

    @property
    def known(self) -> bool:
        """Whether there is a number with an interval at all."""
        return all(map(math.isfinite, (self.estimate, self.low, self.high)))

    @property
    def certainty(self) -> float:
        """Chance that the number lies on the side of `nothing` where its estimate does."""
        if math.isfinite(self.chance) or not self.known:
            return self.chance
        up = self.estimate > self.nothing
        half = self.estimate - self.low if up else self.high - self.estimate
        if half <= 0:
            return 1.0 if self.estimate != self.nothing else 0.5
        z = NormalDist().inv_cdf(0.5 + self.level / 2) * abs(self.estimate - self.nothing) / half
        return NormalDist().cdf(z)

    @property
    def shown(self) -> bool:
        """Whether the interval leaves `nothing` out, and few others tested could be chance."""
        apart = self.low > self.nothing or self.high < self.nothing
        return self.known and apart and self.certainty >= SURE

    @property
    def open(self) -> bool:
        """Whether nothing is shown and yet the interval reaches what would be worth a step."""
        return self.known and not self.shown and self.most >= WORTH

    @property
    def most(self) -> float:
        """The bound farthest from `nothing`, as a part of the whole."""
        return max(abs(end - self.nothing) for end in (self.low, self.high)) / self.whole

    @property
    def direction(self) -> Literal["better", "worse", "none"]:
        """Whether what is shown is good news."""
        if not self.shown or self.better == "neither":
            return "none"
        return "better" if (self.estimate > self.nothing) == (self.better == "up") else "worse"

    @property
    def stake(self) -> float:
        """What is at stake at least: the bound nearest to `nothing`, as a part of the whole."""
        if not self.shown:
            return 0.0
        return min(min(abs(end - self.nothing) for end in (self.low, self.high)) / self.whole, 1.0)

    def next_step(self, *, doubted: bool = False) -> Step:
        """Return do, watch or leave; never do where a check that touches it failed.

        Do: shown to be worse (or, of an offer, better) and its near bound is worth it. Watch:
        shown, but perhaps too small, doubted, or neither good nor bad; an offer that likely pays
        and may lose. Leave: not shown, good news, or too small even at the far bound.
        """
        if self.act == "start":
            if self.direction == "better" and self.stake >= WORTH and not doubted:
                return "do"
            likely = self.known and self.estimate > self.nothing and self.certainty >= LIKELY
            return "watch" if likely else "leave"
        if not self.shown or self.direction == "better" or self.most < WORTH:
            return "leave"
        wanted = self.act == "mend" and self.direction == "worse"
        return "do" if wanted and self.stake >= WORTH and not doubted else "watch"

    def saved(self, finding: str, failed: Sequence[str] = ()) -> dict[str, Any]:
        """Return what results.json holds of it.

        Parameters
        ----------
        finding
            Id of the finding that makes the claim; its own id begins with it.
        failed
            The failed checks that touch it.
        """
        certainty = self.certainty
        return {
            "id": f"{finding}:{self.key}" if self.key else finding,
            "text": self.text,
            "doubts": [*failed, *filter(None, [self.doubt])],
            "failed": len(failed),
            "n": int(self.n),
            "estimate": self.estimate if self.known else None,
            "low": self.low if self.known else None,
            "high": self.high if self.known else None,
            "level": self.level,
            "unit": self.unit,
            "nothing": self.nothing,
            "direction": self.direction,
            "since": self.since or None,
            "certainty": round(certainty, 4) if math.isfinite(certainty) else None,
            "weight": round(self.stake * certainty, 6) if self.shown else 0.0,
            "money": self.money if math.isfinite(self.money) else None,
            "owner": self.owner or None,
            "records": self.records or None,
            "topics": list(self.topics),
            "next_step": self.next_step(doubted=bool(failed)),
            "act": self.act,
            "shown": self.shown,
            "open": self.open,
            "main": self.main,
            "data": self.data,
        }


def unknown(key: str, text: str, n: int = 0, *, topics: tuple[str, ...] = ()) -> Claim:
    """Return the claim that something cannot be told; `text` says what, and why."""
    return Claim(key=key, text=text, n=n, topics=topics, main=True)
