"""Tenants: what is read, what is refused, how they look."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtmcp.traces.tenant import TENANT_PART_MAX, Tenant, parse_tenant

READ = {
    "an account": ("7", Tenant(7, 0)),
    "an account and a project": ("7:3", Tenant(7, 3)),
    "zeros": ("0:0", Tenant()),
    "zeros in front": ("007:03", Tenant(7, 3)),
    "white space around": (" 7:3\n", Tenant(7, 3)),
    "the largest": (f"{TENANT_PART_MAX}:{TENANT_PART_MAX}", Tenant(TENANT_PART_MAX, 2**32 - 1)),
}

REFUSED = {
    "an empty text": "",
    "a word": "shop",
    "no account": ":3",
    "no project after the colon": "7:",
    "three parts": "7:3:1",
    "a sign": "-1",
    "a fraction": "1.5",
    "a space within": "7: 3",
    "a line break within": "7\n:3",
    "digits of another script": "٣",
    "more than 32 bits": str(TENANT_PART_MAX + 1),
    "a project of more than 32 bits": f"0:{TENANT_PART_MAX + 1}",
    "a header of its own": "7\r\nX-Evil: 1",
    "a very long text": "7" * 5_000,
}


@pytest.mark.parametrize(("text", "tenant"), READ.values(), ids=READ)
def test_a_tenant_is_read(text: str, tenant: Tenant) -> None:
    assert parse_tenant(text) == tenant


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_is_no_tenant_is_refused_with_what_is_accepted(text: str) -> None:
    with pytest.raises(ValueError, match="is not a tenant; accepted: AccountID or") as refusal:
        parse_tenant(text)
    assert len(str(refusal.value)) < 250
    assert str(refusal.value).isprintable()


@given(st.builds(Tenant, *[st.integers(0, TENANT_PART_MAX)] * 2))
def test_what_we_write_is_read_back(tenant: Tenant) -> None:
    assert parse_tenant(str(tenant)) == tenant
