"""Settings: a wrong value is one sentence that names the setting and the remedy; production refuses what is unsafe."""

from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instance.settings import Mode, Registration, Settings, SettingsError, load, unknown_variables

DEVELOPMENT = {"SKERRY_MODE": "development", "SKERRY_DATA": "/nonexistent"}
PRODUCTION = {
    "SKERRY_DATA": "/nonexistent",
    "SKERRY_BASE_URL": "https://circle.example",
    "SKERRY_CONTACT_EMAIL": "steward@circle.example",
}
NAMES = [f.name for f in fields(Settings) if f.name != "data"]
TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["", "0", "1", "-1", "65536", "http://", "https://x:y", "redis://", "127.0.0.1/8", "10.0.0.1/8,", "//"]
    ),
    st.text("htps:/.@[]#?&=%0123456789abc \t", max_size=30),
)


def _variable(name: str) -> str:
    return "REDIS_URL" if name == "redis_url" else f"SKERRY_{name.upper()}"


@given(st.sampled_from(NAMES), TEXTS, st.sampled_from([DEVELOPMENT, PRODUCTION]))
def test_any_text_is_a_setting_or_a_sentence(name: str, text: str, base: dict[str, str]) -> None:
    settings, sentence = _loaded({**base, _variable(name): text.replace("\0", "")})
    if settings is None:
        assert "\n" not in sentence.replace(text, "")
        assert len(sentence) > 20
    else:
        assert isinstance(settings, Settings)
        assert isinstance(settings.domain, str)
        assert settings.base_url.startswith(("http://", "https://"))
        assert settings.database.startswith(("sqlite:", "postgres"))


@given(
    st.dictionaries(
        st.sampled_from([*NAMES, "nonsense"]),
        st.one_of(st.booleans(), st.integers(), st.floats(), TEXTS, st.lists(TEXTS, max_size=2)),
        max_size=3,
    )
)
def test_any_toml_is_a_setting_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, table: dict[str, object]
) -> None:
    path = tmp_path_factory.mktemp("toml") / "skerry.toml"
    path.write_text("".join(f"{key} = {_toml(value)}\n" for key, value in table.items()))
    settings, sentence = _loaded({**DEVELOPMENT, "SKERRY_CONFIG": str(path)})
    assert settings is not None or len(sentence) > 20


def _loaded(environ: dict[str, str]) -> tuple[Settings | None, str]:
    try:
        return load(environ), ""
    except SettingsError as error:
        return None, str(error)


def test_a_wrong_secret_is_not_shown() -> None:
    with pytest.raises(SettingsError) as raised:
        load({**DEVELOPMENT, "SKERRY_DATABASE_URL": "mysql://skerry:hunter2@db/skerry"})
    assert "hunter2" not in str(raised.value)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(c):08X}" for c in value if not 0xD800 <= ord(c) < 0xE000) + '"'
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return str(value)


def test_development_needs_nothing() -> None:
    settings = load(DEVELOPMENT, port=8123)
    assert settings.base_url == "http://127.0.0.1:8123"
    assert settings.domain == "127.0.0.1:8123"
    assert (settings.registration, settings.rate_limits, settings.allow_private_peers) == (Registration.OPEN, False, ())
    assert load(DEVELOPMENT, host="::1").base_url == "http://[::1]:8000"
    assert load(DEVELOPMENT, host="127.0.0.2", base_url="http://a.test").base_url == "http://a.test"


def test_production_is_the_default_and_is_careful() -> None:
    settings = load(PRODUCTION)
    assert settings.mode is Mode.PRODUCTION
    assert (settings.registration, settings.rate_limits) == (Registration.APPROVAL, True)
    assert settings.https


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SKERRY_BASE_URL", "http://circle.example", "not https"),
        ("SKERRY_BASE_URL", "", "SKERRY_BASE_URL is missing"),
        ("SKERRY_BASE_URL", "https://circle.example/path", "scheme, host and port only"),
        ("SKERRY_ALLOW_PRIVATE_PEERS", "127.0.0.2/32", "for development"),
        ("SKERRY_PUBLIC_POSTING", "1", "for development"),
        ("SKERRY_RATE_LIMITS", "0", "passwords could be guessed"),
        ("SKERRY_CONTACT_EMAIL", "", "a person who answers"),
        ("SKERRY_WORKERS", "2", "SQLite"),
        ("SKERRY_PORT", "0", "from 1 to 65535"),
        ("SKERRY_MODE", "test", "development, production"),
        ("SKERRY_TLS_CERT", __file__, "go together"),
        ("SKERRY_TRUSTED_CA", "/no/such/file", "not a file"),
        ("SKERRY_DATABASE_URL", "mysql://x", "postgresql"),
        ("SKERRY_MAIL_URL", "smtp://mail.example", "SKERRY_MAIL_FROM"),
        ("SKERRY_CONFIG", "/no/such.toml", "does not exist"),
        ("SKERRY_LOG_LEVEL", "loud", "SKERRY_LOG_LEVEL"),
        ("SKERRY_LOCALE", "../../etc", "SKERRY_LOCALE"),
    ],
)
def test_production_refuses(name: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load({**PRODUCTION, name: value})


def test_workers_need_postgres_and_redis() -> None:
    many = {**PRODUCTION, "SKERRY_WORKERS": "2", "SKERRY_DATABASE_URL": "postgresql://db/skerry"}
    with pytest.raises(SettingsError, match="REDIS_URL"):
        load(many)
    assert load({**many, "REDIS_URL": "redis://redis"}).workers == 2


def test_stronger_overrides_weaker(tmp_path: Path) -> None:
    (tmp_path / "skerry.toml").write_text('name = "From the file"\nport = 8001\ntrusted_proxies = ["10.0.0.0/8"]\n')
    environ = {"SKERRY_MODE": "development", "SKERRY_DATA": str(tmp_path), "SKERRY_PORT": "8002"}
    assert load(environ).name == "From the file"
    assert load(environ).port == 8002
    assert load(environ, port=8003).port == 8003
    assert str(load(environ).trusted_proxies[0]) == "10.0.0.0/8"
    (tmp_path / "skerry.toml").write_text("prot = 1\n")
    with pytest.raises(SettingsError, match="'prot', which is no setting"):
        load(environ)


def test_slips_of_the_pen_are_named() -> None:
    assert unknown_variables({"SKERRY_PROT": "1", "SKERRY_PORT": "1", "SKERRY_TEST_POSTGRES": "x", "HOME": "/"}) == [
        "SKERRY_PROT"
    ]
