"""Container files and the systemd unit: small checks of what a linter would ask, and that settings they name exist."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from instance.settings import unknown_variables

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
UNIT = (ROOT / "deploy" / "skerry.service").read_text()
OURS = ["migrate", "web", "worker"]


def _instructions() -> list[tuple[str, str]]:
    joined = re.sub(r"\\\n\s*", " ", DOCKERFILE)
    lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in lines]


def test_image_is_small_and_pinned() -> None:
    found = _instructions()
    bases = [value.split(" AS ")[0] for name, value in found if name == "FROM"]
    assert len(bases) == 2
    assert all(re.search(r":\d+\.\d+-slim", base) for base in bases)
    assert [value for name, value in found if name == "ADD"] == []
    installs = [value for name, value in found if name == "RUN" and "pip install" in value]
    assert installs
    assert all("--require-hashes" in value and "requirements.lock" in value for value in installs)
    assert "apt-get" not in DOCKERFILE  # the final image has what its base has, no more


def test_image_runs_as_nobody_in_particular() -> None:
    found = _instructions()
    last = found[max(n for n, (name, _) in enumerate(found) if name == "FROM") :]
    assert ("USER", "10001:10001") in last
    names = [name for name, _ in last]
    assert names.index("USER") > max(n for n, name in enumerate(names) if name in {"RUN", "COPY"})
    assert names[-2:] == ["ENTRYPOINT", "CMD"]
    assert {"HEALTHCHECK", "STOPSIGNAL", "VOLUME"} <= set(names)
    assert all(value.startswith("[") for name, value in last if name in {"ENTRYPOINT", "CMD"})


def test_image_copies_what_the_ignore_file_lets_in() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {value.split()[0] for name, value in _instructions() if name == "COPY" and "--from" not in value}
    assert copied == allowed
    assert all((ROOT / path).exists() for path in copied)


@pytest.mark.parametrize("name", list(SERVICES))
def test_service_has_no_more_rights_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("privileged") is None
    assert not service["image"].endswith(":latest")
    assert ":" in service["image"]
    assert ("ports" in service) == (name == "caddy")
    assert "/var/run/docker.sock" not in str(service.get("volumes"))


def test_services_wait_for_what_they_need() -> None:
    for name in ("web", "worker"):
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        assert "inside" in SERVICES[name]["networks"]
    assert SERVICES["migrate"]["depends_on"]["db"] == {"condition": "service_healthy"}
    assert SERVICES["caddy"]["depends_on"]["web"] == {"condition": "service_healthy"}
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    for name in ("db", "redis"):
        assert SERVICES[name]["networks"] == ["inside"]
        assert "healthcheck" in SERVICES[name]


def test_only_our_proxy_is_believed() -> None:
    subnet = COMPOSE["networks"]["outside"]["ipam"]["config"][0]["subnet"]
    assert all(SERVICES[name]["environment"]["SKERRY_TRUSTED_PROXIES"] == subnet for name in OURS)


def test_settings_that_they_name_exist() -> None:
    named = {key for name in OURS for key in SERVICES[name]["environment"]}
    named |= set(re.findall(r"\b(SKERRY_[A-Z_]+)=", DOCKERFILE + UNIT))
    assert unknown_variables(dict.fromkeys(named, "")) == []
    wanted = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "compose.yaml").read_text())) - {"SKERRY_WORKERS"}
    given = set(re.findall(r"^([A-Z_]+)=", (ROOT / "deploy" / "env.example").read_text(), re.MULTILINE))
    assert wanted == given


def test_secrets_are_asked_for_not_given() -> None:
    text = (ROOT / "compose.yaml").read_text()
    assert "${POSTGRES_PASSWORD:?" in text
    assert re.search(r"^POSTGRES_PASSWORD=$", (ROOT / "deploy" / "env.example").read_text(), re.MULTILINE)


def test_unit_is_hardened() -> None:
    for line in (
        "ProtectSystem=strict",
        "NoNewPrivileges=true",
        "CapabilityBoundingSet=",
        "PrivateDevices=true",
        "MemoryDenyWriteExecute=true",
        "SystemCallFilter=@system-service",
        "UMask=0077",
    ):
        assert f"\n{line}\n" in UNIT
    if shutil.which("systemd-analyze"):
        command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", "deploy/skerry.service"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-600:]


def test_caddy_passes_streams_and_hides_numbers() -> None:
    text = (ROOT / "deploy" / "Caddyfile").read_text()
    assert "flush_interval -1" in text
    assert "respond /metrics 404" in text
    assert text.count("{") == text.count("}")
