"""What names, passwords and texts may be."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornchat.domain import rules
from tornchat.domain.errors import InvalidValue

RULES: list[Callable[[object], str]] = [
    rules.check_username,
    rules.check_display_name,
    rules.check_room_name,
    rules.check_description,
    rules.check_body,
    rules.check_nonce,
    lambda value: rules.check_password(value, "ana"),
]
ANY_TEXT = st.text(st.characters(), max_size=80)


@pytest.mark.parametrize(
    "name", ["ana", "Ana.B-2_x", "Łukasz", "мария", "مريم", "अनिता", "田中", "a" * 32]
)
def test_usernames_of_all_scripts_are_taken(name: str) -> None:
    assert rules.check_username(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a",
        "a" * 33,
        "a b",
        " ana",
        "ana\n",
        "..",
        "__",
        "a/b",
        "a@b",
        "a\u202eb",
        "a\u200bb",
        "a\u200db",
        "a\u00adb",
        "a\u3164b",
        "a\ufe0fb",
        "\u0301a",
        "a\x00b",
        "😀😀",
        "\ud800a",
        None,
        7,
        ["ana"],
    ],
)
def test_a_username_that_could_mislead_is_refused(name: object) -> None:
    with pytest.raises(InvalidValue):
        rules.check_username(name)


def test_wide_letters_become_the_plain_ones() -> None:
    assert rules.check_username("\uff21\uff2e\uff21") == "ANA"


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ana", "aNA"), ("straße", "STRASSE"), ("\uff21na", "ana"), ("e\u0301va", "ÉVA")],
)
def test_spellings_of_one_name_have_one_key(one: str, other: str) -> None:
    assert rules.username_key(one) == rules.username_key(other)
    assert rules.room_key(one) == rules.room_key(other)


def test_room_names_that_look_alike_have_one_key() -> None:
    assert rules.room_key("Lob\u200dby") == rules.room_key("lobby\ufe0f")


@given(ANY_TEXT)
def test_the_key_of_a_key_is_itself(text: str) -> None:
    assert rules.username_key(rules.username_key(text)) == rules.username_key(text)
    assert rules.room_key(rules.room_key(text)) == rules.room_key(text)


@pytest.mark.parametrize("name", ["Ana B.", "👩‍👩‍👧", "می‌خواهم", "❤️", "a" * 64])
def test_names_to_be_shown_may_be_almost_anything_visible(name: str) -> None:
    assert rules.check_display_name(name) == name
    assert rules.check_room_name(name) == name


def test_spaces_in_names_are_put_in_order() -> None:
    assert rules.check_display_name("  Ana \t\n B\u00a0") == "Ana B"
    assert rules.check_room_name("Lobby\u3000two ") == "Lobby two"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "a" * 65,
        "\u200d",
        "\u2800",
        "\u3164",
        "a\u202eb",
        "a\u2066b",
        "a\u200eb",
        "a\x07b",
        "a\ufeffb",
        "\udfff",
        None,
    ],
)
def test_names_that_are_invisible_or_turn_text_around_are_refused(name: object) -> None:
    with pytest.raises(InvalidValue):
        rules.check_display_name(name)
    with pytest.raises(InvalidValue):
        rules.check_room_name(name)


def test_a_password_is_kept_as_it_is() -> None:
    assert rules.check_password("  pass wörd  ", "ana") == "  pass wörd  "


@pytest.mark.parametrize(
    "password", ["1234567", "x" * 257, "", None, 12345678, "Ana.Maria", "\ud800" * 9]
)
def test_a_password_that_is_short_or_endless_or_the_name_is_refused(password: object) -> None:
    with pytest.raises(InvalidValue):
        rules.check_password(password, "ana.maria")


def test_a_description_may_be_empty_and_have_lines() -> None:
    assert rules.check_description("") == ""
    assert rules.check_description("\n a\r\nb \n\n") == " a\nb "
    with pytest.raises(InvalidValue):
        rules.check_description("x" * 501)


@pytest.mark.parametrize(
    ("body", "clean"),
    [
        ("hi", "hi"),
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("\n \n    code\n\n", "    code"),
        ("a\x00b\x1bc\x7fd\x85e\tf", "abcde\tf"),
        ("a\u2028b", "a\u2028b"),
        ("x" * 10_000 + "\n\n", "x" * 10_000),
        ("😀" * 10_000, "😀" * 10_000),
        ("שלום \u202e", "שלום \u202e"),
    ],
)
def test_a_body_is_cleaned_and_otherwise_left_alone(body: str, clean: str) -> None:
    assert rules.check_body(body) == clean


@pytest.mark.parametrize(
    "body", ["", " \n\t\n", "\x00", "\u200b\u200d", "\u2800", "x" * 10_001, "\ud83d", None, {}]
)
def test_a_body_that_says_nothing_or_too_much_is_refused(body: object) -> None:
    with pytest.raises(InvalidValue):
        rules.check_body(body)


def test_an_error_says_what_to_do() -> None:
    with pytest.raises(InvalidValue) as refusal:
        rules.check_body("x" * 12_345)
    assert refusal.value.detail == "Shorten the message to 10,000 characters; it has 12,345."


@given(ANY_TEXT)
def test_a_clean_body_has_no_controls_and_stays_as_it_is(text: str) -> None:
    try:
        clean = rules.check_body(text)
    except InvalidValue:
        return
    assert not {c for c in clean if unicodedata.category(c) == "Cc"} - {"\n", "\t"}
    assert clean.strip("\n") == clean
    assert rules.check_body(clean) == clean
    clean.encode()


@pytest.mark.parametrize("rule", RULES)
@given(value=st.one_of(ANY_TEXT, st.none(), st.integers(), st.lists(st.text())))
def test_every_rule_gives_a_clean_value_or_says_no(
    rule: Callable[[object], str], value: object
) -> None:
    try:
        clean = rule(value)
    except InvalidValue:
        return
    clean.encode()
    assert rule(clean) == clean


@pytest.mark.parametrize("nonce", ["a", "0191-ab:c d~", "x" * 64])
def test_a_nonce_is_printable_ascii(nonce: str) -> None:
    assert rules.check_nonce(nonce) == nonce


@pytest.mark.parametrize("nonce", ["", "x" * 65, "é", "a\n", "a\tb", 5, None])
def test_any_other_nonce_is_refused(nonce: object) -> None:
    with pytest.raises(InvalidValue):
        rules.check_nonce(nonce)


@pytest.mark.parametrize(("text", "limit"), [(None, 50), ("1", 1), ("200", 200), ("9999", 200)])
def test_a_limit_has_a_default_and_a_most(text: str | None, limit: int) -> None:
    assert rules.limit_of(text, 50, 200) == limit


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "ten", "٣", "1" * 400, " 5"])
def test_a_limit_that_is_no_number_of_rows_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        rules.limit_of(text, 50, 200)
