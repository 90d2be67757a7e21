"""Who hears what: one table of events, one of jobs, one of pumps. Reads like a table of contents."""

from functools import partial

from federation import ledger
from federation.inbound import keeping, withdrawn
from federation.inbound.process import Inbox
from federation.outbound import deliveries, gaps, taking_back
from federation.outbound.schedule import senders
from federation.ports import HandlerTable
from federation.vocab.interaction import REQUESTS
from federation.vocab.types import ACTOR_TYPES
from instance import events
from instance.activities.arriving import adopted, severed
from instance.activities.documents import keys
from instance.activities.fetching import backfill, follower_sync, naming, probing, threads
from instance.activities.incoming import agreed, profiles, receipts
from instance.activities.incoming import agreements as pledges
from instance.activities.incoming import consent as incoming_consent
from instance.activities.incoming import dislikes as incoming_dislikes
from instance.activities.incoming import groups as incoming_groups
from instance.activities.incoming import marks as incoming_marks
from instance.activities.incoming import members as incoming_members
from instance.activities.incoming import moderation as incoming_moderation
from instance.activities.incoming import moves as incoming_moves
from instance.activities.incoming import posts as incoming_posts
from instance.activities.incoming import reports as incoming_reports
from instance.activities.outgoing import agreements as outgoing_agreements
from instance.activities.outgoing import consent as outgoing_consent
from instance.activities.outgoing import gap_notices
from instance.activities.outgoing import groups as outgoing_groups
from instance.activities.outgoing import members as outgoing_members
from instance.activities.outgoing import moderation as outgoing_moderation
from instance.activities.outgoing import posts as outgoing_posts
from instance.activities.outgoing import reports as outgoing_reports
from instance.agreements import agreements, canary, probes, strangers, trust
from instance.auth.registration import MAIL
from instance.clock import DAY, HOUR, MINUTE
from instance.content import conversations, dislikes, polls, retention, submissions, timelines, votes
from instance.content import erasure as post_erasure
from instance.content import threads as post_threads
from instance.db.unit import Handlers
from instance.house import House
from instance.jobs import daily
from instance.jobs.local import JobHandler, Works
from instance.jobs.runner import Pump
from instance.jobs.table import RUNNER
from instance.media import attachments, tidying
from instance.media import remote as pictures
from instance.notices import mail, notifications
from instance.peering import met_once, software, trials
from instance.people import accounts, erasure, handles

# event -> handlers, run in the same transaction
EVENTS: Handlers = {
    events.AccountCreated: [keys.on_account_created],
    events.MemberSignedUp: [notifications.on_sign_up],
    events.FollowRequested: [
        canary.on_follow_requested,
        notifications.on_follow_request,
        outgoing_members.on_follow_requested,
    ],
    events.FollowAccepted: [
        notifications.on_follow,
        timelines.on_follow,
        outgoing_members.on_follow_accepted,
        backfill.on_follow,
        software.on_follow,
    ],
    events.FollowRejected: [
        notifications.on_follow_gone,
        timelines.on_follow_gone,
        outgoing_members.on_follow_rejected,
    ],
    events.FollowLapsed: [timelines.on_follow_gone],
    events.FollowEnded: [notifications.on_follow_gone, timelines.on_follow_gone, outgoing_members.on_follow_ended],
    events.BlockMade: [
        notifications.on_block,
        timelines.on_block,
        conversations.on_block,
        outgoing_members.on_block_made,
    ],
    events.PostWritten: [notifications.on_post, conversations.on_post, outgoing_posts.on_post_written],
    events.PostReceived: [notifications.on_post, conversations.on_received, receipts.on_received],
    events.PostEdited: [
        submissions.on_edited,
        notifications.on_edit,
        outgoing_posts.on_post_edited,
        outgoing_groups.on_edited,
    ],
    events.PostDeleted: [
        notifications.on_deleted,
        conversations.on_deleted,
        outgoing_posts.on_post_deleted,
        outgoing_groups.on_deleted,
    ],
    events.PostBoosted: [notifications.on_boost, outgoing_posts.on_boost],
    events.BoostUndone: [notifications.on_unboost, outgoing_posts.on_unboost, outgoing_groups.on_unboosted],
    events.PostFavourited: [
        dislikes.on_favourite,
        votes.on_favourite,
        notifications.on_favourite,
        outgoing_posts.on_favourite,
        outgoing_groups.on_favourite,
    ],
    events.FavouriteUndone: [
        notifications.on_unfavourite,
        outgoing_posts.on_unfavourite,
        outgoing_groups.on_unfavourite,
    ],
    events.PollClosed: [notifications.on_poll_closed, outgoing_posts.on_poll_closed],
    events.GroupPostAnnounced: [notifications.on_announced, outgoing_groups.on_announced],
    events.PostDisliked: [votes.on_dislike, outgoing_groups.on_dislike],
    events.GroupActed: [notifications.on_group_acted, outgoing_moderation.on_group_acted],
    events.BlockEnded: [outgoing_members.on_block_ended],
    events.AccountUpdated: [attachments.on_profile_changed, outgoing_members.on_account_updated],
    events.AccountDeleted: [
        attachments.on_profile_changed,
        outgoing_members.on_account_deleted,
        post_erasure.on_account_deleted,
    ],
    events.AccountMoved: [outgoing_members.on_account_moved],
    events.AccountSuspended: [outgoing_members.on_suspension],
    events.PollVoted: [outgoing_posts.on_vote],
    events.InteractionAsked: [notifications.on_asked, outgoing_consent.on_asked],
    events.InteractionAccepted: [notifications.on_decided, outgoing_consent.on_accepted],
    events.InteractionRejected: [outgoing_consent.on_rejected],
    events.InteractionRevoked: [outgoing_consent.on_revoked],
    events.QuoteMade: [notifications.on_quote],
    events.QuoteAnswered: [outgoing_consent.on_quote_answered],
    events.PostPolicyChanged: [outgoing_consent.on_policy_changed],
    events.PolicyAdopted: [
        adopted.on_policy_adopted,
        agreements.on_policy_adopted,
        outgoing_agreements.on_policy_adopted,
        severed.on_policy_adopted,
    ],
    events.PeerLookedAt: [adopted.on_peer_looked_at],
    events.AgreementOffered: [outgoing_agreements.on_offered],
    events.AgreementAnswered: [outgoing_agreements.on_answered],
    events.ReportFiled: [notifications.on_report, outgoing_reports.on_report],
    events.RelationsSevered: [notifications.on_severed],
}

