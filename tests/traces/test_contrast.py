"""What sets bad spans apart: planted causes are found, chance and effects are not called causes."""

import random

import pytest

from vtmcp.traces.contrast import (
    BAD_MIN,
    INFRASTRUCTURE,
    REST_MIN,
    SHARED_MAX,
    contrast,
    counts_of,
    is_call,
    is_effect,
    less,
    shared_fields,
)
from vtmcp.traces.spans import Counted, Facet

POD, HOST, VERSION = "k8s.pod.name", "host.name", "service.version"


def spread(bad: dict[str, int], everything: dict[str, int]) -> tuple[dict, dict]:  # type: ignore[type-arg]
    return {"pod": bad}, {"pod": everything}


def test_a_value_that_most_bad_spans_have_is_a_finding() -> None:
    found = contrast(*spread({"a": 5, "b": 95}, {"a": 500, "b": 500}), 100, 1_000)
    (one,) = found.findings
    (value,) = one.values
    assert (value.name, value.text, value.bad, value.rest) == ("pod", "b", 95, 405)
    assert one.lift.estimate == pytest.approx((95 / 500) / (5 / 500))
    assert 1.5 < one.lift.low < 19 < one.lift.high
    assert (one.bad, one.rest, found.tested) == (95, 405, 2)


def test_values_in_the_same_numbers_are_one_finding_and_the_known_name_stands_first() -> None:
    bad = {"zone": {"z2": 95, "z1": 5}, f"resource_attr:{POD}": {"b": 95, "a": 5}}
    whole = {"zone": {"z2": 500, "z1": 500}, f"resource_attr:{POD}": {"b": 500, "a": 500}}
    (one,) = contrast(bad, whole, 100, 1_000).findings
    assert [value.name for value in one.values] == [f"resource_attr:{POD}", "zone"]


def test_two_values_of_one_attribute_do_not_say_the_same() -> None:
    bad = {"pod": {"b": 45, "c": 45, "a": 10}, "instance": {"b": 45, "c": 45, "a": 10}}
    whole = {name: {"b": 100, "c": 100, "a": 800} for name in bad}
    found = contrast(bad, whole, 100, 1_000).findings
    assert [{value.text for value in one.values} for one in found] == [{"b"}, {"c"}]
    assert all({value.name for value in one.values} == {"pod", "instance"} for one in found)


def test_what_explains_more_stands_first() -> None:
    bad = {"customer": {"acme": 98, "else": 2}, "plan": {"large": 99, "small": 1}}
    whole = {"customer": {"acme": 110, "else": 9_890}, "plan": {"large": 2_000, "small": 8_000}}
    found = contrast(bad, whole, 100, 10_000).findings
    assert [one.values[0].text for one in found] == ["acme", "large"]


def test_effects_and_calls_are_told_apart_from_causes() -> None:
    bad = {
        "exception.type": {"KeyError": 100},
        "server.address": {"bank": 100},
        "customer": {"acme": 90, "else": 10},
    }
    whole = {
        "exception.type": {"KeyError": 100, "none": 900},
        "server.address": {"bank": 300, "fraud": 700},
        "customer": {"acme": 200, "else": 800},
    }
    found = contrast(bad, whole, 100, 1_000)
    assert [one.values[0].name for one in found.findings] == ["customer"]
    assert [one.values[0].name for one in found.calls] == ["server.address"]
    assert [one.values[0].name for one in found.effects] == ["exception.type"]


def test_a_sort_of_value_that_all_spans_have_says_nothing() -> None:
    assert contrast({"env": {"prod": 50}}, {"env": {"prod": 1_000}}, 50, 1_000).findings == ()


def test_what_few_bad_spans_have_does_not_explain_them() -> None:
    bad, whole = {"pod": {"b": 4, "a": 96}}, {"pod": {"b": 4, "a": 9_996}}
    assert contrast(bad, whole, 100, 10_000).findings == ()


def test_bad_spans_of_one_trace_count_once() -> None:
    sets = spread({"a": 10, "b": 50}, {"a": 500, "b": 500})
    assert contrast(*sets, 60, 1_000).findings
    assert contrast(*sets, 60, 1_000, cluster=10).findings == ()


