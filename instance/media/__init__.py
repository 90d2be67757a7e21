"""Pictures: taken in, checked, re-encoded in a child process, kept and served under names that nobody can guess."""
