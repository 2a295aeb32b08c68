"""The words of recipes: which span each of them makes."""

import pytest

from vtmcp.demo.recipe import (
    Work,
    called,
    consumed,
    published,
    redis,
    remote,
    remote_procedure,
    served,
    sql,
)

ANSWER = served("cart", "GET /cart/{user}")

WORDS: dict[str, tuple[Work, tuple[str, str, str], dict[str, str]]] = {
    "a request that is answered": (
        ANSWER,
        ("cart", "GET /cart/{user}", "server"),
        {"http.request.method": "GET", "http.route": "/cart/{user}"},
    ),
    "the same request, as its caller sees it": (
        called("frontend", ANSWER),
        ("frontend", "GET", "client"),
        {"server.address": "cart", "url.full": "http://cart:8080/cart/{user}"},
    ),
    "a call to somebody else": (
        remote("payment", "POST", "https://bank.example/v1", server="bank.example"),
        ("payment", "POST", "client"),
        {"server.address": "bank.example", "http.response.status_code": "200"},
    ),
    "a remote procedure": (
        remote_procedure("checkout", "cart", "shop.Cart/Get"),
        ("checkout", "shop.Cart/Get", "client"),
        {"rpc.system": "grpc", "rpc.service": "shop.Cart", "rpc.method": "Get"},
    ),
    "a select": (
        sql("cart", "SELECT a, b FROM carts WHERE id = $1"),
        ("cart", "SELECT carts", "client"),
        {"db.system": "postgresql", "db.statement": "SELECT a, b FROM carts WHERE id = $1"},
    ),
    "an insert": (
        sql("cart", "INSERT INTO carts (id) VALUES ($1)"),
        ("cart", "INSERT carts", "client"),
        {"db.collection.name": "carts", "db.operation.name": "INSERT"},
    ),
    "an update": (
        sql("cart", "UPDATE carts SET a = 1"),
        ("cart", "UPDATE carts", "client"),
        {"db.collection.name": "carts", "db.namespace": "cart"},
    ),
    "a Redis command": (
        redis("cart", "HGETALL", "cart:{user}"),
        ("cart", "HGETALL", "client"),
        {"db.system": "redis", "server.port": "6379"},
    ),
    "a message that is sent": (
        published("checkout", "order.placed", ANSWER),
        ("checkout", "publish order.placed", "producer"),
        {"messaging.system": "kafka", "messaging.destination.name": "order.placed"},
    ),
    "a message that is taken": (
        consumed("email", "order.placed", wait_us=(1, 2)),
        ("email", "process order.placed", "consumer"),
        {"messaging.operation.type": "process", "messaging.consumer.group.name": "email"},
    ),
}


@pytest.mark.parametrize(("work", "who", "attributes"), WORDS.values(), ids=WORDS)
def test_a_word_makes_a_span(
    work: Work, who: tuple[str, str, str], attributes: dict[str, str]
) -> None:
    assert (work.service, work.name, work.kind) == who
    assert attributes.items() <= work.attributes.items()


def test_a_call_stands_above_what_it_calls() -> None:
    assert called("frontend", ANSWER).below == (ANSWER,)
    procedure = remote_procedure("checkout", "cart", "shop.Cart/Get", ANSWER)
    assert [below.service for below in procedure.below] == ["cart"]
    assert procedure.below[0].below == (ANSWER,)


def test_a_sender_does_not_wait_for_who_takes_the_message() -> None:
    assert consumed("email", "order.placed", wait_us=(1, 2)).detached
