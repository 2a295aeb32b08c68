"""What a server must say, as a pattern: literal members must match, further members may follow.

The words in angle brackets are listed in `vectors/README.md`. Must not be here: where patterns
come from (`vectors`), and what is done about a message that does not fit (`conversation`).
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

Json = Any
"""A JSON value as the standard library reads it: integers stay exact at any size."""

RESERVED = "io.modelcontextprotocol/"
"""The prefix of the protocol's own `_meta` keys; vectors write it as `~/`."""

ABSENT = "<absent>"
"""In a pattern: the member must not be there. In a client's message: the member is left out."""

ABSENT_OR_NULL = "<absent or null>"
OPTIONAL = "<optional "
"""Begins a word for a member that may be missing: `<optional string as state>`."""


class PatternError(ValueError):
    """A vector says something that this module cannot read; the text says what."""


def mismatch(pattern: Json, value: Json, captured: dict[str, Json], path: str = "") -> str:
    """Say where a value differs from a pattern, or return an empty text when it fits.

    Values that the pattern names go into `captured`, also when a later part does not fit.

    Raises:
        PatternError: for a word in angle brackets that is not in the list.
    """
    if isinstance(pattern, str):
        return _word_mismatch(pattern, value, captured, path)
    if isinstance(pattern, dict):
        if any(key in pattern for key in _QUANTIFIERS):
            return _items_mismatch(pattern, value, captured, path)
        return _object_mismatch(pattern, value, captured, path)
    if isinstance(pattern, list):
        return _list_mismatch(pattern, value, captured, path)
    return "" if same(pattern, value) else _differs(path, shown(pattern), value)


def is_of_array(pattern: Json) -> bool:
    """Whether a pattern can only fit an array."""
    is_quantified = isinstance(pattern, dict) and any(key in pattern for key in _QUANTIFIERS)
    return isinstance(pattern, list) or is_quantified


def fill(template: Json, captured: Mapping[str, Json]) -> Json:
    """Return a client's message: captured values in place of `$name`, `<absent>` members out.

    A member `$name?` is left out, too, when there is no such value.
    """
    if isinstance(template, dict):
        return {
            _whole_key(key): fill(value, captured)
            for key, value in template.items()
            if not _is_left_out(value, captured)
        }
    if isinstance(template, list):
        return [fill(item, captured) for item in template]
    if isinstance(template, str):
        return _fill_text(template, captured)
    return template


