"""YAML files: values, positions, and everything hostile refused with its line."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from streams.config_files.validation import validate
from streams.config_files.yamlfile import DEEPEST, LARGEST, Document, load, parse, read_text, spell
from streams.config_values import Part
from streams.errors import LONGEST_FAULT, Fault
from tests.steps import steps


def only_fault(text: str) -> str:
    document = parse(text, "f.yaml")
    assert len(document.faults) == 1, document.faults
    return str(document.faults[0])


def test_every_key_and_member_knows_its_line() -> None:
    document = parse("a:\n  b: 1\n  c:\n    - x\n    -\n      d: y\n", "f.yaml")
    assert document.value == {"a": {"b": 1, "c": ["x", {"d": "y"}]}}
    assert document.line(("a", "b")) == 2
    assert document.line(("a", "c", 0)) == 4
    assert document.line(("a", "c", 1, "d")) == 6


def test_a_path_that_is_not_there_has_the_line_of_the_nearest_key_above() -> None:
    assert parse("a:\n  b: 1\n", "f.yaml").line(("a", "missing", 3)) == 1


def test_plain_words_are_those_of_yaml_1_2() -> None:
    text = "[no, on, y, true, ~, 12:30, 2026-03-07, 0o14, 0x1F, 1_000, -5, 1.5, 1e3, '7', !!str 8]"
    assert parse(text, "f").value == [
        "no", "on", "y", True, None, "12:30", "2026-03-07", "0o14", "0x1F", "1_000", -5, 1.5, 1000.0, "7", "8",
    ]  # fmt: skip


def test_an_endless_number_stays_text() -> None:
    assert parse("a: " + "9" * 5000, "f").value == {"a": "9" * 5000}


def test_a_key_given_twice_is_named_with_both_lines() -> None:
    assert only_fault("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n") == (
        "f.yaml:5: b.c: the key is given here and in line 3; keep one"
    )


def test_a_key_given_twice_with_values_below_keeps_the_first() -> None:
    document = parse("a: {b: 1}\na: {b: 2, c: [3]}\nd: 4\n", "f")
    assert document.value == {"a": {"b": 1}, "d": 4}


TAG = (
    "f.yaml:1: a: a tag (`!name`) is not taken; write a plain value, in quotation marks if it begins with `!`"
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a:\n\tb: 1\n", "f.yaml:2: a tab stands where YAML wants spaces"),
        ("a: &x [1]\nb: *x\n", "f.yaml:2: aliases (`*name`) are not taken"),
        ("a: !!python/object/apply:os.system [ls]\n", TAG),
        ("a: !include other.yaml\n", TAG),
        ("a: !!binary aGk=\n", TAG),
        ("a: !a-password\n", TAG),
        ("a: 1\n---\nb: 2\n", "f.yaml:2: a second document begins here"),
        ("? [a, b]\n: 1\n", "f.yaml:1: a key must be a word"),
        ("a: {b: 1\n", "f.yaml:2: it is not YAML"),
        ("a: 'open\n", "f.yaml:2: it is not YAML"),
        (
            "a: 'open\nb: 1\n",
            "f.yaml:3: it is not YAML: found unexpected end of stream while scanning a quoted scalar "
            "that begins in line 1",
        ),
        (
            "a: 1\nb: [1, 2\nc: 3\n",
            "f.yaml:3: it is not YAML: did not find expected ',' or ']' while parsing a flow sequence "
            "that begins in line 2",
        ),
        (
            "- a: 1\n  b: 2\n c: 3\n",
            "f.yaml:3: it is not YAML: did not find expected '-' indicator while parsing a block collection; "
            "indent it like",
        ),
        *(
            (
                f"a: {text}\nb: 1\n",
                f"f.yaml:1: it is not YAML: {problem}; a text that begins or goes on so wants",
            )
            for text, problem in (
                ('"b c" OR d', "did not find expected key while parsing a block mapping"),
                ("[b] OR c", "did not find expected key while parsing a block mapping"),
                ("@b", "found character that cannot start any token while scanning for the next token"),
            )
        ),
        (
            'a: "b\nc: "d"\n',
            "f.yaml:2: it is not YAML: did not find expected key while parsing a block mapping; indent it like",
        ),
        (
            "a: Ports: all\n",
            "f.yaml:1: it is not YAML: mapping values are not allowed in this context; a text with a colon",
        ),
        ("é: b\n\na: b\x00c\n", "f.yaml:3: it holds a character that YAML does not take (U+0000)"),
        ("{" + "a: {" * (DEEPEST + 1), f"f.yaml:1: it is nested deeper than {DEEPEST} levels"),
    ],
)
def test_what_is_refused_is_named_with_its_line(text: str, words: str) -> None:
    document = parse(text, "f.yaml")
    assert str(document.faults[0]).startswith(words)
    assert not document.readable


def test_an_alias_bomb_costs_nothing() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for previous, name in zip("abcdefghijklmnop", "bcdefghijklmnopq", strict=True):
        bomb += f"{name}: &{name} [{', '.join([f'*{previous}'] * 9)}]\n"
    assert "aliases" in only_fault(bomb)
    assert steps(lambda: only_fault(bomb)) < 10_000


def test_deep_nesting_is_refused_without_recursion() -> None:
    for text in ("[" * 100_000, "- " * 100_000, "{a: " * 100_000):
        assert not parse(text, "f").readable


def test_a_file_that_is_too_large_is_not_read(tmp_path: Any) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"#" * (LARGEST + 1))
    assert "more than" in str(load(path, "f.yaml").faults[0])


def test_bytes_that_are_not_utf_8_are_named_with_their_line(tmp_path: Any) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"a: 1\nb: \xff\n")
    assert str(load(path, "f.yaml").faults[0]) == "f.yaml:2: it is not UTF-8; save the file as UTF-8"


def test_utf_16_without_a_mark_is_named_though_its_bytes_are_utf_8(tmp_path: Any) -> None:
    (tmp_path / "f.txt").write_bytes("# names\ntruce".encode("utf-16-le"))
    assert read_text(tmp_path / "f.txt", "f.txt", 100) == Fault(
        "f.txt", 1, "", "it holds a NUL; save the file as UTF-8"
    )


def test_a_byte_order_mark_is_skipped(tmp_path: Any) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert load(path, "f.yaml").value == {"a": 1}


def test_a_missing_file_and_a_folder_are_faults(tmp_path: Any) -> None:
    assert "no such file" in str(load(tmp_path / "none.yaml", "none.yaml").faults[0])
    assert "not a file" in str(load(tmp_path, "folder").faults[0])


class Inner(Part):
    colour: str = ""
    size: int = Field(default=1, ge=1)


class Outer(Part):
    id: str
    inner: Inner = Inner()
    many: tuple[Inner, ...] = ()
    named: dict[str, Inner] = {}
    sure: bool = True


def complaints(text: str) -> list[str]:
    document = parse(text, "f.yaml")
    assert validate(document, Outer, document.value) is None
    return [str(fault) for fault in document.faults]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("inner: {}\n", "f.yaml:1: id: is missing"),
        ("id: 5\n", "f.yaml:1: id: must be text; put it into quotes"),
        ("id:\n", "f.yaml:1: id: has no value"),
        ("id: a\nmany:\n", "f.yaml:2: many: has no value"),
        (
            "id: a\nmany:\n- colour: red\n- color: red\n",
            "f.yaml:4: many[1].color: unknown key; did you mean 'colour'?",
        ),
        ("id: a\nnamed:\n  x:\n    siz: 3\n", "f.yaml:4: named.x.siz: unknown key; did you mean 'size'?"),
        ("id: a\nzzz: 1\n", "f.yaml:2: zzz: unknown key; known are id, inner, many, named, sure"),
        ("id: a\nmany: x\n", "f.yaml:2: many: must be a list; write [ ] around it or - before each"),
        ("id: a\ninner:\n  size: 0\n", "f.yaml:3: inner.size: must be greater than or equal to 1"),
        ("id: a\nsure: maybe\n", "f.yaml:2: sure: must be true or false"),
        ("id: a\ninner: 3\n", "f.yaml:2: inner: must be keys and values: colour, size"),
    ],
)
def test_validation_speaks_plainly_and_names_the_line(text: str, words: str) -> None:
    assert complaints(text) == [words]


def test_all_faults_of_a_value_are_named_at_once() -> None:
    assert len(complaints("ide: a\ninner: {size: x}\nmany: [{colour: 1}, {}]\n")) == 4


def test_a_message_never_holds_the_value() -> None:
    assert "whsec_verysecret" not in " ".join(
        complaints("id: [whsec_verysecret]\ninner: {size: whsec_verysecret}\n")
    )


def test_a_path_is_spelt_as_a_person_writes_it() -> None:
    assert spell(("watches", 2, "topics", "any", 0)) == "watches[2].topics.any[0]"


# YAML 1.1, which the dumper speaks, writes `1e3` without quotation marks, where YAML 1.2 reads a number.
WORDS = st.text(st.characters(codec="utf-8"), max_size=20).filter(
    lambda text: text[:1] not in "+-.0123456789"
)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | WORDS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=10), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(PLAIN)
def test_what_yaml_writes_is_read_back(value: Any) -> None:
    document = parse(yaml.safe_dump(value), "f")
    assert document.value == value
    assert document.faults == []


@given(st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    document = parse(text, "f")
    assert isinstance(document, Document)
    assert document.readable or document.faults


def test_a_fault_that_names_what_fills_a_file_is_told_in_a_few_lines() -> None:
    said = str(
        Fault("watches.yaml", 3, "watches[0].terms_file", f"{'a' * 100_000}\x1b[2J: there is no such file")
    )
    assert said.startswith("watches.yaml:3: watches[0].terms_file: aaaa")
    assert len(said) == LONGEST_FAULT
