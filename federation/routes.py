"""The routes that the web application mounts."""

from starlette.routing import Route

from federation.endpoints import application, documents, inbox, keys, policy, wellknown
from federation.endpoints.answers import guarded

ROUTES = [
    Route("/.well-known/webfinger", guarded(wellknown.webfinger)),
    Route("/.well-known/host-meta", guarded(wellknown.host_meta)),
    Route("/.well-known/host-meta.json", guarded(wellknown.host_meta_json)),
    Route("/.well-known/nodeinfo", guarded(wellknown.nodeinfo_links)),
    Route("/nodeinfo/{version}", guarded(wellknown.nodeinfo)),
    Route("/actor", guarded(application.get_application)),
    Route("/actor/outbox", guarded(application.get_application_outbox)),
    Route("/policy", guarded(policy.get_policy)),
    Route("/inbox", guarded(inbox.post_inbox), methods=["POST"]),
    Route("/actor/inbox", guarded(inbox.post_inbox), methods=["POST"]),
    Route("/actor/inbox", guarded(application.get_application_inbox)),
    Route("/u/{owner}/inbox", guarded(inbox.post_inbox), methods=["POST"]),
    Route("/g/{owner}/inbox", guarded(inbox.post_inbox), methods=["POST"]),
    Route("/u/{owner}/main-key", guarded(keys.get_key)),
    Route("/g/{owner}/main-key", guarded(keys.get_key)),
    Route("/u/{rest:path}", guarded(documents.get_document)),
    Route("/g/{rest:path}", guarded(documents.get_document)),
    Route("/agreements/{rest:path}", guarded(documents.get_document)),
]
