"""Each field has one stored name, and is called back by the name that it was asked by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtmcp.victoriatraces.span_fields import (
    is_attribute,
    own_name,
    own_value,
    stored_name,
    stored_tag_name,
    stored_tag_value,
)

NAMES = {
    "the service": ("service", "resource_attr:service.name"),
    "the operation": ("operation", "name"),
    "the kind": ("kind", "kind"),
    "the status": ("status", "status_code"),
    "a span attribute": ("http.route", "span_attr:http.route"),
    "a resource attribute": ("resource_attr:host.name", "resource_attr:host.name"),
    "a scope attribute": ("scope_attr:team", "scope_attr:team"),
    "the scope": ("otel.scope.name", "scope_name"),
    "the message of an error": ("otel.status_description", "status_message"),
    "the state of a trace": ("w3c.tracestate", "trace_state"),
    "a span attribute called like a field": ("span_attr:status", "span_attr:status"),
    "a span attribute called like another's": ("span_attr:scope_attr:a", "span_attr:scope_attr:a"),
}


@pytest.mark.parametrize(("name", "stored"), NAMES.values(), ids=NAMES)
def test_a_field_has_a_name_of_ours_and_a_stored_one(name: str, stored: str) -> None:
    assert stored_name(name) == stored
    assert own_name(stored) == name


@given(st.text(), st.sampled_from(["span_attr:", "resource_attr:", "scope_attr:"]))
def test_what_is_told_can_be_asked(key: str, prefix: str) -> None:
    assert stored_name(own_name(f"{prefix}{key}")) == f"{prefix}{key}"
    assert stored_name(own_name(stored_name(key))) == stored_name(key)


NO_ATTRIBUTES = (
    "_time",
    "_stream",
    "duration",
    "trace_id",
    "event:event_name:0",
    "span_attr:*",
    "name",
)


def test_attributes_are_known_from_other_fields() -> None:
    assert not [name for name in NO_ATTRIBUTES if is_attribute(name)]
    assert all(map(is_attribute, ("span_attr:a", "resource_attr:a", "scope_name", "scope_attr:a")))
    assert own_name("duration") == ""


TAGS = {
    "a failed span": ("error", "true", "status_code", "2"),
    "an OK span": ("error", "false", "status_code", "1"),
    "neither": ("error", "unset", "status_code", "0"),
    "a value that no span has": ("error", "yes", "status_code", "yes"),
    "a kind": ("span.kind", "consumer", "kind", "5"),
    "an attribute called status": ("status", "error", "span_attr:status", "error"),
    "an attribute called kind": ("kind", "client", "span_attr:kind", "client"),
    "the service": (
        "resource_attr:service.name",
        "cart",
        "resource_attr:service.name",
        "cart",
    ),
}


@pytest.mark.parametrize(("name", "value", "stored", "number"), TAGS.values(), ids=TAGS)
def test_tags_mean_what_they_mean_in_searches(
    name: str, value: str, stored: str, number: str
) -> None:
    assert stored_tag_name(name) == stored
    assert stored_tag_value(name, value) == number


VALUES = {
    "a kind": ("kind", "2", "server"),
    "a kind of the future": ("kind", "6", "6"),
    "a kind that is a word": ("kind", "-", "-"),
    "a very large number": ("kind", "1" * 5_000, "1" * 5_000),
    "another script's digit": ("kind", "\u0662", "\u0662"),
    "no kind": ("kind", "", ""),
    "a status": ("status", "2", "error"),
    "an error tag": ("error", "1", "false"),
    "a number of an attribute": ("http.response.status_code", "2", "2"),
}


@pytest.mark.parametrize(("name", "stored", "value"), VALUES.values(), ids=VALUES)
def test_numbers_become_words(name: str, stored: str, value: str) -> None:
    assert own_value(name, stored) == value