# (activity type, object type or "*") -> what it does here; what is not here is counted by kind and peer, and not kept
ACTIVITIES: HandlerTable = {
    ("Follow", "*"): incoming_members.Followed(),
    ("Join", "*"): incoming_members.Followed(),
    ("Leave", "*"): incoming_members.Left(),
    ("Accept", "*"): pledges.ByName(pledges.accepted, agreed.AnsweredOrAgreed(yes=True)),
    ("Reject", "*"): pledges.ByName(pledges.rejected, agreed.AnsweredOrAgreed(yes=False)),
    ("Accept", "Offer"): pledges.OfferAccepted(),
    ("Reject", "Offer"): pledges.TurnedDown(taken_back=False),
    ("Undo", "Offer"): pledges.TurnedDown(taken_back=True),
    ("Undo", "TentativeReject"): pledges.Suspended(),
    ("Update", "PrivacyPolicy"): pledges.PolicyChanged(),
    ("TentativeAccept", "*"): incoming_members.Undecided(),
    ("TentativeReject", "*"): pledges.ByName(pledges.put_off, incoming_members.Undecided()),
    ("Invite", "*"): incoming_members.Declined(),
    ("Offer", "*"): pledges.ByName(pledges.offered, incoming_members.Declined()),
    **dict.fromkeys(((name, "*") for name in REQUESTS), incoming_consent.Requested()),
    ("Block", "*"): incoming_moderation.ByModerator(incoming_members.Blocked()),
    ("Move", "*"): incoming_moves.Moved(),
    ("Flag", "*"): incoming_reports.Reported(),
    ("Resolve", "*"): incoming_moderation.Resolved(),
    ("Warn", "*"): incoming_moderation.Warned(),
    ("Create", "*"): incoming_posts.Written(),
    ("Update", "*"): pledges.ByName(pledges.updated, profiles.ProfileFirst(incoming_posts.Changed())),
    ("Delete", "*"): incoming_moderation.ByModerator(receipts.Receipted(incoming_posts.Deleted())),
    ("Undo", "Delete"): incoming_moderation.ByModerator(incoming_moderation.Undeleted()),
    ("Like", "*"): incoming_marks.Liked(),
    ("EmojiReact", "*"): incoming_marks.Liked(),
    ("Dislike", "*"): incoming_dislikes.Disliked(),
    ("Announce", "*"): incoming_marks.Boosted(),
    ("Undo", "Follow"): incoming_members.Unfollowed(),
    ("Undo", "Join"): incoming_members.Unfollowed(),
    ("Undo", "Accept"): agreed.TakenBack(),
    ("Undo", "Block"): incoming_moderation.ByModerator(incoming_members.Unblocked()),
    ("Undo", "Flag"): incoming_reports.ReportTakenBack(),
    ("Undo", "Like"): incoming_marks.Unliked(),
    ("Undo", "EmojiReact"): incoming_marks.Unliked(),
    ("Undo", "Dislike"): incoming_dislikes.Undisliked(),
    ("Undo", "Announce"): incoming_marks.Unboosted(),
    ("Undo", "*"): incoming_marks.UndoneByName(),
    ("Update", "Group"): incoming_moderation.ByModerator(profiles.ProfileChanged()),
    **dict.fromkeys(incoming_moderation.DEEDS, incoming_moderation.ByModerator()),
    **dict.fromkeys((("Announce", kind) for kind in incoming_groups.KINDS), incoming_groups.AnnouncedByGroup()),
    **dict.fromkeys((("Update", kind) for kind in ACTOR_TYPES - {"Group"}), profiles.ProfileChanged()),
    ("Update", "Application"): pledges.ApplicationChanged(),
}


