"""Instance: composes policies, federation and governance into one server."""

__version__ = "0.1.0"
