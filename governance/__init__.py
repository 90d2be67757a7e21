"""Governance: how a collective decides. Knows members as opaque ids."""
