"""What a data folder remembers: the command line finds the running instance; a base URL changes in development only."""

import json
import stat
from pathlib import Path

import pytest

from instance.remembered import load_remembered, recall, remember, settle_base_url
from instance.settings import Settings, SettingsError, load


def _development(data: Path, **given: object) -> Settings:
    return load({"SKERRY_MODE": "development"}, data=data, **given)


def _production(data: Path, url: str) -> Settings:
    return load({"SKERRY_BASE_URL": url, "SKERRY_CONTACT_EMAIL": "a@b.example"}, data=data)


def test_the_command_line_finds_the_same_instance(tmp_path: Path) -> None:
    settings = _development(tmp_path, port=8123, database_url="postgresql://u:secret@db/x")
    remember(settings)
    found = load_remembered(tmp_path, {})
    assert (found.base_url, found.mode, found.database) == (settings.base_url, settings.mode, settings.database)
    assert load_remembered(None, {"SKERRY_DATA": str(tmp_path)}).base_url == settings.base_url
    told = load_remembered(tmp_path, {"SKERRY_BASE_URL": "https://other.example"})
    assert told.base_url == settings.base_url  # the running instance's own, whatever the shell says
    path = tmp_path / "instance.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600  # a database URL can hold a password
    assert [p.name for p in tmp_path.iterdir()] == ["instance.json"]


def test_the_command_line_asks_other_servers_as_the_instance_does(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text("")
    remember(_development(tmp_path, trusted_ca=authority, allow_private_peers="127.0.0.0/8,10.1.0.0/16"))
    found = load_remembered(tmp_path, {})
    assert found.trusted_ca == authority.resolve()
    assert [str(network) for network in found.allow_private_peers] == ["127.0.0.0/8", "10.1.0.0/16"]
    with pytest.raises(SettingsError) as refused:  # for its address alone, not for what development allowed
        load_remembered(tmp_path, {"SKERRY_MODE": "production", "SKERRY_CONTACT_EMAIL": "a@b.example"})
    assert "ALLOW_PRIVATE_PEERS" not in str(refused.value)


def test_a_new_folder_remembers_nothing(tmp_path: Path) -> None:
    assert recall(tmp_path) == {}
    with pytest.raises(SettingsError, match="SKERRY_BASE_URL is missing"):
        load_remembered(tmp_path, {})


@pytest.mark.parametrize("content", ["{", "[]", "7", '"x"', '{"base_url": 7}'])
def test_a_damaged_file_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "instance.json").write_text(content)
    with pytest.raises(SettingsError, match=r"instance\.json is damaged"):
        load_remembered(tmp_path, {})


def test_development_may_move_production_may_not(tmp_path: Path) -> None:
    remember(_development(tmp_path, port=8001))
    assert settle_base_url(_development(tmp_path, port=8001)) is None
    assert settle_base_url(_development(tmp_path, port=8002)) == "http://127.0.0.1:8001"
    home = tmp_path / "home"
    home.mkdir()
    assert settle_base_url(_production(home, "https://a.example")) is None
    remember(_production(home, "https://a.example"))
    with pytest.raises(SettingsError, match=r"belongs to https://a\.example"):
        settle_base_url(_production(home, "https://b.example"))
    assert json.loads((home / "instance.json").read_text())["mode"] == "production"
