"""The vault: what is sealed opens in its own cell with its own secret, and nowhere else."""

import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instance.vault import Vault, VaultError, load_or_make_secret

VAULT = Vault(b"s" * 32)
CELL = ("login", "email", 7)


@given(st.binary(max_size=200))
def test_what_is_sealed_opens(plain: bytes) -> None:
    sealed = VAULT.seal(plain, *CELL)
    assert VAULT.open(sealed, *CELL) == plain
    assert sealed != VAULT.seal(plain, *CELL)  # a fresh nonce each time
    assert len(plain) < 4 or plain not in sealed


@pytest.mark.parametrize(
    "cell", [("login", "email", 8), ("login", "totp", 7), ("post", "email", 7), ("login", "email", "7/x")]
)
def test_moved_to_another_cell_it_does_not_open(cell: tuple[str, str, int]) -> None:
    with pytest.raises(VaultError, match="does not open"):
        VAULT.open(VAULT.seal(b"a@b.example", *CELL), *cell)


def test_another_secret_is_told_apart() -> None:
    with pytest.raises(VaultError, match="another secret"):
        Vault(b"t" * 32).open(VAULT.seal(b"x", *CELL), *CELL)


@given(st.integers(min_value=0), st.integers(1, 255))
def test_every_changed_byte_is_noticed(place: int, change: int) -> None:
    sealed = bytearray(VAULT.seal(b"a@b.example", *CELL))
    sealed[place % len(sealed)] ^= change
    with pytest.raises(VaultError):
        VAULT.open(bytes(sealed), *CELL)


@given(st.binary(max_size=40))
def test_rubbish_does_not_open(rubbish: bytes) -> None:
    with pytest.raises(VaultError):
        VAULT.open(rubbish, *CELL)
    with pytest.raises(VaultError):
        VAULT.open(VAULT.seal(b"", *CELL)[:4] + rubbish[:11], *CELL)


def test_keys_differ_by_purpose() -> None:
    assert VAULT.derive("a") != VAULT.derive("b")
    assert VAULT.mac("email", "x") != VAULT.mac("phone", "x")
    assert VAULT.mac("email", "x") == Vault(b"s" * 32).mac("email", "x") != Vault(b"t" * 32).mac("email", "x")


def test_the_secret_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret.key"
    made = load_or_make_secret(path)
    assert len(made) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_make_secret(path) == made
    assert os.listdir(path.parent) == ["secret.key"]


def test_two_first_starts_agree(tmp_path: Path) -> None:
    found: list[bytes] = []
    path = tmp_path / "secret.key"
    threads = [threading.Thread(target=lambda: found.append(load_or_make_secret(path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_bad_secret_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    with pytest.raises(VaultError, match="restore it"):
        load_or_make_secret(path, may_make=False)
    path.write_bytes(b"short")
    path.chmod(0o600)
    with pytest.raises(VaultError, match="too short"):
        load_or_make_secret(path)
    path.write_bytes(b"x" * 32)
    path.chmod(0o640)
    with pytest.raises(VaultError, match="chmod 600"):
        load_or_make_secret(path)
    with pytest.raises(VaultError, match="32 bytes"):
        Vault(b"x" * 31)
