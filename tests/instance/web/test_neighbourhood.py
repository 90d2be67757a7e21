"""The picture of the neighbourhood: one server is named, 300 are grouped, nothing is left out of the table, no statement more."""

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from federation.schema import delivery, peer, refusal
from instance.db.unit import Unit
from instance.peering.neighbourhood import Neighbour
from instance.policy.adopt import adopt, set_stance
from instance.web.steward.neighbourhood import DRAWN, WIDTH, drawn
from policies.peers import Stance
from policies.presets import preset
from tests.instance.activities.test_cost import statements
from tests.support.members import Acting, member
from tests.support.world import World

PAGE = "/steward/neighbourhood"


def cookie(who: Acting) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in who.cookies.items())}


def picture(page: str) -> ElementTree.Element:
    svg = page[page.index('<svg viewBox="0 0 360') :]
    return ElementTree.fromstring(svg[: svg.index("</svg>") + 6])


async def test_one_neighbour_and_three_hundred(world: World) -> None:
    home = await world.instance("a.example")
    await home.house.store.unit(adopt, preset("open"), "test")
    steward, other = await member(home, "stella", role="steward"), await member(home, "mia")
    assert (await home.client.get(PAGE, headers=cookie(other))).status_code == 404

    def known(u: Unit, names: list[str]) -> None:
        u.connection.execute(
            insert(peer), [{"host": name, "first_seen_at": u.now, "last_seen_at": u.now} for name in names]
        )
        made = {"inbox": f"https://{names[0]}/inbox", "state": "sent", "created_at": u.now, "done_at": u.now}
        u.connection.execute(insert(delivery), [{**made, "item_id": n, "host": names[0]} for n in range(7)])
        turned = {"kind": "Create", "reason": "peer-blocked", "activity_key": "x", "refused_at": u.now}
        u.connection.execute(insert(refusal), [{**turned, "host": names[0]} for _ in range(3)])

    await home.house.store.unit(known, ["one.example"])
    with statements(home) as few:
        shown = (await home.client.get(PAGE, headers=cookie(steward))).text
    words = [text.text for text in picture(shown).iter() if text.text and text.tag.endswith("text")]
    assert words == ["a.example", "Let in: 1", "sent 7, received 0, refused 3", "one.example"]
    assert "<td>7</td><td>0</td><td>3</td>" in shown

    await home.house.store.unit(known, [f"n{n}.example" for n in range(299)])
    await home.house.store.unit(set_stance, "bad.example", Stance.BLOCKED)
    with statements(home) as many:
        page = (await home.client.get(PAGE, headers=cookie(steward))).text
    assert len(many) == len(few) <= 12
    svg = picture(page)
    assert svg.get("role") == "img"
    assert [one.tag.rpartition("}")[2] for one in svg][:2] == ["title", "desc"]
    assert "Let in: 300" in page
    assert "Kept out: 1" in page
    assert "and 210 more" in page
    assert page.count('scope="row"') == 301


@given(
    st.lists(
        st.builds(
            Neighbour,
            st.from_regex(r"[a-z]{1,60}\.example", fullmatch=True),
            st.sampled_from(Stance),
            sent=st.integers(0, 10**9),
            received=st.integers(0, 10**9),
        ),
        max_size=400,
    )
)
def test_all_is_within_the_picture_and_nothing_overlaps(found: list[Neighbour]) -> None:
    bands = drawn(found)
    end = 0
    for band in bands:
        assert band.y > end
        end = band.end
        dots = [(dot.x, dot.y) for dot in band.dots]
        assert len(set(dots)) == len(dots) <= DRAWN
        assert all(9 < dot.x < WIDTH - 7 and band.y < dot.y <= band.end for dot in band.dots)
        assert bool(band.more) == (sum(one.stance is band.stance for one in found) > DRAWN)
    assert len(bands) == len({one.stance for one in found})
