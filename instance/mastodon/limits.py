"""The limits that apps are told; each is enforced by the service named beside it."""

FIELDS = 6  # people.accounts
FIELD_LENGTH = 255
DISPLAY_NAME = 100
BIO = 2000
CHARACTERS = 5000  # content.posts
MEDIA = 4
PINS = 5  # content.marks
POLL_OPTIONS = 8  # content.polls
POLL_CHARACTERS = 100
POLL_SHORTEST = 300
POLL_LONGEST = 31 * 24 * 3600
