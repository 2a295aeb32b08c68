"""The engine: one peer's conversation. Documents in, actions out.

    receive(document) -> what to do: run this call, send this, cancel that, hand over a reply
    answer, fail, pause   a handler's outcome -> the document to send, or nothing
    progress, log, publish, ask   what a handler says on the way

Two eras on one engine: a request with the modern keys in `_meta` stands for itself; any other
belongs to the legacy session that `initialize` opens. All state of a conversation is here.
Must not be here: `await`, a clock, a handler, or how a document travels.
"""

from typing import Any

from vtmcp.protocol import requests
from vtmcp.protocol.actions import Action, Call, Cancel, Hold, Reply, Send
from vtmcp.protocol.answered import Answered, Observe, unobserved
from vtmcp.protocol.codec import decode, encode
from vtmcp.protocol.errors import InternalError, InvalidRequest, MethodNotFound, RpcError
from vtmcp.protocol.framing import Document, Oversized
from vtmcp.protocol.inflight import Asks, Batch, Calls, InFlight
from vtmcp.protocol.lifecycle import State
from vtmcp.protocol.messages import (
    Json,
    Malformed,
    Message,
    Notification,
    Request,
    RequestId,
    Response,
    error_message,
    is_request_id,
    notification_message,
    read_message,
    request_message,
)
from vtmcp.protocol.profile import Profile
from vtmcp.protocol.results import InputRequired, shape
from vtmcp.protocol.session import Session
from vtmcp.protocol.subscriptions import Change, Listeners, declares, read_filter
from vtmcp.protocol.versions import LOG_LEVELS, METHODS, MODERN, Revision, known_fields

SUBSCRIPTION_ID = "io.modelcontextprotocol/subscriptionId"
SERVER_INFO = "io.modelcontextprotocol/serverInfo"


