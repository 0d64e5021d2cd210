"""What does not fit a type is told in one line, with where it is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
import pytest
from msgspec import Meta, Struct

from mien.core.checked import MisfitError, checked, checked_fields, checked_json, json_bytes, spelt


@dataclass(frozen=True)
class Step:
    size: float
    of: Literal["time", "rows"] = "time"

    def __post_init__(self) -> None:
        if self.size <= 0:
            raise ValueError("size: must be above 0")


class Part(Struct, frozen=True, forbid_unknown_fields=True):
    weight: Annotated[float, Meta(ge=0, le=1)] = 0.5
    count: int = 1
    how: Literal["mean", "max"] | None = None
    step: Step | None = None


class Whole(Struct, frozen=True, forbid_unknown_fields=True):
    format: Literal[2]
    parts: dict[str, Part] = {}
    pair: tuple[float, float] = (0.0, 1.0)
    nested: dict[str, dict[str, list[Part]]] = {}


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("{}", "format: is missing"),
        ('{"format": 1}', "format: must be 2"),
        ('{"format": 2, "mood": 1}', "mood: is unknown"),
        (
            '{"format": 2, "parts": {"a": {}, "b": {"mood": 1}, "c": {}}}',
            "parts.b.mood: is unknown",
        ),
        (
            '{"format": 2, "parts": {"a": {}, "b": {}, "c": {"weight": 2}}}',
            "parts.c.weight: Expected `float` <= 1.0",
        ),
        (
            '{"format": 2, "parts": {"a": {"how": "best"}}}',
            "parts.a.how: must be 'mean' or 'max'",
        ),
        ('{"format": 2, "parts": {"a": {"step": {"size": 0}}}}', "parts.a.step: size: must be"),
        (
            '{"format": 2, "parts": {"a": {"step": {"size": 1, "of": "x"}}}}',
            "parts.a.step.of: must be 'time' or 'rows'",
        ),
        (
            '{"format": 2, "nested": {"a": {"b": [], "c": [{}, {"count": "1"}]}}}',
            "nested.a.c.1.count: Expected `int`, got `str`",
        ),
        ('{"format": 2, "pair": [0, null]}', "pair.1: Expected `float`, got `null`"),
        ('{"format": 2, "parts": {"a": {"count": true}}}', "parts.a.count: Expected `int`"),
        ('{"format": 2, "parts": {"a": {"weight": true}}}', "parts.a.weight: Expected `float`"),
        ('{"format": 2, "parts": {"a": {"weight": "0.5"}}}', "parts.a.weight: Expected `float`"),
        ('{"format": 2, "parts": null}', "parts: Expected `object`, got `null`"),
        ("[]", "Expected `object`, got `array`"),
    ],
)
def test_what_is_wrong_is_told_with_where_it_is(text: str, wrong: str) -> None:
    with pytest.raises(MisfitError) as caught:
        checked_json(text.encode(), Whole)
    assert str(caught.value).startswith(wrong)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["", "{", "NaN", '{"format": NaN}', '{"format": 1e999}', "\ufeff{}", "[" * 100_000, "9" * 5000],
)
def test_what_is_no_json_of_finite_numbers_is_told(text: str) -> None:
    with pytest.raises(MisfitError) as caught:
        checked_json(text.encode(), Whole)
    assert caught.value.where == ""
    with pytest.raises(MisfitError):
        checked_json(b'{"format": "\xff"}', Whole)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_within_no_limits(value: float) -> None:
    with pytest.raises(MisfitError, match=r"parts\.a\.weight"):
        checked({"format": 2, "parts": {"a": {"weight": value}}}, Whole)


def test_one_of_many_keys_is_found() -> None:
    parts: dict[str, Any] = {f"part {k}": {} for k in range(1000)}
    for name in ("part 0", "part 499", "part 999"):
        with pytest.raises(MisfitError) as caught:
            checked({"format": 2, "parts": {**parts, name: {"count": 1.5}}}, Whole)
        assert caught.value.where == f"parts.{name}.count"


@pytest.mark.parametrize("name", ["a - at `$.parts[...]`", "`", "a.b[0]", "\n"])
def test_names_that_look_like_places_do_no_harm(name: str) -> None:
    with pytest.raises(MisfitError, match="unknown"):
        checked({"format": 2, name: 1}, Whole)
    with pytest.raises(MisfitError) as caught:
        checked({"format": 2, "parts": {name: 1}}, Whole)
    assert caught.value.where == f"parts.{name}"


def test_a_dataclass_may_refuse_keys_that_are_none_of_its_fields() -> None:
    assert checked({"size": 1, "mood": 1}, Step) == Step(1.0)
    assert checked_fields({"size": 1}, Step) == Step(1.0)
    with pytest.raises(MisfitError, match="mood: is unknown"):
        checked_fields({"size": 1, "mood": 1}, Step)


def test_text_may_stand_for_numbers() -> None:
    assert checked({"count": "3", "weight": "0.25"}, Part, strict=False) == Part(0.25, 3)
    with pytest.raises(MisfitError, match="count: must be `int`"):
        checked({"count": "many"}, Part, strict=False)


@pytest.mark.parametrize(
    ("text", "value"), [("yes", True), ("Off", False), ("true", True), ("0", False), ("No", False)]
)
def test_words_stand_for_yes_and_no(text: str, value: bool) -> None:
    assert checked(spelt(text, bool), bool, strict=False) is value
    assert spelt(text, str) == text


def test_a_list_is_told_with_commas() -> None:
    kind = tuple[int, ...]
    assert checked(spelt("32, 16", kind), kind, strict=False) == (32, 16)
    assert checked(spelt("32", kind), kind, strict=False) == (32,)
    with pytest.raises(MisfitError):
        checked(spelt("32,many", kind), kind, strict=False)


def test_what_is_neither_yes_nor_no_is_refused() -> None:
    with pytest.raises(MisfitError, match="must be `bool`"):
        checked(spelt("perhaps", bool), bool, strict=False)


def test_what_a_class_says_of_itself_is_the_cause() -> None:
    with pytest.raises(MisfitError) as caught:
        checked({"size": -1}, Step)
    assert isinstance(caught.value.__cause__, ValueError)
    assert caught.value.what == "size: must be above 0"


def test_types_of_ones_own_go_through_the_hook() -> None:
    found = checked({"a": "x/y"}, dict[str, Path], lambda kind, plain: kind(plain))
    assert found == {"a": Path("x/y")}


def test_numbers_of_numpy_and_paths_can_be_written() -> None:
    text = json_bytes({"a": np.float64(0.1), "b": Path("x/y"), "c": float("nan"), "d": np.int64(3)})
    assert msgspec.json.decode(text) == {"a": 0.1, "b": "x/y", "c": None, "d": 3}
