"""One POST of a form, on a connection of its own; bounded in time and size.

Must not be here: how it is sent (`posting`), what is asked, and what the answer means.
"""

from vtmcp.posting import ANSWER_BYTES_MAX, TOTAL_S, Answer, ExchangeError, Poster, Target
from vtmcp.posting import read_target as read_any_target


def read_target(url: str) -> Target:
    """Read the URL of an endpoint. Raises `ValueError` with what is accepted.

    What is sent there are tokens, so it is https, or http on this machine.
    """
    accepted = "an https URL such as https://issuer.example/introspect, or http on localhost"
    try:
        target = read_any_target(url)
    except ValueError as error:
        raise ValueError(f"{error}; accepted: {accepted}") from None
    if not target.is_private:
        raise ValueError(f"would send tokens unencrypted; accepted: {accepted}")
    return target


class FormClient:
    """POSTs forms to one target. `ca_file` replaces certifi's list of authorities."""

    def __init__(self, target: Target, *, ca_file: str = "", total_s: float = TOTAL_S) -> None:
        self._poster = Poster(target, ca_file=ca_file, total_s=total_s)

    async def post(self, form: bytes, authorization: str) -> Answer:
        """Send the form and return the whole answer. Raises `ExchangeError`."""
        headers = (
            ("authorization", authorization),
            ("content-type", "application/x-www-form-urlencoded"),
        )
        return await self._poster.post(form, headers)


__all__ = [
    "ANSWER_BYTES_MAX",
    "Answer",
    "ExchangeError",
    "FormClient",
    "Target",
    "read_target",
]
