"""A resolver of names that says what a test wants, once or differently each time."""

import socket
from collections.abc import Sequence
from typing import Any

import pytest


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: Sequence[str]) -> list[object]:
    """Answer each look-up with the next row; the last row stays. Return what was looked up."""
    asked: list[object] = []

    def resolve(host: object, port: object, *_: object, **__: object) -> list[Any]:
        asked.append(host)
        found = answers[min(len(asked), len(answers)) - 1]
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (address, port, 0, 0) if ":" in address else (address, port),
            )
            for address in found
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked
