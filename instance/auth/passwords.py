"""Passwords: argon2id (m=19456 KiB, t=2, p=1), worked on by two threads at most so that sign-ins can't eat the machine."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from instance.errors import RefusalError
from instance.i18n import N_

SHORTEST, LONGEST = 8, 128

_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_threads = ThreadPoolExecutor(2, thread_name_prefix="passwords")

# Of no password: what is checked for a name that nobody has, so that known and unknown names take the same time.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$sVYQx3C73VHT1ZcjIrpcjA$myxciMMGjcqYFzJxIeLinh1/rHPUDiHaAQTh+oO6GQc"


def check_strength(password: str) -> None:
    """Raise RefusalError for a password that is too short or too long."""
    if len(password) < SHORTEST:
        raise RefusalError("password-short", N_("Choose a password of at least {least} characters."), least=SHORTEST)
    if len(password) > LONGEST:
        raise RefusalError("password-long", N_("Choose a password of at most {most} characters."), most=LONGEST)


def hash_now(password: str) -> str:
    """Hash in this thread (command line). Takes some 20 ms."""
    return _hasher.hash(password)


async def hash_password(password: str) -> str:
    """Hash a new password. Raises RefusalError if it is too short or too long."""
    check_strength(password)
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher.hash, password)


async def verify(password: str, password_hash: str | None) -> bool:
    """Whether this is the password; None (nobody has that name) takes as long and is False."""
    if len(password) > LONGEST:
        return False
    return await asyncio.get_running_loop().run_in_executor(_threads, _verify, password, password_hash)


def _verify(password: str, password_hash: str | None) -> bool:
    try:
        right = _hasher.verify(password_hash or _NOBODY, password)
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False
    return right and password_hash is not None
