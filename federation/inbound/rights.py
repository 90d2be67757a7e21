"""One table: who may say what about which object (DECISIONS 22; SECURITY no. 1, 3, 4, 11, 12). `authority` applies it.

How to add a row: a verb without a row is refused, whoever sends it. Choose the key: the verb with the type of what is
embedded, or "*" for every type and for a bare IRI; add it to `DIRECT` if actors send it themselves, to `FORWARDED` if groups
pass it on in an Announce. Then say on which grounds it counts (`may`, seen in the activity itself), on which grounds what it
embeds is taken as it was sent (`keeps`; on none it becomes its name, and handlers fetch it), and what our rows must say of
its object in the transaction of the effect (`rows`; one of them is enough). Handlers find in `activity.ground` which one it
was: a moderator's Delete takes a post out of a group, its owner's deletes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Ground(StrEnum):
    """Why an actor may say something of an object."""

    ANYONE = "anyone"
    """The activity is about its actor: what she likes, follows, blocks, reports. Says nothing about the object."""
    ELSEWHERE = "elsewhere"
    """The object is not one of ours."""
    SELF = "self"
    """The object is the actor."""
    TARGET = "target"
    """The target is the actor; the handler sees that the object says so too (FEP-7628, pulled moves)."""
    OWNER = "owner"
    """The object is the actor's: attributed to her with an id of her origin; in our rows: hers. Of what has no row:
    of her origin, and attributed to nobody else."""
    AUTHOR = "author"
    """The embedded activity is the actor's own; one that is only named: of her origin."""
    ASKED = "asked"
    """The activity that is answered was put to this actor; in our rows: it waits for her."""
    COLLECTION = "collection"
    """The target is a collection that the actor's own document names."""
    GROUP = "group"
    """The actor is the Group that the object is in, or whose collection or self the target is."""
    WHOLE = "whole"
    """Forwarded: addressed to the Group, and actor, id and object are all of the Group's origin. The object of a mark may
    be anywhere: whose server speaks for her says what she likes."""
    MODERATOR = "moderator"
    """The actor moderates the Group of ours that the object is in, or whose collection or self the target is."""
    PROVEN = "proven"
    """The object carries a proof of its own (FEP-8b32), which the handler checks."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row. `may` and `keeps` are judged by the activity alone, `rows` by what is stored here."""

    may: tuple[Ground, ...] = (Ground.ANYONE,)
    keeps: tuple[Ground, ...] = ()
    rows: tuple[Ground, ...] = ()


Table = Mapping[tuple[str, str], Rule]

ANYONE, ELSEWHERE, SELF, TARGET, OWNER, AUTHOR, ASKED, COLLECTION, GROUP, WHOLE, MODERATOR, PROVEN = Ground

ACTOR = "Actor"
"""Stands for every type of actor."""
OF_GROUP = "Group"
"""A group's own profile, of which its moderators change name and description."""
IN_GROUP = "in a group"
"""Stands in for the object's type where a Block names a target: a ban, not a member's own block."""

_OF_ONESELF = Rule()
_ANSWER = Rule(may=(ASKED,), keeps=(ASKED,))
_UNDO = Rule(may=(AUTHOR,), keeps=(AUTHOR,))
_MODERATION = Rule(rows=(MODERATOR, GROUP))
_LOCK = Rule(rows=(OWNER, MODERATOR, GROUP))  # Mbin's authors lock what they wrote themselves
_SHELF = Rule(rows=(COLLECTION, MODERATOR, GROUP))

ANSWERS = ("Accept", "Reject", "TentativeAccept", "TentativeReject")
QUESTIONS = ("Follow", "Join", "Invite", "Offer", "LikeRequest", "ReplyRequest", "AnnounceRequest", "QuoteRequest")
MARKS = ("Like", "EmojiReact", "Dislike")

