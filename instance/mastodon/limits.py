"""The limits that apps are told, from the services that enforce them."""

from instance.clock import SECOND
from instance.content import drafts, marks
from instance.people import accounts

FIELDS = accounts.FIELDS
FIELD_LENGTH = accounts.FIELD_LENGTH
DISPLAY_NAME = accounts.DISPLAY_NAME_LENGTH
BIO = accounts.BIO_LENGTH
CHARACTERS = drafts.MOST_CHARACTERS
MEDIA = drafts.MOST_MEDIA
PINS = marks.MOST_PINS
POLL_OPTIONS = drafts.MOST_OPTIONS
POLL_CHARACTERS = drafts.OPTION_CHARACTERS
POLL_SHORTEST = drafts.SHORTEST_POLL // SECOND
POLL_LONGEST = drafts.LONGEST_POLL // SECOND
