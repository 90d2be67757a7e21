"""A picture of the neighbourhood, drawn here as SVG, with a table of the same facts: who is let in, how well known, what flows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.responses import Response
from starlette.routing import Route

from governance.offices.positions import Power
from instance.i18n import N_, _, ngettext
from instance.peering.admission import OWNERS
from instance.peering.neighbourhood import Neighbour, neighbours
from instance.web.frame.visitor import Visitor, power_page
from instance.web.steward.agreements import LEVELS
from policies.peers import Stance
from policies.purposes import Assurance
from policies.sections import RunBy

PAGE = "/steward/neighbourhood"
WIDTH, TOP, LEFT = 360, 66, 52
NAMED, IN_A_ROW, DRAWN = 8, 18, 90
LINE, STEP, NAME_LETTERS = 22, 17, 30
BANDS = {
    Stance.ALLOWED: N_("Let in"),
    Stance.LIMITED: N_("Let in quietly"),
    Stance.HELD: N_("Waiting for a decision"),
    Stance.BLOCKED: N_("Kept out"),
}


@dataclass(frozen=True, slots=True)
class Dot:
    """One server: where, how large, how well its promises are known, its name where there is room."""

    x: int
    y: int
    r: float
    level: str
    host: str
    name: str = ""


@dataclass(slots=True)
class Band:
    """All servers of one stance."""

    stance: Stance
    title: str
    flow: str
    y: int
    width: float
    """Of the line that leads there, by what was exchanged."""
    dots: list[Dot] = field(default_factory=list)
    more: str = ""
    end: int = 0


def drawn(all_of_them: Sequence[Neighbour]) -> list[Band]:
    """Bands from top to bottom; few servers are named, many are grouped as dots, the busiest first."""
    bands: list[Band] = []
    y = TOP
    for stance, words in BANDS.items():
        there = [one for one in all_of_them if one.stance is stance]
        if there:
            bands.append(_band(stance, f"{_(words)}: {len(there)}", there, y))
            y = bands[-1].end + 30
    return bands


def _band(stance: Stance, title: str, there: list[Neighbour], y: int) -> Band:
    sums = (sum(one.sent for one in there), sum(one.received for one in there), sum(one.refused for one in there))
    words = _("sent {sent}, received {received}, refused {refused}", sent=sums[0], received=sums[1], refused=sums[2])
    band = Band(stance, title, words, y, min(7.0, 1.5 + math.log2(1 + sums[0] + sums[1]) / 2))
    start = y + 36
    for place, one in enumerate(there[:DRAWN]):
        size = min(7.0, 3.5 + math.log10(1 + one.flow))
        if len(there) <= NAMED:
            short = one.host if len(one.host) <= NAME_LETTERS else one.host[: NAME_LETTERS - 1] + "…"
            band.dots.append(Dot(LEFT + 8, start + place * LINE, size, str(one.level), one.host, short))
        else:
            x, row = LEFT + 8 + place % IN_A_ROW * STEP, place // IN_A_ROW
            band.dots.append(Dot(x, start + row * STEP, size, str(one.level), one.host))
    band.end = band.dots[-1].y + 8
    if len(there) > DRAWN:
        rest = len(there) - DRAWN
        band.more = ngettext("and one more", "and {n} more", rest)
        band.end += 20
    return band


async def page(visitor: Visitor) -> Response:
    """The picture, and below it the same as a table."""
    found = await visitor.house.store.read(neighbours, visitor.house.site.clock.now())
    bands = drawn(found)
    return visitor.page(
        "steward/neighbourhood.html",
        here="steward",
        found=found,
        bands=bands,
        width=WIDTH,
        left=LEFT,
        height=(bands[-1].end if bands else TOP) + 14,
        stances={stance: _(words) for stance, words in BANDS.items()},
        levels={Assurance(name): _(words) for name, words in LEVELS.items()},
        owners={kind: _(words) if kind is not RunBy.NOT_SAID else "" for kind, words in OWNERS.items()},
        legend=[Dot(10, 10, 4.5, name, "", _(words)) for name, words in LEVELS.items()],
    )


ROUTES = [Route(PAGE, power_page(Power.SEE_OPERATION)(page), methods=["GET"])]