# What an actor says itself. Its own signature is under it, and its id is of its origin: that is asked of every row.
DIRECT: Table = {
    # posts and profiles
    ("Create", "*"): Rule(may=(ELSEWHERE,), keeps=(OWNER,)),
    ("Update", "*"): Rule(may=(ELSEWHERE,), keeps=(OWNER,), rows=(OWNER,)),
    ("Update", ACTOR): Rule(may=(SELF,), keeps=(SELF,)),
    ("Update", OF_GROUP): Rule(keeps=(ANYONE,), rows=(OWNER, MODERATOR)),
    ("Delete", "*"): Rule(rows=(OWNER, MODERATOR, GROUP)),
    ("Move", "*"): Rule(may=(SELF, TARGET)),
    # what somebody does herself
    ("Follow", "*"): _OF_ONESELF,
    ("Join", "*"): _OF_ONESELF,
    ("Leave", "*"): _OF_ONESELF,
    ("Block", "*"): _OF_ONESELF,
    ("Flag", "*"): _OF_ONESELF,
    ("Invite", "*"): _OF_ONESELF,
    ("Announce", "*"): Rule(keeps=(OWNER,)),
    **dict.fromkeys(((verb, "*") for verb in MARKS), _OF_ONESELF),
    # questions and answers
    ("Offer", "*"): Rule(keeps=(PROVEN,)),
    **dict.fromkeys(((verb, "*") for verb in QUESTIONS if verb.endswith("Request")), _OF_ONESELF),
    **dict.fromkeys(((verb, asked) for verb in ANSWERS for asked in QUESTIONS), _ANSWER),
    **dict.fromkeys(((verb, "*") for verb in ANSWERS), Rule(keeps=(PROVEN,), rows=(ASKED,))),
    # groups of ours, moderated from elsewhere; a Group speaking of what is its own
    ("Add", "*"): _SHELF,
    ("Remove", "*"): _SHELF,
    ("Lock", "*"): _LOCK,
    # The handler asks whether he moderates the group that the post is in.
    ("Warn", "*"): _OF_ONESELF,
    ("Resolve", "*"): _OF_ONESELF,
    ("Block", IN_GROUP): _MODERATION,
    # taken back: by whoever said it, and with the right to say it
    ("Undo", "*"): Rule(may=(AUTHOR,), rows=(OWNER,)),  # what is only named
    **dict.fromkeys((("Undo", verb) for verb in (*MARKS, *QUESTIONS, *ANSWERS)), _UNDO),
    ("Undo", "Announce"): _UNDO,
    ("Undo", "Block"): _UNDO,
    ("Undo", "Flag"): _UNDO,
    ("Undo", "Leave"): _UNDO,
    ("Undo", "Create"): Rule(may=(AUTHOR,), keeps=(AUTHOR,), rows=(OWNER,)),
    ("Undo", "Delete"): Rule(may=(AUTHOR,), keeps=(AUTHOR,), rows=(OWNER, MODERATOR, GROUP)),
    ("Undo", "Add"): Rule(may=(AUTHOR,), keeps=(AUTHOR,), rows=_SHELF.rows),
    ("Undo", "Remove"): Rule(may=(AUTHOR,), keeps=(AUTHOR,), rows=_SHELF.rows),
    ("Undo", "Lock"): Rule(may=(AUTHOR,), keeps=(AUTHOR,), rows=_LOCK.rows),
    ("Undo", IN_GROUP): Rule(may=(AUTHOR,), keeps=(AUTHOR,), rows=_MODERATION.rows),
}

# What a Group passes on: Announce of an activity. Its announcer is a Group, by our rows: that is asked of every row. `keeps` says
# when the inner activity is believed; on no ground it is `believed=False`: only what is fetched from its origin counts.
FORWARDED: Table = {
    ("Create", "*"): Rule(keeps=(WHOLE,)),
    ("Update", "*"): Rule(keeps=(WHOLE,)),
    ("Update", OF_GROUP): Rule(may=(GROUP,), keeps=(GROUP,)),  # the Group's own profile, changed by a moderator
    # A Group takes a post out of itself; that it is deleted only its origin can say.
    ("Delete", "*"): Rule(keeps=(WHOLE,)),
    ("Undo", "Delete"): Rule(may=(AUTHOR,), keeps=(ANYONE,), rows=(GROUP,)),
    # A vote on what is in it is the Group's word as well: counted, and no more (`content.votes`).
    **dict.fromkeys(((verb, "*") for verb in MARKS), Rule(keeps=(WHOLE,), rows=(GROUP,))),
    **dict.fromkeys((("Undo", verb) for verb in MARKS), Rule(may=(AUTHOR,), keeps=(ANYONE,), rows=(GROUP,))),
    # The Group's word on what is in it.
    ("Add", "*"): Rule(keeps=(ANYONE,), rows=(GROUP,)),
    ("Remove", "*"): Rule(keeps=(ANYONE,), rows=(GROUP,)),
    ("Lock", "*"): Rule(keeps=(ANYONE,), rows=(GROUP,)),
    ("Block", IN_GROUP): Rule(keeps=(ANYONE,), rows=(GROUP,)),
    ("Undo", "Add"): Rule(keeps=(ANYONE,), rows=(GROUP,)),
    ("Undo", "Remove"): Rule(keeps=(ANYONE,), rows=(GROUP,)),
    ("Undo", "Lock"): Rule(keeps=(ANYONE,), rows=(GROUP,)),
    ("Undo", IN_GROUP): Rule(keeps=(ANYONE,), rows=(GROUP,)),
}