# what runs by the clock
TIMED = [
    *daily.SWEEPS,
    daily.Timed("end rules of the policy", 10 * MINUTE, trials.watch),
    daily.Timed("ask who waits for its policy", 10 * MINUTE, strangers.ask_who_waits),
    daily.Timed("forget strangers", DAY, strangers.forget),
    daily.Timed("look at policies of peers", 10 * MINUTE, trust.look_again),
    daily.Timed("end what was agreed", 5 * MINUTE, trust.run_out),
    daily.Timed("probe peers", HOUR, probes.begin_due),
    daily.Timed("erase copies whose time is over", HOUR, retention.sweep),
    daily.Timed("erase unused pictures", HOUR, attachments.sweep),
    daily.Timed("erase old copies of remote pictures", HOUR, pictures.sweep),
    daily.Timed("erase files that nothing names", tidying.EVERY, tidying.want),
    daily.Timed("forget old home entries", 6 * HOUR, timelines.sweep),
    daily.Timed("erase settled deliveries", HOUR, deliveries.forget_old),
    daily.Timed("erase words that arrived", 10 * MINUTE, taking_back.erase_words),
    daily.Timed("tell peers what they missed", MINUTE, gap_notices.tell),
    daily.Timed("ask what peers run", software.LOOK_EVERY, software.ask_some),
    daily.Timed("forget old gaps", HOUR, gaps.forget_old),
    daily.Timed("erase refusals", HOUR, ledger.forget_old),
    daily.Timed("forget servers that were met once", HOUR, met_once.forget, find=met_once.find),
    daily.Timed("erase inbox", HOUR, keeping.erase_old),
    daily.Timed("give up what waited too long", HOUR, keeping.give_up),
    daily.Timed("thin out what is done", HOUR, keeping.thin),
    daily.Timed("forget what was withdrawn", DAY, withdrawn.sweep),
]


def jobs(house: House) -> dict[str, JobHandler]:
    """kind of job -> its handler"""
    return {
        accounts.ERASURE: erasure.run,
        post_threads.JOB: threads.Backfill(house.federation).run,
        post_erasure.ERASURE: post_erasure.run,
        polls.CLOSING: polls.run,
        keys.KIND: partial(keys.mint, house),
        outgoing_posts.POLL_UPDATE: outgoing_posts.poll_job,
        backfill.JOB: partial(backfill.run, house.federation),
        handles.JOB: partial(naming.run, house.federation),
        pictures.JOB: pictures.Fetcher(house.intake, partial(pictures.fetch, house.federation)).run,
        tidying.JOB: partial(tidying.run, house.site, house.store),
        trust.LOOK: partial(trust.look, house.federation),
        trust.COMPARE: trust.compare,
        agreements.OFFER: partial(outgoing_agreements.offer_job, house.federation),
        canary.BEFRIEND: partial(outgoing_agreements.befriend_job, house.federation),
        probes.PLANT: partial(probing.plant, house),
        probes.STEP: partial(probing.step, house),
        follower_sync.KIND: partial(follower_sync.look, house.federation),
        software.KIND: partial(software.ask, house.federation),
        MAIL: partial(mail.deliver, house.site, house.store),
    }


def pumps(house: House) -> list[Pump]:
    """All loops of work that a runner runs."""
    prompt, patient = senders(house.federation)
    inbox = Inbox(house.federation)
    return [
        Pump(RUNNER, Works(house.store, jobs(house)).work),
        Pump(daily.RUNNER, daily.Timer(house.store, TIMED).work),
        Pump("inbox", inbox.work, inbox.nudge, stop=inbox.stop),
        Pump("deliveries", prompt.work, prompt.nudge),
        Pump("patient-deliveries", patient.work, patient.nudge, bell="deliveries"),
    ]
