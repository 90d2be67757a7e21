"""Policies: pure judgement. `(document, facts) -> Decision`; no input or output, no clock, no database."""
