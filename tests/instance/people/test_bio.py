"""What members write about themselves becomes HTML that can hold nothing but paragraphs, breaks and links."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from instance.people.bio import render_bio, render_field
from instance.sanitise import clean

HOSTILE = st.lists(
    st.sampled_from(
        [
            "<script>",
            "</p>",
            '"',
            "'",
            "&",
            "<",
            ">",
            "https://x.example/",
            "http://",
            "javascript:",
            "\n",
            "\n\n",
            " ",
            "[",
            "@",
            "é",
        ]
    )
).map("".join)


class Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name == "href"]
        assert {name for name, _ in attrs} <= {"href", "rel", "target"}


@given(st.one_of(HOSTILE, st.text()))
def test_nothing_but_paragraphs_and_links_comes_out(text: str) -> None:
    for made in (render_bio(text), render_field(text)):
        seen = Seen()
        seen.feed(made)
        seen.close()
        assert seen.tags <= {"p", "br", "a"}
        assert all(address.startswith(("http://", "https://")) for address in seen.addresses)


def test_the_one_list_of_allowed_html_lets_it_pass() -> None:
    made = render_bio("Hello <you>\nsee https://x.example/a?b=1&c=2")
    assert "x.example/a?b=1&amp;c=2" in clean(made)
    assert clean(made).startswith("<p>Hello &lt;you&gt;<br>")
