"""Scenarios from files: shipped ones by name, others by path."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sim.errors import ScenarioError
from sim.scenario.prices import PRICE_MODELS
from sim.scenario.whole import Scenario

RUN = ".json"
SHIPPED = Path(__file__).parent.parent / "scenarios"


def names() -> list[str]:
    """The shipped scenarios."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def load(source: str | Path, overrides: Sequence[str] = ()) -> Scenario:
    """A shipped scenario by name, or by path a TOML file or the JSON file of what was run.

    ``overrides`` are ``key.path=value`` with TOML values (bare words are strings).
    Raises ScenarioError with one sentence naming the field, its value and what is allowed.
    """
    path = _locate(source)
    try:
        text = path.read_text(encoding="utf-8")
        data = json.loads(text)["scenario"] if path.suffix == RUN else tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{path.name} is not valid TOML: {error}") from None
    except (json.JSONDecodeError, KeyError, TypeError):
        raise ScenarioError(f"{path} is not the record of a run: it holds no scenario") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path} cannot be read: {error}") from None
    # A model first, for the fields that come with it.
    for override in sorted(overrides, key=lambda each: not _is_model(each)):
        _apply(data, override)
    data.setdefault("name", path.stem)
    _resolve_files(data, path.parent)
    return validate(data, path.name)


def validate(data: Mapping[str, Any], origin: str) -> Scenario:
    try:
        return Scenario.model_validate(data)
    except ValidationError as error:
        raise ScenarioError(_sentence(error, origin)) from None


def _locate(source: str | Path) -> Path:
    path = Path(source)
    if path.suffix in (".toml", RUN) or path.parent != Path("."):
        if not path.is_file():
            raise ScenarioError(f"there is no scenario file {path}")
        return path
    shipped = SHIPPED / f"{source}.toml"
    if not shipped.is_file():
        raise ScenarioError(
            f"there is no scenario {str(source)!r}; shipped are {', '.join(names())}, "
            "or give the path of a .toml file"
        )
    return shipped


def _apply(data: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        raise ScenarioError(f"override {override!r} is not of the form key.path=value")
    try:
        setting = tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError:
        setting = text
    *parents, leaf = key.strip().split(".")
    place: Any = data
    for name in parents:
        if isinstance(place, list):
            place = place[_index(place, name, override)]
        else:
            place = place.setdefault(name, {})
        if not isinstance(place, dict | list):
            raise ScenarioError(f"override {override!r} goes into {name!r}, which is not a section")
    if _is_model(override) and isinstance(place, dict) and place.get("model") != setting:
        place.clear()  # The fields of one model of the price are none of another's.
    if isinstance(place, list):
        place[_index(place, leaf, override)] = setting
    else:
        place[leaf] = setting


def _is_model(override: str) -> bool:
    """Whether it says which model a price follows."""
    key, _, _ = override.partition("=")
    return key.strip().split(".")[-2:] == ["price", "model"]


def _index(items: list[Any], text: str, override: str) -> int:
    if not text.isdecimal() or int(text) >= len(items):
        raise ScenarioError(f"override {override!r}: {text!r} is not an index below {len(items)}")
    return int(text)


def _resolve_files(data: dict[str, Any], folder: Path) -> None:
    """A replay file is named relative to the scenario file, or to the working directory."""
    assets = data.get("assets")
    listed = assets if isinstance(assets, list) else []
    peg = data.get("peg")
    places = [data, *listed, peg]
    specs = [place.get("price") for place in places if isinstance(place, dict)]
    for spec in specs:
        if isinstance(spec, dict) and isinstance(spec.get("file"), str):
            beside = folder / spec["file"]
            if beside.is_file():
                spec["file"] = str(beside)


def _sentence(error: ValidationError, origin: str) -> str:
    first = error.errors(include_url=False)[0]
    # The location of a field of a price model also names the model, which is no key.
    place = [str(part) for part in first["loc"] if part not in PRICE_MODELS]
    where = ".".join(place) or "the scenario"
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        name = origin.removesuffix(".toml")
        shown = name if name in names() else "black-thursday"
        return f"{origin}: unknown key {where}; `plimsoll show {shown}` lists the known ones"
    if first["type"] == "model_type":
        return f"{origin}: {where} is {first.get('input')!r}: a section is needed"
    if first["type"] in ("union_tag_not_found", "union_tag_invalid"):
        tag = first.get("ctx", {}).get("tag")
        found = "is missing" if tag is None else f"is {tag!r}"
        return f"{origin}: {where}.model {found}: one of {', '.join(PRICE_MODELS)} is needed"
    found = first.get("input")
    shown = f" is {found!r}" if isinstance(found, int | float | str | bool) else ""
    if isinstance(found, float) and not math.isfinite(found):
        message = "a finite number is needed"
    return f"{origin}: {where}{shown}: {message[:1].lower()}{message[1:]}"