TOO_FEW = {"too few bad": (BAD_MIN - 1, 1_000), "too few others": (100, 100 + REST_MIN - 1)}


@pytest.mark.parametrize(("bad", "whole"), TOO_FEW.values(), ids=TOO_FEW)
def test_too_few_are_not_compared(bad: int, whole: int) -> None:
    found = contrast({"pod": {"b": bad}}, {"pod": {"b": bad, "a": whole - bad}}, bad, whole)
    assert (found.findings, found.effects, found.calls) == ((), (), ())
    assert (found.bad, found.rest) == (bad, whole - bad)


def test_an_attribute_that_was_not_counted_over_all_spans_is_passed_over() -> None:
    assert contrast({"customer": {"acme": 50}}, {}, 50, 1_000).findings == ()


@pytest.mark.parametrize("seed", range(40))
def test_chance_finds_nothing(seed: int) -> None:
    drawn = random.Random(seed)
    sizes = {"pod": 3, "host": 8, "version": 2, "customer": 400, "region": 4, "flag": 2}
    whole: dict[str, dict[str, int]] = {name: {} for name in sizes}
    bad: dict[str, dict[str, int]] = {name: {} for name in sizes}
    failing = 0
    for _ in range(3_000):
        is_bad = drawn.random() < 0.03
        failing += is_bad
        for name, size in sizes.items():
            # Skewed, as customers are.
            value = f"v{int(size * drawn.random() ** 2)}"
            whole[name][value] = whole[name].get(value, 0) + 1
            if is_bad:
                bad[name][value] = bad[name].get(value, 0) + 1
    found = contrast(bad, whole, failing, 3_000)
    assert (found.findings, found.calls, found.effects) == ((), (), ())


EFFECTS = (
    "status",
    "otel.status_description",
    "http.status_code",
    "http.response.status_code",
    "rpc.grpc.status_code",
    "exception.type",
    "error.type",
    "errorCode",
    "event:0:exception.message",
    "app.outcome",
    "http.request.resend_count",
    "response_size",
    "grpc.code",
    "span_attr:error",
)
NO_EFFECTS = (
    "service",
    "resource_attr:service.version",
    "country_code",
    "customer.id",
    "k8s.pod.name",
    "feature_flag.key",
    "scope_attr:team",
    "tookan",
)


@pytest.mark.parametrize("name", EFFECTS)
def test_names_of_effects(name: str) -> None:
    assert is_effect(name)


@pytest.mark.parametrize("name", NO_EFFECTS)
def test_names_of_what_may_be_a_cause(name: str) -> None:
    assert not is_effect(name)
    assert not is_call(name)


@pytest.mark.parametrize("name", ["server.address", "db.statement", "span_attr:http.route"])
def test_names_of_what_tells_the_call(name: str) -> None:
    assert is_call(name)


def test_counts_without_those_of_some_spans() -> None:
    facets = [Facet("pod", (Counted("a", 3), Counted("b", 2))), Facet("zone", (Counted("z", 5),))]
    counts = counts_of(facets)
    assert less(counts, {"pod": {"a": 1, "b": 2}}) == {"pod": {"a": 2}, "zone": {"z": 5}}


def test_what_services_share_is_compared_first_and_then_what_looks_unequal() -> None:
    node, zone = INFRASTRUCTURE[1], INFRASTRUCTURE[2]
    names = [f"attribute{number}" for number in range(9)]
    whole = {name: {"a": 500, "b": 500} for name in (*names, node, zone)}
    bad = {name: {"a": 50 + number, "b": 50 - number} for number, name in enumerate(names)}
    bad |= {name: {"a": 50, "b": 50} for name in (node, zone)}
    whole |= {"status": {"error": 100, "unset": 900}, "constant": {"x": 1_000}}
    whole["id"] = {f"{number}": 1 for number in range(1_000)}
    bad |= {"status": {"error": 100}, "constant": {"x": 100}, "id": {"1": 1}, "unknown": {"x": 5}}
    found = shared_fields(bad, whole, 100, 1_000)
    assert len(found) == SHARED_MAX
    assert found == [node, zone, *reversed(names)][:SHARED_MAX]
