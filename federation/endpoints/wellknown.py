"""WebFinger (RFC 7033), host-meta (RFC 6415), NodeInfo 2.0 and 2.1: open to everybody, and they say little."""

import re
from urllib.parse import unquote
from xml.sax.saxutils import quoteattr

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from federation.context import Federation
from federation.endpoints.answers import json
from federation.ports import LocalActor
from federation.vocab.terms import Document

OPEN = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
NONE = {"Cache-Control": "no-store", "Access-Control-Allow-Origin": "*"}
AS = "https://www.w3.org/ns/activitystreams#"
SELF_TYPE = "application/activity+json"
RESOURCE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]*|@?[^@:/\s]+@[^@/\s]+")
NODEINFO = "http://nodeinfo.diaspora.software/ns/schema/"


async def webfinger(federation: Federation, request: Request) -> Response:
    """With and without `acct:`, by IRI, by page; the bare origin names the Application (FEP-d556)."""
    resource = _resource(request.query_params)
    if not resource:
        return PlainTextResponse("Say which resource.", 400, headers=NONE)
    document = _application(federation, resource) if _is_application(federation, resource) else None
    if document is None:
        actor = await _find(federation, resource)
        if actor is None or not await federation.keyring.of(actor.iri):
            return PlainTextResponse("Not found.", 404, headers=NONE)
        document = _jrd(federation, actor)
    return json(_with_wanted(document, request.query_params.getlist("rel")), "application/jrd+json", OPEN)


def _resource(query: QueryParams) -> str:
    """What is asked for; '' where that is no query (RFC 7033 §4.2): exactly one URI, or a name at a host."""
    given = query.getlist("resource")
    return given[0] if len(given) == 1 and RESOURCE.fullmatch(given[0]) else ""


def _with_wanted(document: Document, rels: list[str]) -> Document:
    """The same with those links alone that are asked for (§4.3)."""
    wanted = [link for link in document["links"] if not rels or link["rel"] in rels]
    return document | {"links": wanted}


def _is_application(federation: Federation, resource: str) -> bool:
    domain = federation.domain
    names = {federation.base_url, federation.actor, f"{domain}@{domain}"}
    return resource.rstrip("/").removeprefix("acct:") in names


async def _find(federation: Federation, resource: str) -> LocalActor | None:
    actors = federation.ports.actors
    if "\0" in unquote(resource):  # no name of anybody; databases don't even look for it
        return None
    if federation.is_ours(resource):
        path = unquote(resource.removeprefix(federation.base_url))
        return await actors.by_name(path[2:]) if path.startswith("/@") else await actors.by_iri(resource)
    name, _, host = resource.removeprefix("acct:").removeprefix("@").rpartition("@")
    return await actors.by_name(name) if name and host.lower() == federation.domain else None


def _jrd(federation: Federation, actor: LocalActor) -> Document:
    own: Document = {"rel": "self", "type": SELF_TYPE, "href": actor.iri}
    if actor.kind == "Group":
        own["properties"] = {f"{AS}type": "Group"}
    page = {"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": actor.page}
    subject = f"acct:{actor.name}@{federation.domain}"
    return {"subject": subject, "aliases": [actor.page, actor.iri], "links": [page, own]}


def _application(federation: Federation, resource: str) -> Document:
    href = federation.actor
    links: list[Document] = [
        {"rel": "self", "type": SELF_TYPE, "href": href, "properties": {f"{AS}type": "Application"}},
        {"rel": f"{AS}Service", "type": SELF_TYPE, "href": href},
    ]
    subject = f"acct:{federation.domain}@{federation.domain}" if "@" in resource else resource
    return {"subject": subject, "aliases": [href], "links": links}


async def host_meta(federation: Federation, _request: Request) -> Response:
    """XML, as RFC 6415 has it."""
    template = quoteattr(_template(federation))
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n'
        f'  <Link rel="lrdd" type="application/jrd+json" template={template}/>\n</XRD>\n'
    )
    return Response(text, media_type="application/xrd+xml", headers=OPEN)


async def host_meta_json(federation: Federation, _request: Request) -> Response:
    """The same as JSON."""
    link = {"rel": "lrdd", "type": "application/jrd+json", "template": _template(federation)}
    return json({"links": [link]}, "application/jrd+json", OPEN)


def _template(federation: Federation) -> str:
    return f"{federation.base_url}/.well-known/webfinger?resource={{uri}}"


async def nodeinfo_links(federation: Federation, _request: Request) -> Response:
    """Where NodeInfo is, and who the Application is (FEP-2677)."""
    links = [
        {"rel": f"{NODEINFO}{version}", "href": f"{federation.base_url}/nodeinfo/{version}"}
        for version in ("2.1", "2.0")  # some take the first
    ]
    links.append({"rel": f"{AS}Application", "href": federation.actor})
    return json({"links": links}, "application/json", OPEN)


async def nodeinfo(federation: Federation, request: Request) -> Response:
    """Software and protocol. No counts: how many take part is nobody's business but the members'."""
    version = request.path_params["version"]
    if version not in {"2.0", "2.1"}:
        return PlainTextResponse("Not found.", 404, headers=NONE)
    software = {"name": "skerry", "version": federation.software_version}
    document: Document = {
        "version": version,
        "software": software,
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": federation.open_registrations,
        "usage": {"users": {}},
        "metadata": {"privacyPolicy": federation.policy},
    }
    return json(document, f'application/json; profile="{NODEINFO}{version}#"', OPEN)
