"""What may be done to what comes in, from one server, one account, or what holds certain words. Data, no code.

Together they do what the message rewriting of other servers does, as far as it asks no third party.
"""

from enum import StrEnum


class Treatment(StrEnum):
    """One thing that is done. Several may be named together; the strictest verdict stands."""

    REFUSE = "refuse"
    HOLD = "hold"
    PUBLIC_ONLY = "public_only"
    """What is not public or unlisted is refused."""
    FOLLOWERS_ONLY = "followers_only"
    UNLISTED = "unlisted"
    SENSITIVE = "sensitive"
    WARNING = "warning"
    """A content warning, where the author gave none."""
    NO_MEDIA = "no_media"
    NO_AVATARS = "no_avatars"
    NO_BANNERS = "no_banners"
    NO_EMOJI = "no_emoji"
    NO_REPLIES = "no_replies"
    """Answers to posts of this server are refused."""
    NO_FOLLOWS = "no_follows"
    """Follows are held."""
    NO_DELETES = "no_deletes"
    NO_REPORTS = "no_reports"
