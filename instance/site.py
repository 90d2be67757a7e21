"""What every service needs to know of the instance it works in: its addresses, its vault and its clock."""

from dataclasses import dataclass, field

from instance.clock import Clock
from instance.settings import Settings
from instance.vault import Vault


@dataclass(frozen=True, slots=True)
class Site:
    """One instance, as its services see it. Built once by `app`, passed explicitly."""

    settings: Settings
    vault: Vault
    clock: Clock = field(default_factory=Clock)

    @property
    def base_url(self) -> str:
        return self.settings.base_url

    @property
    def domain(self) -> str:
        return self.settings.domain

    def url(self, path: str) -> str:
        """An absolute address on this instance; `path` starts with a slash."""
        return self.settings.base_url + path
