"""What a server may ask its client during a call: sampling, elicitation, roots.

Sources: MCP, client features, of each revision. Must not be here: how a question travels; the
legacy eras send a request, the stateless one returns `input_required`.
"""

from typing import Any, ClassVar

from vtmcp.protocol.messages import Json
from vtmcp.protocol.schema import ArgumentCheck
from vtmcp.protocol.versions import QUESTIONS_SINCE, Revision, known_fields


class Question:
    """A request to the client: its method, the capability it needs, and how to read the answer."""

    method: ClassVar[str]
    feature: ClassVar[str]
    """Its key in `QUESTIONS_SINCE`."""
    needs: ClassVar[Json]
    """The `ClientCapabilities` that the client must have declared."""

    def askable(self, revision: Revision, capabilities: Json) -> bool:
        """Whether this revision has the question and this client declared what it needs."""
        return revision.name >= QUESTIONS_SINCE[self.feature] and self.declared(capabilities)

    def declared(self, capabilities: Json) -> bool:
        return all(isinstance(capabilities.get(area), dict) for area in self.needs)

    def params(self, revision: Revision) -> Json:
        """The request's parameters as the revision knows them."""
        raise NotImplementedError

    def read(self, answer: Any) -> Json:
        """The client's answer. Raises `ValueError` when it is not one to this question."""
        raise NotImplementedError


class Sampling(Question):
    """Ask the client's model to write (`sampling/createMessage`)."""

    method = "sampling/createMessage"
    feature = "sampling/createMessage"
    needs: ClassVar = {"sampling": {}}

    def __init__(self, messages: list[Json], *, max_tokens: int, **fields: Any) -> None:
        self._params = {"messages": messages, "maxTokens": max_tokens, **fields}

    def params(self, revision: Revision) -> Json:
        return self._params

    def read(self, answer: Any) -> Json:
        if not isinstance(answer, dict):
            raise ValueError("a sampling answer is an object")
        good = (
            answer.get("role") in ("user", "assistant")
            and isinstance(answer.get("model"), str)
            and isinstance(answer.get("content"), dict | list)
        )
        if not good:
            raise ValueError('a sampling answer has "role", "content" and "model"')
        return answer


class Roots(Question):
    """Ask which folders the client works in (`roots/list`)."""

    method = "roots/list"
    feature = "roots/list"
    needs: ClassVar = {"roots": {}}

    def params(self, revision: Revision) -> Json:
        return {}

    def read(self, answer: Any) -> Json:
        roots = answer.get("roots") if isinstance(answer, dict) else None
        if not isinstance(roots, list) or not all(_is_root(root) for root in roots):
            raise ValueError('an answer to roots/list has "roots", a list of {"uri"}')
        return {"roots": roots}


class Elicitation(Question):
    """Ask the user to fill in a form (`elicitation/create`); `schema` is a flat object schema."""

    method = "elicitation/create"
    feature = "elicitation/create"
    needs: ClassVar = {"elicitation": {}}

    def __init__(self, message: str, schema: Json) -> None:
        self._params: Json = {"mode": "form", "message": message, "requestedSchema": schema}
        self._check = ArgumentCheck(schema)

    def declared(self, capabilities: Json) -> bool:
        # An empty object stands for forms alone (2025-11-25, client/elicitation).
        elicitation = capabilities.get("elicitation")
        return isinstance(elicitation, dict) and (not elicitation or "form" in elicitation)

    def params(self, revision: Revision) -> Json:
        schema = self._params["requestedSchema"]
        members = {
            # A default of a boolean is older than the others.
            name: member
            if member.get("type") == "boolean"
            else known_fields(revision, "form property", member)
            for name, member in schema.get("properties", {}).items()
        }
        params = {**self._params, "requestedSchema": {**schema, "properties": members}}
        return known_fields(revision, "form elicitation", params)

    def read(self, answer: Any) -> Json:
        action = _action(answer)
        if action != "accept":
            return {"action": action}
        content = answer.get("content")
        if not isinstance(content, dict):
            raise ValueError('an accepted form has "content", an object')
        if problems := self._check.problems(content):
            raise ValueError("; ".join(problems))
        return {"action": action, "content": content}


class UrlElicitation(Question):
    """Send the user to a page (`elicitation/create` with mode `url`)."""

    method = "elicitation/create"
    feature = "elicitation/create url"
    needs: ClassVar = {"elicitation": {"url": {}}}

    def __init__(self, message: str, url: str, elicitation_id: str) -> None:
        self._params = {
            "mode": "url",
            "message": message,
            "url": url,
            "elicitationId": elicitation_id,
        }

    def declared(self, capabilities: Json) -> bool:
        elicitation = capabilities.get("elicitation")
        return isinstance(elicitation, dict) and "url" in elicitation

    def params(self, revision: Revision) -> Json:
        return known_fields(revision, "url elicitation", self._params)

    def read(self, answer: Any) -> Json:
        return {"action": _action(answer)}


def _action(answer: Any) -> str:
    action = answer.get("action") if isinstance(answer, dict) else None
    if action not in ("accept", "decline", "cancel"):
        raise ValueError('an elicitation answer has "action": accept, decline or cancel')
    return str(action)


def _is_root(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("uri"), str)
