"""Key pairs made once and used in many tests: making one takes 44 ms, and each member of each test needs one.

They are real keys; within one test nobody gets another one's. The making itself is tested in federation/test_signatures.
"""

import threading

from federation.signatures import keys


class KeyPairs:
    """A growing store of RSA pairs, handed out in the same order in every test."""

    def __init__(self) -> None:
        self._made: list[keys.Pair] = []
        self._next = 0
        self._lock = threading.Lock()
        self._make = keys.make

    def restart(self) -> None:
        """A new test begins: all pairs are free again."""
        self._next = 0

    def make(self, algorithm: str) -> keys.Pair:
        """Stands in for `federation.signatures.keys.make`."""
        if algorithm != keys.RSA:
            return self._make(algorithm)
        with self._lock:
            if self._next == len(self._made):
                self._made.append(self._make(algorithm))
            self._next += 1
            return self._made[self._next - 1]
