"""One POST to an inbox, signed as its server reads it: with the scheme that was learnt, else cavage, then RFC 9421."""

from collections.abc import Mapping

from federation.client.lines import Posted
from federation.context import Federation
from federation.remote import schemes
from federation.remote.schemes import OFFERED, REFUSED
from federation.signatures.keyring import OwnKey
from federation.signatures.message import CAVAGE
from federation.signatures.sign import NONE, post_headers
from federation.vocab.iris import host_of

LATER = frozenset({401, 408, 425, 429})


async def knock(
    federation: Federation, key: OwnKey, inbox: str, body: bytes, body_digest: str, more: Mapping[str, str] = NONE
) -> Posted:
    """POST once, and once more with the other scheme where the first one is refused. Raises what `lines.post` raises."""

    async def send(scheme: str) -> Posted:
        made = post_headers(key, inbox, federation.clock.wire(), body, body_digest, scheme=scheme, more=more)
        made |= {"user-agent": federation.user_agent, "content-length": str(len(body)), "accept": "*/*"}
        return await federation.lines.post(
            inbox, [(name.encode(), value.encode()) for name, value in made.items()], body
        )

    host = host_of(inbox)
    known = await schemes.known(federation, host)
    first, second = schemes.order(known)
    posted = await send(first)
    if posted.offers:
        await schemes.offered(federation, host)
    if posted.status not in REFUSED:
        return posted
    if known == OFFERED:  # the id may be burnt there for a while, and cavage would be a repetition
        await schemes.learn(federation, host, CAVAGE)
        return Posted(401, str(schemes.BURNT_SECONDS))
    again = await send(second)
    if 200 <= again.status < 300:
        await schemes.learn(federation, host, second)
        return again
    return again if again.status in LATER or again.status >= 500 else posted
