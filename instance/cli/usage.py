"""What click says of wrong input, in the reader's language: its sentences stand in our catalogue, and gettext finds them there."""

import gettext

from instance.i18n import DOMAIN, LOCALE_DIR, N_


def one(singular: str, plural: str) -> tuple[str, str]:
    """Mark both forms for translation."""
    return singular, plural


SENTENCES = (
    N_("Invalid value: {message}"),
    N_("Invalid value for {param_hint}: {message}"),
    N_("Missing argument"),
    N_("Missing option"),
    N_("Missing command."),
    N_("Choose from:\n\t{choices}"),
    N_("No such option {name!r}."),
    N_("No such command {name!r}."),
    N_("Option {name!r} does not take a value."),
    N_("Could not open file {filename!r}: {message}"),
    N_("{value!r} is not a valid {number_type}."),
    N_("{value} is not in the range {range}."),
    N_("{name} {filename!r} does not exist."),
    N_("{name} {filename!r} is a file."),
    N_("{name} {filename!r} is a directory."),
    N_("{name} {filename!r} is not readable."),
    N_("{name} {filename!r} is not writable."),
    N_("file"),
    N_("directory"),
    N_("path"),
    one("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
    one("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    one("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
    one("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
)


def speak() -> None:
    """From now on click's sentences are looked for in our catalogue; which language is said by the terminal (POSIX)."""
    gettext.bindtextdomain(DOMAIN, str(LOCALE_DIR))
    gettext.textdomain(DOMAIN)
