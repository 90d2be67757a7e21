"""Policies are tried on machines that do other things as well: no example has to be quick."""

from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
