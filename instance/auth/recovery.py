"""The recovery card: ten codes to print, each good once, for a lost password or a lost second factor. Kept as keyed hashes."""

import secrets

from sqlalchemy import Connection, delete, func, insert, select, update

from instance.db.people import recovery_code
from instance.db.unit import Unit
from instance.vault import Vault

CODES = 10
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else on paper
PARTS, PART = 3, 4


def make(u: Unit, login_id: int) -> list[str]:
    """A new card; the old one is void. The codes are known this once only."""
    codes = [
        "-".join("".join(secrets.choice(ALPHABET) for _ in range(PART)) for _ in range(PARTS)) for _ in range(CODES)
    ]
    u.connection.execute(delete(recovery_code).where(recovery_code.c.login_id == login_id))
    rows = [{"login_id": login_id, "code_hash": _hash(u.site.vault, login_id, code)} for code in codes]
    u.connection.execute(insert(recovery_code), rows)
    return codes


def use(u: Unit, login_id: int, code: str) -> bool:
    """Use a code up; False if it is none of hers or used. Capitals, spaces and dashes don't matter."""
    which = update(recovery_code).where(
        recovery_code.c.login_id == login_id,
        recovery_code.c.code_hash == _hash(u.site.vault, login_id, code),
        recovery_code.c.used_at.is_(None),
    )
    return u.connection.execute(which.values(used_at=u.now)).rowcount == 1


def left(connection: Connection, login_id: int) -> int:
    """How many codes are still good."""
    unused = (recovery_code.c.login_id == login_id) & recovery_code.c.used_at.is_(None)
    return int(connection.execute(select(func.count()).select_from(recovery_code).where(unused)).scalar_one())


def _hash(vault: Vault, login_id: int, code: str) -> str:
    plain = "".join(letter for letter in code.lower() if letter in ALPHABET)
    return vault.mac("recovery code", f"{login_id} {plain}")
