"""The codebook: what is refused, with its line, and what a valid one does."""

import pytest

from insights.analyses import topics
from insights.analyses.topics.codebook import known_topics, refuse
from insights.analyses.topics.curation import holds
from insights.errors import ParamsError
from insights.run.plan import ANALYSES, module_alone

KNOWN = {"0": "kept", "1": "new", "3": "kept", "7": "kept", "12": "gone"}


def read(tmp_path, text, known=KNOWN):
    path = tmp_path / "demo.codebook.yml"
    path.write_text(text, encoding="utf-8")
    return topics.Codebook.of(path, known)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("topics:\n  '37': {label: x}\n",
         r"demo\.codebook\.yml:2: topic '37' is not in the registry\. Did you mean '[37]'\?"),
        ("topics:\n  '3':\n    lable: x\n",
         r"yml:3: 'topics\.3\.lable' is unknown\. Did you mean 'label'\?"),
        ("topics:\n  '3': {label: x}\n  '3': {label: y}\n",
         r"yml:3: 'topics\.3' is given twice \(first in line 2\)"),
        ("topics:\n  '3':\n    merges: ['0', '99']\n", r"yml:3: topic '99' is not in the registry"),
        ("topics:\n  '3': {merges: ['0']}\n  '1': {merges: ['0']}\n",
         r"yml:3: topic '0' is merged into '3' already"),
        ("topics:\n  '3': {merges: ['0']}\n  '0': {merges: ['3']}\n",
         r"yml:3: topic '3' cannot be merged into '0': that goes round in a circle"),
        ("topics:\n  '3':\n    pins:\n      - {record: a, text: b}\n",
         r"yml:4: 'topics\.3\.pins\.0' is .*: a pin names either a record or a text"),
        ("topics:\n  '3': {pins: [{record: a}]}\n  '0': {pins: [{record: a}]}\n",
         r"yml:3: record 'a' is pinned to '3' already"),
        ("guided:\n  refunds: {label: Refunds}\n", r"yml:2: 'guided\.refunds\.seeds' is required"),
        ("guided:\n  '9': {seeds: [x]}\n", r"yml:2: a guided topic cannot be called '9'"),
        ("guided:\n  refunds: {seeds: [x], within: '44'}\n", r"yml:2: topic '44' is not in the"),
        ("topics: [\n", r"yml:2: not valid YAML"),
        ("- a\n", r"yml:1: a codebook is a mapping"),
        ("exclude:\n  words: ['']\n", r"yml:2: 'exclude\.words\.0' is ''"),
    ],
)  # fmt: skip
def test_a_fault_is_refused_with_its_line(tmp_path, text, message):
    with pytest.raises(ParamsError, match=message):
        read(tmp_path, text)


def test_every_fault_is_said_at_once(tmp_path):
    with pytest.raises(ParamsError) as refused:
        read(tmp_path, "topics:\n  '37': {}\n  '38': {}\n")
    assert len(str(refused.value).splitlines()) == 2


def test_without_a_registry_the_message_says_to_run_first(tmp_path):
    with pytest.raises(ParamsError, match="There is no registry yet: run the study once"):
        read(tmp_path, "topics: {'3': {label: x}}\n", known={})


def test_a_topic_that_is_gone_is_named_not_refused(tmp_path):
    found = read(tmp_path, "topics:\n  '3': {label: x}\n  '12': {label: y}\n")
    assert found.gone == {"12": 3}


def test_numbers_need_no_quotes_and_both_languages_make_a_label(tmp_path):
    found = read(tmp_path, "topics:\n  3: {label: Sync, label_zh: 同步, merges: [7]}\n")
    assert found.label("3") == "Sync / 同步" and found.label("0") == ""
    assert found.merges == {"7": "3"}


def test_chains_of_merges_are_followed(tmp_path):
    found = read(tmp_path, "topics:\n  3: {merges: [7]}\n  0: {merges: [3]}\n")
    assert found.merges == {"7": "0", "3": "0"}


def test_no_file_and_an_empty_file_decide_nothing(tmp_path):
    assert topics.Codebook.of(tmp_path / "none.yml", KNOWN).entries == {}
    assert read(tmp_path, "# nothing yet\n").entries == {}


