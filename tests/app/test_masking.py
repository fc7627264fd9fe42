"""Names and phones as everybody sees them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.register.masking import dialled, mask_name, mask_phone


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("张三", "张*"),
        ("张三丰", "张**"),
        ("张 三", "张*"),
        ("张", "*"),
        ("欧阳修", "欧阳*"),
        ("欧阳修文", "欧阳**"),
        ("諸葛孔明", "諸葛**"),
        ("欧阳", "欧*"),
        ("赵示例000001", "赵**"),
        ("买买提·艾山", "买**·艾*"),
        ("阿不都热合曼•买合买提", "阿**·买**"),
        ("John Smith", "J*** S***"),
        ("Jean-Luc  Picard", "J*** P***"),
        ("O", "O***"),
        ("Ольга Иванова", "О*** И***"),
        ("", ""),
        (" · ", ""),
    ],
)
def test_a_name_keeps_its_surname_alone(name, masked):
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("13812345678", "138****5678"),
        ("+86 138-1234-5678", "138****5678"),
        ("１３８１２３４５６７８", "138****5678"),
        ("0536-8234567", "0536****4567"),
        ("(010) 8234 5678", "010****5678"),
        ("010-82345678转801", "010****5678"),
        ("000-0001-2345", "000****2345"),
        ("8234567", "****567"),
        ("661234", "****234"),
        ("12345", "****45"),
        ("110", "****"),
        ("+1 415 555 2671", "+****2671"),
        ("0044 20 7946 0958", "+****0958"),
        ("无", "****"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_a_phone_keeps_its_ends_alone(phone, masked):
    assert mask_phone(phone) == masked


@given(st.text(max_size=30))
def test_no_name_is_shown_whole(name):
    masked = mask_name(name)
    if kept := "".join(name.split()).strip("·•・‧．*"):
        assert masked != kept
        assert "*" in masked


@given(st.text(alphabet="0123456789+- ()转", max_size=24))
def test_at_least_four_digits_or_all_are_hidden_of_any_number(phone):
    digits, shown = dialled(phone).removeprefix("+"), mask_phone(phone).replace("*", "").removeprefix("+")
    assert len(digits) - len(shown) >= min(len(digits), 3)
