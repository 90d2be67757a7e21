"""Reason codes in plain sentences: why something was taken in, held, turned away, sent or not."""

import re

from instance.i18n import N_, _
from policies.decision import EXPLANATIONS, Reason

WORDS: dict[str, str] = {
    # the policy's
    "peer-allowed": N_("The policy allows this server."),
    "peer-limited": N_("The policy limits this server: its posts stay out of public timelines."),
    "peer-held": N_("The policy holds what comes from this server until a steward decides."),
    "peer-blocked": N_("The policy blocks this server."),
    "peer-unknown": N_("The other server could not be named."),
    "not-signed": N_("The request was not signed, so nobody knows who asks."),
    "not-the-sender": N_("The sender speaks for an account of another server."),
    "only-takes-away": N_("This only takes something away, which is never held back."),
    "local-only": N_("The post is for this server only."),
    "audience-unknown": N_("The post's audience is not one that we know."),
    "no-reader-there": N_("Nobody on that server is meant to read this post."),
    "group-not-open": N_("The post belongs to a group that is not open."),
    "author-keeps-from-peer": N_("The author keeps this server from her posts."),
    "limited-reach": N_("The policy gives limited servers less than this."),
    "requirement-not-met": N_("The post is not public, and that server doesn't promise what is asked for such words."),
    "requirement-waits": N_("It waits until that server has shown what it promises."),
    "server-rule": N_("There is a rule for what comes from this server."),
    "account-rule": N_("There is a rule for this account."),
    "account-not-listed": N_("Only some accounts of this server are let in, and this is none of them."),
    "general-rule": N_("There is a rule for all that comes in."),
    "kind-refused": N_("Things of this kind are not taken."),
    "too-old": N_("The post is old, and there is a rule for old posts."),
    "too-many-mentions": N_("The post mentions too many accounts."),
    "mentions-protected": N_("The post mentions an account that must not be mentioned from outside."),
    "mentions-strangers": N_("The post mentions a member who doesn't follow its author."),
    "words": N_("The post holds words for which there is a rule."),
    "hashtag": N_("The post has a hashtag for which there is a rule."),
    "new-account": N_("The account is new, and there is a rule for what new accounts do."),
    "bot": N_("There is a rule for bots."),
    "empty": N_("The post is empty."),
    "bare-report": N_("The report doesn't say what it reports, or why."),
    "kept-for-a-time": N_("Copies are kept for a time only."),
    "parts-taken-out": N_("Some parts are taken out before it leaves."),
    # ours, at the inbox
    "farewell": N_("An account that nobody here knew said goodbye; there was nothing to do."),
    "foreign-id": N_("Its address lies on another server than its sender."),
    "too-much": N_("It sent too much at once, and was asked to send it again later."),
    "waited too long": N_("It waited for somebody for too long, and was forgotten."),
    "unknown-verb": N_("It is of a kind that this server does nothing with."),
    "no handler": N_("It is of a kind that this server does nothing with."),
    "UnbelievableError": N_("The sender said something that was not theirs to say."),
    "MalformedError": N_("It could not be read."),
    "UnreachableError": N_("What it speaks of could not be fetched from its server."),
    "GoneError": N_("What it speaks of is no longer there."),
    "AnsweredError": N_("What it speaks of could not be fetched: its server refused."),
    "RefusedError": N_("It leads to an address that we don't speak to, or asks for too much."),
    "WrongTypeError": N_("What it speaks of came in a form that is no post."),
    "TooLargeError": N_("What it speaks of is too large."),
    "RefusalError": N_("A rule of this server for its members said no."),
    "NotFoundError": N_("What it speaks of is not here."),
    # ours, at delivery
    "given up after 30 days": N_("The server was away for more than 30 days."),
    "its actor is gone": N_("Whom it was for is gone."),
    "taken back": N_("It was deleted here before it was sent."),
    "its actor has no key yet": N_("The key of whoever sends it is still being made."),
    "the policy says no": N_("The policy does not allow it."),
}
"""code -> sentence."""

ANSWERED = re.compile(r"answered (\d{3})")
UNREACHED = re.compile(r"can't be reached|took too long|no address")


def sentence(code: str) -> str:
    """One code as it is stored, in words."""
    name = code.partition(":")[0].strip()
    if name in WORDS:
        return _(WORDS[name])
    if name in set(map(str, Reason)):
        return _(EXPLANATIONS[Reason(name)])
    answered = ANSWERED.search(code)
    if answered:
        return _("The server answered {status}.", status=answered[1])
    if UNREACHED.search(code):
        return _("The server did not answer.")
    return _("Something went wrong here ({code}).", code=name[:60])


def sentences(reasons: str | None) -> str:
    """Codes as they are stored beside a row (joined by commas, or one with a text after a colon), in words."""
    codes = [reasons] if reasons and ":" in reasons else (reasons or "").split(", ")
    return " ".join(dict.fromkeys(sentence(code) for code in codes if code))