def test_the_run_layer_validates_it_by_the_registry_on_disk(tmp_path):
    state = tmp_path / "topics.registry"
    state.mkdir()
    (state / "topics.csv").write_text("topic_id,kind,status\n3,found,kept\nrefunds,guided,kept\n")
    assert known_topics(state) == {"3": "kept", "refunds": "guided"}
    alone = module_alone(ANALYSES / "topics" / "codebook.py")
    said = alone.refuse("topics:\n  '4': {}\n", where="a.yml", state=tmp_path)
    assert said == refuse("topics:\n  '4': {}\n", where="a.yml", state=tmp_path)
    assert said[0].startswith("a.yml:2: topic '4' is not in the registry")


def test_words_match_at_their_start_in_latin_and_anywhere_in_chinese():
    pattern = holds(["refund", "退款"])
    assert pattern.search("refunded twice") and pattern.search("发票退款没有到账")
    assert not pattern.search("a prefund")
    assert not holds([]).search("anything")


@pytest.fixture(scope="module")
def first(bilingual):
    return topics.topic_model(bilingual, params=topics.Params())


def rerun(bilingual, first, tmp_path, text):
    codebook = read(tmp_path, text, first.registry.known)
    found = topics.topic_model(
        bilingual, params=topics.Params(), before=first.registry, codebook=codebook
    )
    return found, found.documents.set_index("feedback_id")["topic_id"]


def test_labels_merges_pins_exclusions_and_guided_topics_are_applied(bilingual, first, tmp_path):
    was = first.documents.set_index("feedback_id")["topic_id"]
    stays = ~bilingual.set_index("feedback_id")["text"].str.contains("on my laptop|battery|电池")
    pinned = was.index[(was == "2") & stays[was.index]][1]
    battery = bilingual[bilingual["text"].str.contains("battery|电池")]["feedback_id"]
    home = was[battery].mode()[0]
    others = [name for name in ("0", "1", "2", "3", "4") if name != home]
    text = (
        f"topics:\n  '{others[0]}':\n    label: Ours\n    label_zh: 我们的\n    owner: the desk\n"
        f"    merges: ['{others[1]}']\n    pins: [{{record: {pinned}}}]\n"
        f"guided:\n  battery: {{label: Battery, seeds: [battery, 电池], within: '{home}'}}\n"
        f"exclude: {{records: [f00001], words: [on my laptop]}}\n"
    )
    found, now = rerun(bilingual, first, tmp_path, text)
    table = found.table().set_index("topic_id")
    assert table.loc[table["owner"] != "", "owner"].to_dict() == {others[0]: "the desk"}
    assert "owner: the desk" in topics.topic_cards(found).html()
    assert table.at[others[0], "label"] == "Ours / 我们的"
    assert not (now == others[1]).any() and table.at[others[1], "status"] == "merged"
    assert now[pinned] == others[0]
    kept = [name for name in battery if name in now.index and was[name] == home]
    assert (now[kept] == "battery").mean() > 0.9
    assert set(was[now.index[now == "battery"]]) == {home}
    out = bilingual["text"].str.contains("on my laptop") | (bilingual["feedback_id"] == "f00001")
    assert set(bilingual["feedback_id"]) - set(now.index) == set(bilingual.loc[out, "feedback_id"])
    assert found.n == len(bilingual) - out.sum() and out.sum() > 1
    said = next(c for c in found.events.checks if c.name == "people's decisions")
    decided = f"1 guided topics, 1 topics counted as others, {out.sum()} records excluded"
    assert said.detail == decided


@pytest.mark.slow
def test_a_decision_that_is_taken_back_leaves_no_trace(bilingual, first, tmp_path):
    text = "topics:\n  '0': {label: Mine, merges: ['1']}\nguided: {cold: {seeds: [battery]}}\n"
    decided, _ = rerun(bilingual, first, tmp_path, text)
    again = topics.topic_model(bilingual, params=topics.Params(), before=decided.registry)
    assert not decided.documents.equals(first.documents)
    assert again.documents.equals(first.documents)
    assert again.topics["label"].tolist() == first.topics["label"].tolist()


def test_a_gone_topic_in_the_codebook_is_a_doubt_on_the_page(bilingual, first, tmp_path):
    known = {**first.registry.known, "99": "gone"}
    codebook = read(tmp_path, "topics:\n  '99': {label: Old}\n", known)
    found = topics.topic_model(
        bilingual, params=topics.Params(), before=first.registry, codebook=codebook
    )
    assert "gone or merged: topic 99 (line 2)" in found.events.text()
