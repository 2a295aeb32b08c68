"""What the owner may set, with defaults that bound everything."""

from dataclasses import fields

from vtmcp.victoriatraces.settings import Settings

LIMITS_S = ("connect", "tls", "first_byte", "read", "total")


def test_everything_is_bounded_by_default() -> None:
    settings = Settings(entrypoint="http://db")
    limits_s = [getattr(settings, f"{name}_timeout_s") for name in LIMITS_S]
    assert limits_s == [5, 5, 30, 30, 60]
    assert (settings.response_bytes_max, settings.connections_max) == (64 * 2**20, 8)


def test_nothing_is_relaxed_by_default() -> None:
    settings = Settings(entrypoint="http://db")
    assert not settings.allow_insecure
    assert settings.allowed_hosts == ()


def test_secrets_and_paths_are_not_shown() -> None:
    planted = {
        field.name: "s3cret"
        for field in fields(Settings)
        if field.name.endswith("_file") or field.name == "bearer_token"
    }
    settings = Settings(entrypoint="http://db", headers=(("X", "s3cret"),), **planted)  # type: ignore[arg-type]
    assert len(planted) == 6
    assert "s3cret" not in repr(settings)
