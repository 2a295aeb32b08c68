"""What may be asked of whom, in which words, and which answers count."""

from typing import Any

import pytest

from vtmcp.protocol.questions import Elicitation, Question, Roots, Sampling, UrlElicitation
from vtmcp.protocol.versions import REVISIONS

SCHEMA = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}
TURN = {"role": "user", "content": {"type": "text", "text": "hello"}}

SAMPLING = Sampling([TURN], max_tokens=5, temperature=0.5)
ROOTS = Roots()
FORM = Elicitation("how old?", SCHEMA)
PAGE = UrlElicitation("go there", "http://x/", "e1")

ASKABLE: dict[str, tuple[Question, dict[str, Any], str]] = {
    # The question, what the client declared, and the first revision that has it; "" is none.
    "sampling": (SAMPLING, {"sampling": {}}, "2024-11-05"),
    "sampling that was not declared": (SAMPLING, {}, ""),
    "sampling declared by true": (SAMPLING, {"sampling": True}, ""),
    "roots": (ROOTS, {"roots": {"listChanged": True}}, "2024-11-05"),
    "roots that were not declared": (ROOTS, {"sampling": {}}, ""),
    "a form": (FORM, {"elicitation": {"form": {}, "url": {}}}, "2025-06-18"),
    "nothing said of elicitation stands for forms": (FORM, {"elicitation": {}}, "2025-06-18"),
    "a form where only pages are": (FORM, {"elicitation": {"url": {}}}, ""),
    "a form that was not declared": (FORM, {}, ""),
    "a page": (PAGE, {"elicitation": {"url": {}}}, "2025-11-25"),
    "nothing said of elicitation has no pages": (PAGE, {"elicitation": {}}, ""),
    "a page that was not declared": (PAGE, {"elicitation": None}, ""),
}

FORM_PARAMS = {"message": "how old?", "requestedSchema": SCHEMA}
PAGE_PARAMS = {"mode": "url", "message": "go there", "url": "http://x/"}

PARAMS: dict[str, tuple[Question, str, dict[str, Any]]] = {
    "sampling": (
        SAMPLING,
        "2024-11-05",
        {"messages": [TURN], "maxTokens": 5, "temperature": 0.5},
    ),
    "roots": (ROOTS, "2024-11-05", {}),
    "a form before modes": (FORM, "2025-06-18", FORM_PARAMS),
    "a form with a mode": (FORM, "2025-11-25", {"mode": "form", **FORM_PARAMS}),
    "a form of the stateless era": (FORM, "2026-07-28", {"mode": "form", **FORM_PARAMS}),
    "a page": (PAGE, "2025-11-25", {**PAGE_PARAMS, "elicitationId": "e1"}),
    "a page of the stateless era": (PAGE, "2026-07-28", PAGE_PARAMS),
}

WRITTEN = {"role": "assistant", "content": {"type": "text", "text": "hi"}, "model": "m"}
ROOT = {"uri": "file:///a", "name": "a"}

READ: dict[str, tuple[Question, Any, dict[str, Any]]] = {
    "what a model wrote": (SAMPLING, WRITTEN, WRITTEN),
    "several contents": (SAMPLING, {**WRITTEN, "content": []}, {**WRITTEN, "content": []}),
    "no roots": (ROOTS, {"roots": []}, {"roots": []}),
    "roots, and nothing beside": (ROOTS, {"roots": [ROOT], "x": 1}, {"roots": [ROOT]}),
    "an accepted form": (
        FORM,
        {"action": "accept", "content": {"age": 3}, "x": 1},
        {"action": "accept", "content": {"age": 3}},
    ),
    "a declined form": (FORM, {"action": "decline", "content": {}}, {"action": "decline"}),
    "a cancelled form": (FORM, {"action": "cancel"}, {"action": "cancel"}),
    "an accepted page": (PAGE, {"action": "accept"}, {"action": "accept"}),
}

NOT_READ: dict[str, tuple[Question, Any, str]] = {
    "sampling: no answer": (SAMPLING, None, "an object"),
    "sampling: no role": (SAMPLING, {**WRITTEN, "role": "system"}, '"role"'),
    "sampling: no model": (SAMPLING, {**WRITTEN, "model": 1}, '"model"'),
    "sampling: no content": (SAMPLING, {**WRITTEN, "content": "hi"}, '"content"'),
    "roots: no answer": (ROOTS, None, "roots"),
    "roots: no list": (ROOTS, {"roots": {}}, "roots"),
    "roots: a root without a uri": (ROOTS, {"roots": [{"name": "a"}]}, "uri"),
    "roots: a root that is a text": (ROOTS, {"roots": ["file:///a"]}, "uri"),
    "form: no answer": (FORM, None, "action"),
    "form: an unknown action": (FORM, {"action": "maybe"}, "accept, decline or cancel"),
    "form: an action that is no text": (FORM, {"action": ["accept"]}, "accept, decline"),
    "form: accepted without content": (FORM, {"action": "accept"}, '"content", an object'),
    "form: content that is not as asked": (
        FORM,
        {"action": "accept", "content": {"age": "x"}},
        "argument age",
    ),
    "form: required content is missing": (FORM, {"action": "accept", "content": {}}, "missing"),
    "page: an unknown action": (PAGE, {}, "action"),
}


@pytest.mark.parametrize(("question", "declared", "since"), ASKABLE.values(), ids=ASKABLE)
def test_who_may_be_asked(question: Question, declared: dict[str, Any], since: str) -> None:
    askable = [name for name, one in REVISIONS.items() if question.askable(one, declared)]
    assert askable == [name for name in REVISIONS if since and name >= since]


@pytest.mark.parametrize(("question", "revision", "params"), PARAMS.values(), ids=PARAMS)
def test_params(question: Question, revision: str, params: dict[str, Any]) -> None:
    assert question.params(REVISIONS[revision]) == params


@pytest.mark.parametrize(("question", "answer", "found"), READ.values(), ids=READ)
def test_answers(question: Question, answer: Any, found: dict[str, Any]) -> None:
    assert question.read(answer) == found


@pytest.mark.parametrize(("question", "answer", "problem"), NOT_READ.values(), ids=NOT_READ)
def test_no_answers(question: Question, answer: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        question.read(answer)


def test_a_question_of_ones_own_says_all_for_itself() -> None:
    with pytest.raises(NotImplementedError):
        Question().params(REVISIONS["2025-11-25"])
    with pytest.raises(NotImplementedError):
        Question().read({})


@pytest.mark.parametrize(("revision", "known"), [("2025-06-18", False), ("2025-11-25", True)])
def test_defaults_are_told_to_those_who_know_them(revision: str, *, known: bool) -> None:
    members = {
        "sure": {"type": "boolean", "default": True},
        "age": {"type": "integer", "default": 30},
    }
    asked = Elicitation("?", {"type": "object", "properties": members}).params(REVISIONS[revision])
    told = asked["requestedSchema"]["properties"]
    assert told["sure"]["default"] is True
    assert ("default" in told["age"]) is known
    assert members["age"]["default"] == 30, "what is asked may be asked of several"