def same(left: Json, right: Json) -> bool:
    """Compare as JSON values and as types: 1, 1.0, "1" and true are four different things."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


def shown(value: Json, characters_max: int = 600) -> str:
    """Return a value as JSON for a report, cut in the middle with a mark when it is long."""
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= characters_max:
        return text
    half = characters_max // 2
    return f"{text[:half]} ... {len(text) - 2 * half} characters ... {text[-half:]}"


def _object_mismatch(
    pattern: dict[str, Json], value: Json, captured: dict[str, Json], path: str
) -> str:
    if not isinstance(value, dict):
        return _differs(path, "an object", value)
    wanted = {_whole_key(key): wish for key, wish in pattern.items() if key not in _OF_OBJECTS}
    if pattern.get("<only>") and (more := sorted(value.keys() - wanted.keys())):
        return f"{path or 'the message'} has members too many: {', '.join(more)}"
    if "<values>" in pattern:
        problem = _every(pattern["<values>"], list(value.values()), captured, f"{path}.*")
        if problem:
            return problem
    members = (
        _member_mismatch(wish, value, key, captured, f"{path}.{key}" if path else key)
        for key, wish in wanted.items()
    )
    return next((problem for problem in members if problem), "")


_OF_OBJECTS = ("<only>", "<values>")
"""Keys of a pattern that speak of all members of an object."""


def _member_mismatch(
    wish: Json, value: dict[str, Json], key: str, captured: dict[str, Json], where: str
) -> str:
    if isinstance(wish, str) and wish.startswith(OPTIONAL):
        if key not in value:
            captured.pop(wish[:-1].partition(" as ")[2], None)
            return ""
        wish = "<" + wish.removeprefix(OPTIONAL)
    if key in value:
        if wish == ABSENT_OR_NULL and value[key] is None:
            return ""
        if wish in (ABSENT, ABSENT_OR_NULL):
            return f"{where} must be absent, it is {shown(value[key])}"
        return mismatch(wish, value[key], captured, where)
    return "" if wish in (ABSENT, ABSENT_OR_NULL) else f"{where} is missing"


def _list_mismatch(pattern: list[Json], value: Json, captured: dict[str, Json], path: str) -> str:
    if not isinstance(value, list):
        return _differs(path, "an array", value)
    if len(value) != len(pattern):
        return _differs(path, f"{len(pattern)} items", value)
    pairs = enumerate(zip(pattern, value, strict=True))
    problems = (mismatch(wish, item, captured, f"{path}[{i}]") for i, (wish, item) in pairs)
    return next((problem for problem in problems if problem), "")


def _items_mismatch(
    pattern: dict[str, Json], value: Json, captured: dict[str, Json], path: str
) -> str:
    if not isinstance(value, list):
        return _differs(path, "an array", value)
    for quantifier, wish in pattern.items():
        if quantifier not in _QUANTIFIERS:
            raise PatternError(f"{quantifier!r} stands beside {' '.join(_QUANTIFIERS)}")
        problem = _QUANTIFIERS[quantifier](wish, value, captured, path)
        if problem:
            return problem
    return ""


def _every(wish: Json, items: list[Json], captured: dict[str, Json], path: str) -> str:
    found = (mismatch(wish, item, captured, f"{path}[{i}]") for i, item in enumerate(items))
    return next((problem for problem in found if problem), "")


def _some(wish: Json, items: list[Json], captured: dict[str, Json], path: str) -> str:
    wishes = wish if isinstance(wish, list) else [wish]
    for single in wishes:
        if all(mismatch(single, item, captured) for item in items):
            return _differs(path, f"an item like {shown(single)}", items)
    return ""


def _no(wish: Json, items: list[Json], captured: dict[str, Json], path: str) -> str:
    fits = (item for item in items if not mismatch(wish, item, captured))
    return "".join(f"{path} must not have {shown(item)}" for item in list(fits)[:1])


def _length(wish: Json, items: list[Json], captured: dict[str, Json], path: str) -> str:
    return mismatch(wish, len(items), captured, f"the length of {path}")


_QUANTIFIERS: dict[str, Callable[[Json, list[Json], dict[str, Json], str], str]] = {
    "<every>": _every,
    "<some>": _some,
    "<no>": _no,
    "<length>": _length,
}
"""Keys of a pattern for an array, beside which no other key may stand."""


def _word_mismatch(pattern: str, value: Json, captured: dict[str, Json], path: str) -> str:
    if pattern.startswith("$"):
        wanted = _fill_text(pattern, captured)
        return "" if same(wanted, value) else _differs(path, shown(wanted), value)
    if not (pattern.startswith("<") and pattern.endswith(">")):
        return "" if same(pattern, value) else _differs(path, shown(pattern), value)
    word, _, name = pattern[1:-1].partition(" as ")
    if not _fits(word, value, captured):
        return _differs(path, f"<{word}>", value)
    if name:
        captured[name] = value
    return ""


def _fits(word: str, value: Json, captured: Mapping[str, Json]) -> bool:
    if word in _KINDS:
        return _KINDS[word](value)
    for prefix, fits in _PHRASES.items():
        if word.startswith(prefix):
            return fits(word.removeprefix(prefix), value, captured)
    raise PatternError(f"<{word}> is not a word of the patterns; see vectors/README.md")


_KINDS: dict[str, Callable[[Json], bool]] = {
    "any": lambda value: True,
    "string": lambda value: isinstance(value, str),
    "text": lambda value: isinstance(value, str) and bool(value.strip()),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "id": lambda value: isinstance(value, int | str) and not isinstance(value, bool),
}


def _is_other(rest: str, value: Json, captured: Mapping[str, Json]) -> bool:
    other = _fill_text(rest, captured) if rest.startswith("$") else json.loads(rest)
    return not same(other, value)


_PHRASES: dict[str, Callable[[str, Json, Mapping[str, Json]], bool]] = {
    "has ": lambda rest, value, _: isinstance(value, str) and rest in value,
    "matches ": lambda rest, value, _: isinstance(value, str) and bool(re.search(rest, value)),
    "at least ": lambda rest, value, _: _KINDS["number"](value) and value >= json.loads(rest),
    "one of ": lambda rest, value, _: any(same(item, value) for item in json.loads(rest)),
    "not ": _is_other,
}
"""Beginnings of words that say more."""


def _is_left_out(value: Json, captured: Mapping[str, Json]) -> bool:
    if not isinstance(value, str):
        return False
    is_optional = re.fullmatch(r"\$[a-z_]+\?", value)
    return value == ABSENT or bool(is_optional and value[1:-1] not in captured)


def _fill_text(text: str, captured: Mapping[str, Json]) -> Json:
    """Replace `$name` when it is the whole text, and `${name}` within one."""
    if re.fullmatch(r"\$[a-z_]+\??", text):
        return _captured(text[1:].removesuffix("?"), captured)
    return re.sub(r"\$\{([a-z_]+)\}", lambda found: str(_captured(found[1], captured)), text)


def _captured(name: str, captured: Mapping[str, Json]) -> Json:
    if name not in captured:
        raise PatternError(f"${name} was not captured; known here: {', '.join(sorted(captured))}")
    return captured[name]


def _whole_key(key: str) -> str:
    return RESERVED + key[2:] if key.startswith("~/") else key


def _differs(path: str, wanted: str, value: Json) -> str:
    return f"{path or 'the message'} is not {wanted}, it is {shown(value)}"
