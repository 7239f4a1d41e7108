import gzip

import pytest

from insights.errors import DataError
from insights.ingest.encoding import decode, gunzip
from insights.ingest.reading import read_file

CHINESE = "编号,内容\n1,酒店的位置很好，服务不错，我们下次还会来\n2,房间太小了，但是干净\n"
FRENCH = "id,texte\n1,très déçu de la qualité\n2,livré à côté, génial\n"


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030"])
def test_chinese_text_is_read_in_every_common_encoding(codec):
    assert decode(CHINESE.encode(codec), "f")[0].lstrip("\ufeff") == CHINESE


def test_western_text_is_not_taken_for_chinese():
    text, notes = decode(FRENCH.encode("cp1252"), "f")
    assert text == FRENCH
    assert "cp1252" in notes[0].detail


def test_what_was_detected_is_said():
    assert "gb18030" in decode(CHINESE.encode("gb18030"), "f")[1][0].detail
    assert decode(CHINESE.encode(), "f")[1] == ()


def test_a_wrong_declared_encoding_is_one_clear_message():
    with pytest.raises(DataError, match=r"f: is not utf-8 text: byte 0x\w\w in line 1.*gb18030"):
        decode(CHINESE.encode("gb18030"), "f", "utf-8")


def test_a_few_broken_bytes_cost_their_records_only(tmp_path):
    good = "".join(f"{i},房间很好 {i}\n" for i in range(300))
    data = ("id,text\n" + good).encode() + b"300,bad \xff\xfe byte\n"
    path = tmp_path / "f.csv"
    path.write_bytes(data)
    raw = read_file(path)
    assert len(raw.frame) == 300
    assert raw.faults["reason"].tolist() == ["bytes that are not UTF-8"]
    assert raw.faults["line"].tolist() == [302]


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "a picture"),
        (b"%PDF-1.7 something", "a PDF"),
        (bytes(range(256)) * 8, "binary data"),
    ],
)
def test_what_is_no_table_is_refused(data, what):
    with pytest.raises(DataError, match=f"is not a table in text form; it is {what}"):
        decode(data, "f.csv")


def test_gzip_is_known_by_content_and_damage_is_refused():
    packed = gzip.compress(b"a,b\n1,2\n")
    assert gunzip(packed, "f") == b"a,b\n1,2\n"
    with pytest.raises(DataError, match="cut short or damaged"):
        gunzip(packed[:-9], "f")
