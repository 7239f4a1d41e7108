"""Labels that people gave, from one run to the next: read off the records that carry them."""

from __future__ import annotations

import pandas as pd

from insights.analyses.topics.continuity import Continuity
from insights.analyses.topics.registry import Registry, digest, text_key
from insights.analyses.topics.succession import LISTED, Succession, registry_rows, shown, typed

__all__ = ["succeed_given"]

_RENAMED = 0.6  # share of a label's records under another label from which it went over into it


def succeed_given(identity: Continuity, documents: pd.DataFrame, table: pd.DataFrame) -> Succession:
    """Say what became of labels that people give: by the records that carry them.

    A label that is gone was merged into the one that holds at least .6 of its records now; a new
    label was split off, or is another's new name, when at least .6 of its known records carried
    that one before. Records are known by their feedback_id.
    """
    before = identity.registry
    was = before.topics.set_index("topic_id")
    keys = pd.DataFrame(
        {
            "key": [text_key(name) for name in documents["feedback_id"]],
            "part_id": documents["topic_id"].where(documents["topic_id"] != "-1", ""),
            "founding": 1,
        }
    ).sort_values("key", ignore_index=True)
    data = digest([f"{row.key} {row.part_id}" for row in keys.itertuples()])
    both = keys.merge(before.records[["key", "part_id"]], on="key", suffixes=("", "_then"))
    flow = pd.crosstab(both["part_id_then"], both["part_id"])
    same = not before.empty and before.data == data and before.settings == identity.settings
    status, origin, events = _given_flow(flow, table, was)
    if same:
        status, origin = was["status"].to_dict(), was["matched_from"].to_dict()
        events = before.events[before.events["run"] == before.run].drop(columns="run")
    frame = pd.DataFrame(events).reindex(columns=before.events.columns)
    frame = frame.assign(run=before.run if same else before.run + 1, level="topic")
    names = [*table["topic_id"], *(name for name in was.index if _alive(was, name))]
    rows = registry_rows(table, was, names, status=status, origin=origin,
                          codebook=identity.codebook).assign(kind="given")  # fmt: skip
    labels = dict(zip(rows["topic_id"], rows["label"], strict=True))
    frame["label"] = [labels.get(name, "") for name in frame["topic_id"]]
    frame = typed(frame, before.events.dtypes)
    others = before.topics[~before.topics["topic_id"].isin(rows["topic_id"])]
    whole = pd.concat([rows.assign(next_part=0), others])
    changes = before.events[before.events["event"] != "kept"]
    registry = before if same else Registry(
        run=before.run + 1, next_topic=before.next_topic, settings=identity.settings, data=data,
        topics=whole.sort_values("topic_id", ignore_index=True), records=keys.head(LISTED),
        events=pd.concat([changes, frame], ignore_index=True),
    )  # fmt: skip
    ended = rows[(rows["n"] == 0) & ~rows["topic_id"].isin(table["topic_id"])]
    live, ended = (
        shown(part, table, codebook=identity.codebook, status=status, origin=origin)
        for part in (table, ended)
    )
    return Succession(live, ended, frame.reset_index(drop=True), registry)


def _alive(was: pd.DataFrame, name: str) -> bool:
    return was.at[name, "status"] not in ("gone", "merged")


def _given_flow(flow: pd.DataFrame, table: pd.DataFrame, was: pd.DataFrame):
    """Read off where the records of each label went, and where those of new ones came from."""
    n = dict(zip(table["topic_id"], table["n"], strict=True))
    status: dict[str, str] = {}
    origin: dict[str, str] = {}
    events = []
    for name in (name for name in was.index if _alive(was, name)):
        out = flow.loc[name] if name in flow.index else pd.Series(dtype=int)
        total, into = int(out.sum()), str(out.idxmax()) if len(out) else ""
        went = total and into not in ("", name) and out.max() / total >= _RENAMED
        kind = "kept" if name in n else "merged" if went and into in was.index else "gone"
        status[name], origin[name] = kind, name if kind == "kept" else ""
        if kind == "merged":
            status[into] = "merged"
            origin[into] = f"{into}, {name}"
        events.append({"event": kind, "topic_id": name, "n_before": was.at[name, "n"],
                       "n_now": n.get(name, 0), "shared": int(out.get(name, 0)),
                       "other_id": into if kind == "merged" else "",
                       "n_moved": total - int(out.get(name, 0))})  # fmt: skip
    for name in table["topic_id"]:
        if name in was.index and _alive(was, name):
            continue
        came = flow[name] if name in flow else pd.Series(dtype=int)
        total, source = int(came.sum()), str(came.idxmax()) if len(came) else ""
        held = total and source not in ("", name) and came.max() / total >= _RENAMED
        kind = "split" if held and source in n else "new"
        status[name], origin[name] = kind, source if held else ""
        events.append({"event": kind, "topic_id": name, "n_now": n[name], "n_moved": total,
                       "other_id": source if held else ""})  # fmt: skip
    return status, origin, events
