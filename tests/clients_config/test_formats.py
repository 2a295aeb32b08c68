"""The net under the editors: what was merged is read again before it counts."""

import pytest

from vtmcp.clients import formats
from vtmcp.clients.faults import CannotEdit

WRONG = {
    "something is lost": '{"a": 1}',
    "something is changed": '{"a": true, "b": 1}',
    "the entry is not there": '{"a": 1, "c": 1}',
}


@pytest.mark.parametrize("edited", WRONG.values(), ids=WRONG)
def test_an_edit_that_went_wrong_is_refused(edited: str, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = formats.FORMATS["json"]._replace(merge=lambda text, wanted, stale: edited)
    monkeypatch.setitem(formats.FORMATS, "json", broken)
    with pytest.raises(CannotEdit, match="written in a way that is not edited here"):
        formats.merge("json", '{"a": 1}', {"b": 1})
