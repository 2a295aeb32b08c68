"""Questions by the server's client: headers, times, and no secret in an answer."""

from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.doctor.database import NOW_NS, Database, serving, text
from vtmcp.doctor.asking import Asked, Asker
from vtmcp.traces.model import SourceError
from vtmcp.traces.tenant import Tenant
from vtmcp.victoriatraces.settings import Settings

pytestmark = pytest.mark.anyio


async def asked(database: Database, *, of_all: bool = False, **settings: Any) -> Asked:
    at = Settings(entrypoint=f"{database.url}/vt", **settings)
    asker = Asker(at, Tenant(7, 3), lambda: NOW_NS)
    with anyio.fail_after(5):
        answer = await (asker.get_of_all if of_all else asker.get)("/health")
        await asker.aclose()
    return answer


async def test_it_is_asked_as_the_server_would_ask() -> None:
    async with serving({"/vt/health": text("OK")}) as database:
        answer = await asked(database, bearer_token="s3cret")
    assert answer.response.text == "OK"
    assert answer.sent_ns == NOW_NS
    assert 0 < answer.took_s < 5
    headers = database.headers_of("/vt/health")
    assert headers["authorization"] == "Bearer s3cret"
    assert (headers["accountid"], headers["projectid"]) == ("7", "3")


async def test_what_is_about_all_tenants_is_asked_as_none() -> None:
    async with serving({"/vt/health": text("OK")}) as database:
        await asked(database, of_all=True)
    assert not {"accountid", "projectid"} & set(database.headers_of("/vt/health"))


async def test_an_answer_that_repeats_a_secret_is_masked() -> None:
    async with serving({"/vt/health": text("you sent Bearer s3cret", 401)}) as database:
        answer = await asked(database, bearer_token="s3cret")
    assert answer.response.text == "you sent (secret)"


async def test_a_file_that_has_gone_since_the_start(tmp_path: Path) -> None:
    async with serving({}) as database:
        with pytest.raises(SourceError, match="the file that VT_INSTANCE_BEARER_TOKEN_FILE names"):
            await asked(database, bearer_token_file=str(tmp_path / "gone"))
    assert database.requests == []
