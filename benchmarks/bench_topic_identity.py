"""How many records keep their topic when data grow month by month.

Peer: what everyone does without a registry, a fresh fit whose topics are matched to the last
run's by the records they share (optimal assignment). Both use the same fits, so the only
difference is whether the old partition is carried over. A partition that never changes keeps
every record and is worthless, so the table also shows how well it still fits: its modularity in
this month's graph over that of the fresh cut.

    python benchmarks/bench_topic_identity.py airline [--months 36] [--read]
    python benchmarks/bench_topic_identity.py demo --feedback FILE [--months 12] [--read]

`airline` needs INSIGHTS_TEST_DATA; FILE is tables/feedback.parquet of the demo's collect notebook.
`--read` prints records of every new, split, merged or gone topic.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from insights.analyses import topics
from insights.analyses.topics import model as topic_modelling
from insights.analyses.topics.tracking import Fit, Update
from insights.stats.partitions import matched


@dataclass
class Peer:
    """Fresh fits matched to one another; watches the fits that the model makes."""

    ids: dict[str, int] = field(default_factory=dict)
    unused: int = 0
    kept: float = float("nan")
    fit: float = float("nan")

    def watch(self, fit: Fit, texts: list[str], update: Update) -> None:
        """Match this fresh fit to the last one, and note how well the carried one still fits."""
        then = np.array([self.ids.get(text, -2) for text in texts])
        groups = int(fit.fresh.topics.max()) + 1
        partner = np.full(groups, -1)
        if (then >= 0).any():
            codes = np.unique(then[then >= 0])
            old = np.where(then >= 0, np.searchsorted(codes, np.maximum(then, 0)), -1)
            partner = matched(old, fit.fresh.topics)
            partner = np.where(partner >= 0, codes[partner], -1)
        fresh = partner < 0
        partner[fresh] = self.unused + np.arange(fresh.sum())
        self.unused += int(fresh.sum())
        now = np.append(partner, -1)[fit.fresh.topics]
        self.kept = float((now == then)[then > -2].mean()) if (then > -2).any() else float("nan")
        self.ids = dict(zip(texts, now.tolist(), strict=True))
        self.fit = modularity(fit.links, update.found.topics) / modularity(
            fit.links, fit.fresh.topics
        )


def modularity(links, labels: np.ndarray) -> float:
    """Newman's modularity at resolution 1; unexplained texts are topics of their own."""
    labels = np.where(labels < 0, labels.max() + 1 + np.arange(len(labels)), labels)
    degree = np.asarray(links.sum(axis=1)).ravel()
    total = degree.sum()
    rows = np.repeat(np.arange(len(labels)), np.diff(links.indptr))
    inside = links.data[labels[rows] == labels[links.indices]].sum()
    return float(inside / total - (np.bincount(labels, weights=degree) ** 2).sum() / total**2)


def airline() -> pd.DataFrame:
    """Reviews of British Airways with their dates."""
    folder = Path(os.environ["INSIGHTS_TEST_DATA"]) / "ba_airline_reviews"
    raw = pd.read_csv(next(folder.glob("*.csv.gz")))
    return pd.DataFrame(
        {
            "feedback_id": raw["ReviewID"].astype(str),
            "text": raw["ReviewBody"],
            "created_at": pd.to_datetime(raw["review_date"], utc=True),
        }
    )


def read(model, feedback: pd.DataFrame, topic_id: str, count: int = 8) -> None:
    """Print some records of a topic."""
    mine = model.documents.loc[model.documents["topic_id"] == topic_id, "feedback_id"]
    rows = feedback[feedback["feedback_id"].isin(mine)]
    for row in rows.sample(min(count, len(rows)), random_state=1).itertuples():
        print(f"      {str(row.created_at)[:10]} {' '.join(str(row.text).split())[:230]}")


def grow(feedback: pd.DataFrame, cuts: list[pd.Timestamp], *, show: bool) -> pd.DataFrame:
    """Run the model on all that came before each cut, handing the registry on."""
    peer, registry, last = Peer(), topics.Registry(), None
    follow = topic_modelling.follow

    def watched(last, fit, texts, embed, **fingerprints):
        update = follow(last, fit, texts, embed, **fingerprints)
        peer.watch(fit, list(texts), update)
        return update

    topic_modelling.follow = watched
    rows = []
    for cut in cuts:
        part = feedback[feedback["created_at"] < cut]
        started = time.process_time()
        model = topics.topic_model(part, params=topics.Params(), before=registry)
        seconds = time.process_time() - started
        kept = float("nan")
        if last is not None:
            both = last.merge(model.documents, on="feedback_id", suffixes=("", "_now"))
            kept = float((both["topic_id"] == both["topic_id_now"]).mean())
        changes = model.events.events
        changes = changes[(changes["event"] != "kept") & (registry.run > 0)]
        rows.append(
            {
                "before": str(cut)[:10],
                "records": len(part),
                "kept": kept,
                "peer_kept": peer.kept,
                "topics": len(model.topics),
                "fit": peer.fit,
                "events": "; ".join(
                    f"{row.level} {row.topic_id} {row.event} {row.other_id}".strip()
                    for row in changes.itertuples()
                ),
                "cpu_s": seconds,
            }
        )
        print({key: round(v, 4) if isinstance(v, float) else v for key, v in rows[-1].items()},
              flush=True)  # fmt: skip
        for row in changes[changes["level"] == "topic"].itertuples() if show else ():
            print(f"   {row.event} {row.topic_id} “{row.label}” / {row.other_id}: {row}")
            for name in filter(None, (row.topic_id, row.other_id)):
                print(f"    records of {name}:")
                read(model, part, name)
        registry = topics.Registry.of(model.registry.files())
        last = model.documents
    return pd.DataFrame(rows)


def main() -> None:
    """Print the table and the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", choices=("airline", "demo"))
    parser.add_argument("--feedback", type=Path)
    parser.add_argument("--months", type=int)
    parser.add_argument("--read", action="store_true")
    parser.add_argument("--share", type=float, default=1.0, help="seeded sample of the records")
    options = parser.parse_args()
    if options.data == "airline":
        feedback, months = airline(), options.months or 36
        first = pd.Timestamp("2018-01-01", tz="UTC")
    else:
        feedback, months = pd.read_parquet(options.feedback), options.months or 12
        feedback["feedback_id"] = feedback["feedback_id"].astype(str)
        end = feedback["created_at"].max().tz_localize(None).to_period("M").to_timestamp()
        first = (end + pd.DateOffset(months=1 - months)).tz_localize("UTC")
    feedback = feedback.sample(frac=options.share, random_state=7).sort_values("feedback_id")
    cuts = [first + pd.DateOffset(months=k) for k in range(months + 1)]
    table = grow(feedback, cuts, show=options.read)
    grown = table.iloc[1:]
    for name in ("kept", "peer_kept", "fit"):
        values = grown[name]
        print(f"{name}: median {values.median():.4f}, least {values.min():.4f}")


if __name__ == "__main__":
    main()
