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


def test_lines_of_an_older_encoding_among_utf8_are_read_and_said():
    line = "Größe fällt kleiner aus\n"
    text, notes = decode(line.encode() * 20 + line.encode("cp1252") * 20, "f")
    assert text == line * 40
    assert "20 lines, the first of them line 21, are read as cp1252" in notes[0].detail


@pytest.mark.parametrize("codec", ["cp1252", "mac_roman", "cp850", "cp1250"])
def test_western_and_eastern_letters_find_their_encoding(codec):
    german = "Schon wieder eine Preiserhöhung ohne Ankündigung, Größe fällt kleiner aus\n" * 20
    polish = "Aplikacja nie działa, błąd przy płaceniu, proszę o zwrot pieniędzy, źle się\n" * 20
    text = polish if codec == "cp1250" else german
    assert decode(text.encode(codec), "f")[0] == text


def test_a_zero_byte_is_dropped_and_its_line_named():
    text, notes = decode(b"a,b\n" + b"1,x\n" * 5000 + b"2,y\x00z\n", "f")
    assert text.endswith("2,yz\n")
    assert "line 5002" in notes[0].detail


def test_text_that_was_read_in_a_wrong_encoding_before_is_said():
    text = "Ich wünsche mir “mehr” Größe".encode().decode("cp1252", "replace")
    assert [note.check for note in decode(text.encode(), "f")[1]] == ["mojibake"]
    assert decode("« passé », “é”… NÃO SÃO às".encode(), "f")[1] == ()


@pytest.mark.parametrize(
    "text", ["12,50 €;5 €\n", "c’est l’été – déjà\n", "20 °C; 5 £; naïve “yes”\n"]
)
def test_signs_beside_figures_and_quotation_marks_are_those_of_windows(text):
    assert decode((text * 20).encode("cp1252"), "f")[0] == text * 20