class Engine:
    """One conversation with one peer, in any of the five revisions."""

    def __init__(
        self, profile: Profile, session: Session | None = None, observe: Observe = unobserved
    ) -> None:
        self._profile = profile
        self._observe = observe
        self.session = Session() if session is None else session
        self._listeners = Listeners()
        self._calls = Calls()
        self._asks = Asks()

    # ---- documents in -------------------------------------------------------------------

    def receive(self, document: Document) -> list[Action]:
        """Take one document from the peer. Never raises on what a peer may send."""
        if isinstance(document, Oversized):
            text = f"Invalid request: the message is longer than {document.limit} bytes"
            return [self.refuse(None, InvalidRequest(text))]
        try:
            value = decode(document)
        except RpcError as error:
            return [self.refuse(None, error)]
        return self.receive_value(value)

    def receive_value(self, value: Any) -> list[Action]:
        """Take one document that has been decoded."""
        if isinstance(value, list):
            return self._receive_batch(value)
        return self._receive_message(read_message(value), None)

    def close(self) -> list[Action]:
        """End the conversation: subscriptions get their result, running calls are cancelled."""
        actions: list[Action] = []
        for request_id in self._listeners.ids():
            meta = {SUBSCRIPTION_ID: request_id}
            actions += self.answer(request_id, {"_meta": meta})
            self._listeners.close(request_id)
        for request_id in self._calls.ids():
            actions += self._cancel(request_id)
        self.session.state = State.CLOSED
        return actions

    def refuse(self, request_id: RequestId | None, error: RpcError) -> Send:
        """The answer to what never became a request under way."""
        message = self._refusal(request_id, error)
        return Send(encode(message), None, message["error"]["code"])

    # ---- outcomes -----------------------------------------------------------------------

    def answer(self, request_id: RequestId, result: Json) -> list[Action]:
        """The handler's result, written for the peer. Nothing if it was cancelled meanwhile."""
        call = self._calls.end(request_id)
        if call is None:
            return []
        actions = self._withdrawn(request_id, "the call has ended")
        try:
            return actions + self._respond(
                request_id, call, {"result": self._finish(call, result)}, 0
            )
        except (KeyError, TypeError, AttributeError, ValueError):
            error = InternalError("The server made a result that cannot be sent")
            return actions + self._respond_error(request_id, call, error)

    def fail(self, request_id: RequestId, error: RpcError) -> list[Action]:
        """The handler's error, with the code that the peer's revision has for it."""
        call = self._calls.end(request_id)
        if call is None:
            return []
        actions = self._withdrawn(request_id, "the call has failed")
        return actions + self._respond_error(request_id, call, error)

    def pause(self, request_id: RequestId, pause: InputRequired, state: str) -> list[Action]:
        """Answer `input_required`: the client is to ask and call again with `state`."""
        call = self._calls.end(request_id)
        if call is None:
            return []
        questions = {"inputRequests": pause.requests, "requestState": state}
        result = self._stamped({"resultType": "input_required", **questions})
        return self._respond(request_id, call, {"result": result}, 0)

    # ---- on the way ---------------------------------------------------------------------

    def progress(
        self,
        request_id: RequestId,
        progress: float,
        total: float | None = None,
        message: str | None = None,
    ) -> list[Action]:
        """A progress notice; nothing without a token, after the end, or if it does not rise."""
        call = self._calls.get(request_id)
        token = None if call is None else call.progress_token
        if call is None or token is None:
            return []
        if call.progress is not None and not progress > call.progress:
            return []
        call.progress = progress
        params: Json = {"progressToken": token, "progress": progress}
        if total is not None:
            params["total"] = total
        if message is not None:
            params["message"] = message
        params = known_fields(call.revision, "progress", params)
        return [_notice("notifications/progress", params, request_id)]

    def log(
        self, request_id: RequestId, level: str, data: Any, logger: str | None = None
    ) -> list[Action]:
        """A log message of a call, if its client wants that level (RFC 5424 names)."""
        call = self._calls.get(request_id)
        if call is None or "logging" not in self._profile.capabilities:
            return []
        if not self._wants_level(call, level):
            return []
        params = {"level": level, "data": data}
        if logger is not None:
            params["logger"] = logger
        return [_notice("notifications/message", params, request_id)]

    def ask(self, request_id: RequestId, method: str, params: Json) -> tuple[RequestId, Send]:
        """A request to a legacy peer during a call: its id, and the document."""
        ask_id = self._asks.begin(request_id)
        return ask_id, Send(encode(request_message(ask_id, method, params)), request_id)

    def withdraw(self, ask_id: RequestId, request_id: RequestId, reason: str) -> list[Action]:
        """Give up an ask that was not answered; a late answer will be dropped."""
        if not self._asks.end(ask_id):
            return []
        params = {"requestId": ask_id, "reason": reason}
        return [_notice("notifications/cancelled", params, request_id)]

    def publish(self, change: Change) -> list[Action]:
        """Tell of a change everyone who asked to hear of it."""
        actions: list[Action] = []
        if self.session.hears(change, self._profile.capabilities):
            actions.append(_notice(change.method, change.params(), None))
        for request_id in self._listeners.hearing(change):
            params = {**change.params(), "_meta": {SUBSCRIPTION_ID: request_id}}
            actions.append(_notice(change.method, params, request_id))
        return actions

    # ---- one message --------------------------------------------------------------------

    def _receive_message(self, message: Message, batch: Batch | None) -> list[Action]:
        if isinstance(message, Request):
            return self._receive_request(message, batch)
        if isinstance(message, Notification):
            return self._receive_notification(message)
        if isinstance(message, Response):
            return self._receive_response(message)
        return [self.refuse(message.id, message.error)]

    def _receive_batch(self, items: list[Any]) -> list[Action]:
        if not self.session.is_open or not self.session.revision.batches:
            text = "Invalid request: this protocol revision has no batches; send one message each"
            return [self.refuse(None, InvalidRequest(text))]
        if not items:
            return [self.refuse(None, InvalidRequest("Invalid request: the batch is empty"))]
        batch, actions = Batch(), list[Action]()
        for item in items:
            actions += self._receive_message_of_batch(read_message(item), batch)
        batch.closed = True
        return actions + self._flush(batch, None)

    def _receive_message_of_batch(self, message: Message, batch: Batch) -> list[Action]:
        if isinstance(message, Malformed):
            batch.responses.append(self._refusal(message.id, message.error))
            return []
        if isinstance(message, Request):
            alone = message.method == "initialize" or requests.is_modern(message)
            if alone:
                error = InvalidRequest(f"Invalid request: {message.method} may not be in a batch")
                batch.responses.append(self._refusal(message.id, error))
                return []
        return self._receive_message(message, batch)

    def _receive_request(self, message: Request, batch: Batch | None) -> list[Action]:
        modern = requests.is_modern(message) or (
            self.session.state is State.NEW and requests.is_modern_only(message.method)
        )
        revision = MODERN if modern else self.session.revision
        call = InFlight(message.method, message.params, revision, batch)
        try:
            self._calls.begin(message.id, call)
        except InvalidRequest as error:
            # The id stays with the first request; this refusal only looks like its answer.
            if batch is None:
                return [self.refuse(message.id, error)]
            batch.responses.append(self._refusal(message.id, error))
            return []
        if batch is not None:
            batch.waiting += 1
        try:
            return self._admit(message, call)
        except RpcError as error:
            return self.fail(message.id, error)

    def _admit(self, message: Request, call: InFlight) -> list[Action]:
        if call.revision.modern and self.session.state is not State.CLOSED:
            client = requests.read_client(message.params)
        else:
            # Only a request may take the session's next step, whatever a request is called.
            self.session.step(message.method if message.method in METHODS else "")
            client = self.session.client
        self._check_method(message.method, call.revision)
        here = _HERE.get(message.method)
        if here is not None:
            return here(self, message)
        return [Call(message.id, message.method, message.params, call.revision, client)]

    def _check_method(self, name: str, revision: Revision) -> None:
        method = METHODS.get(name)
        served = method is not None and (method.modern if revision.modern else method.legacy)
        if method is None or not served:
            raise MethodNotFound(f"Method not found: {name[:100]} (revision {revision.name})")
        if method.capability and method.capability not in self._profile.capabilities:
            text = f"Method not found: {name} (this server declares no {method.capability})"
            raise MethodNotFound(text)

    def _receive_notification(self, message: Notification) -> list[Action]:
        if message.method == "notifications/cancelled":
            request_id = message.params.get("requestId")
            return self._cancel(request_id) if is_request_id(request_id) else []
        if message.method == "notifications/initialized":
            self.session.confirm()
        return []

    def _receive_response(self, message: Response) -> list[Action]:
        if message.id is None or not self._asks.end(message.id):
            return []
        return [Reply(message.id, message.result, message.error)]

    def _cancel(self, request_id: RequestId) -> list[Action]:
        call = self._calls.end(request_id)
        if call is None:
            return []
        self._listeners.close(request_id)
        actions: list[Action] = [Cancel(request_id)]
        actions += self._withdrawn(request_id, "the call was cancelled")
        if call.batch is not None:
            call.batch.waiting -= 1
            actions += self._flush(call.batch, request_id)
        return actions

    def _withdrawn(self, request_id: RequestId, reason: str) -> list[Action]:
        actions: list[Action] = []
        for ask_id in self._asks.of_call(request_id):
            actions += self.withdraw(ask_id, request_id, reason)
        return actions

    def _wants_level(self, call: InFlight, level: str) -> bool:
        if not call.revision.modern:
            return self.session.hears_level(level)
        wanted = call.meta.get(requests.LOG_LEVEL)
        return wanted is not None and LOG_LEVELS.index(level) >= LOG_LEVELS.index(wanted)

    # ---- methods that are the engine's own state ----------------------------------------

    def _initialize(self, message: Request) -> list[Action]:
        revision = self.session.greet(message.params)
        self._calls.revise(message.id, revision)
        return self.answer(message.id, self._profile.initialize_result(revision))

    def _ping(self, message: Request) -> list[Action]:
        return self.answer(message.id, {})

    def _set_level(self, message: Request) -> list[Action]:
        self.session.set_level(message.params)
        return self.answer(message.id, {})

    def _subscribe(self, message: Request) -> list[Action]:
        self.session.watch(self._read_subscription(message))
        return self.answer(message.id, {})

    def _unsubscribe(self, message: Request) -> list[Action]:
        self.session.unwatch(self._read_subscription(message))
        return self.answer(message.id, {})

    def _read_subscription(self, message: Request) -> str:
        if not declares(self._profile.capabilities, "resources", "subscribe"):
            raise MethodNotFound(f"Method not found: {message.method} (not declared)")
        return requests.read_string(message.params, "uri")

    def _discover(self, message: Request) -> list[Action]:
        return self.answer(message.id, self._profile.discover_result(MODERN))

    def _listen(self, message: Request) -> list[Action]:
        wanted, honoured = read_filter(message.params, self._profile.capabilities)
        self._listeners.open(message.id, wanted)
        params = {"notifications": honoured, "_meta": {SUBSCRIPTION_ID: message.id}}
        acknowledged = _notice("notifications/subscriptions/acknowledged", params, message.id)
        return [acknowledged, Hold(message.id)]

    # ---- documents out ------------------------------------------------------------------

    def _finish(self, call: InFlight, result: Json) -> Json:
        result = shape(call.revision, call.method, result)
        if not call.revision.modern:
            return result
        if METHODS[call.method].cached:
            hints: Json = {"ttlMs": self._profile.ttl_ms, "cacheScope": self._profile.cache_scope}
            result = hints | result
        return self._stamped({"resultType": "complete", **result})

    def _stamped(self, result: Json) -> Json:
        meta = {**result.get("_meta", {}), SERVER_INFO: self._profile.server_info(MODERN)}
        return {**result, "_meta": meta}

    def _respond(
        self, request_id: RequestId, call: InFlight, outcome: Json, reply: int
    ) -> list[Action]:
        message = {"jsonrpc": "2.0", "id": request_id, **outcome}
        if call.batch is None:
            document = encode(message)
            self._observe(Answered(call.method, call.params, reply, len(document)))
            return [Send(document, request_id, reply)]
        self._observe(Answered(call.method, call.params, reply, 0))
        call.batch.waiting -= 1
        call.batch.responses.append(message)
        return self._flush(call.batch, request_id)

    def _respond_error(
        self, request_id: RequestId, call: InFlight, error: RpcError
    ) -> list[Action]:
        body = error.body(call.revision.name)
        return self._respond(request_id, call, {"error": body}, body["code"])

    def _refusal(self, request_id: RequestId | None, error: RpcError) -> Json:
        body = error.body(self.session.revision.name)
        self._observe(Answered("", {}, body["code"], 0))
        return error_message(request_id, body)

    def _flush(self, batch: Batch, about: RequestId | None) -> list[Action]:
        if not batch.complete or not batch.responses:
            return []
        responses, batch.responses = batch.responses, []
        return [Send(encode(responses), about, 0)]


def _notice(method: str, params: Json, about: RequestId | None) -> Send:
    return Send(encode(notification_message(method, params)), about)


_HERE = {
    "initialize": Engine._initialize,
    "ping": Engine._ping,
    "logging/setLevel": Engine._set_level,
    "resources/subscribe": Engine._subscribe,
    "resources/unsubscribe": Engine._unsubscribe,
    "server/discover": Engine._discover,
    "subscriptions/listen": Engine._listen,
}
"""Methods that only read or change the engine's own state are answered here, at once."""
