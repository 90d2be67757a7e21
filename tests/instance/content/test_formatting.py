"""Text and Markdown -> safe HTML: links, mentions of known accounts, tags; nothing that runs, no time lost on traps."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instance.content.formatting import MARKDOWN, PLAIN, Known, foreign_tag, handles, render, tag_name
from instance.errors import RefusalError

KNOWN = {
    ("ana", ""): Known(1, "ana", "https://a.example/@ana"),
    ("bob", "b.example:8001"): Known(2, "Bob", "https://b.example/@Bob"),
}


def html(text: str, kind: str = PLAIN) -> str:
    made = render(text, kind, mentions=KNOWN, base="https://a.example").html
    return re.sub(r' (?:rel|class|translate)="[^"]*"', "", made)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("a\nb\n\nc", "<p>a<br>b</p><p>c</p>"),
        ("<b>&", "<p>&lt;b&gt;&amp;</p>"),
        ("@ana", '<p><span><a href="https://a.example/@ana">@<span>ana</span></a></span></p>'),
        ("(@Bob@B.example:8001)", '<p>(<span><a href="https://b.example/@Bob">@<span>Bob</span></a></span>)</p>'),
        ("@eve me@ana.org a/@ana", "<p>@eve me@ana.org a/@ana</p>"),
        ("see https://x.y/a_(b).", '<p>see <a href="https://x.y/a_(b)">x.y/a_(b)</a>.</p>'),
        ("#Été #1 a#b", '<p><a href="https://a.example/tags/%C3%A9t%C3%A9">#<span>Été</span></a> #1 a#b</p>'),
    ],
)
def test_plain_text(text: str, made: str) -> None:
    assert html(text) == made


def test_markdown() -> None:
    assert html("**b** ~~s~~ `@ana` <i>", MARKDOWN) == "<p><strong>b</strong> <s>s</s> <code>@ana</code> &lt;i&gt;</p>"
    assert "@<span>ana</span>" in html("*hi @ana*", MARKDOWN)
    assert "<img" not in html("![x](https://t.example/pixel.png)", MARKDOWN)
    assert html("[@ana](javascript:x)", MARKDOWN).count("href") <= 1
    assert "javascript:" not in html("[x](javascript:x)", MARKDOWN).replace("](javascript:x)", "")


def test_who_is_mentioned_and_tagged() -> None:
    made = render("@ana @nobody @ana #A #a `#c`", MARKDOWN, mentions=KNOWN, base="")
    assert (made.mentions, made.tags) == ([1], {"a": "A"})
    assert handles("@ana @Bob@B.example:8001") == {("ana", ""), ("bob", "b.example:8001")}
    assert tag_name("#ÉTÉ") == "été"
    written = "#हिन्दी #ภาษาไทย, #العَرَبِيَّة"  # signs above and below belong to their letter
    assert set(render(written, PLAIN, mentions={}, base="").tags) == {"हिन्दी", "ภาษาไทย", "العَرَبِيَّة"}
    assert [foreign_tag(name) for name in ("#a b-c_d", "#1234", "#🐄", "हिन्दी")] == ["abc_d", "", "", "हिन्दी"]


def test_other_kinds_of_text_are_refused() -> None:
    with pytest.raises(RefusalError):
        html("x", "text/html")


PIECES = st.lists(
    st.sampled_from(
        ["@", "#", "ana", "http://", "a.b", "[", "](", ")", "<", ">", "*", "`", "\n", " ", "&", "_", "> ", "- "]
    )
)


@given(PIECES.map("".join) | st.text(), st.sampled_from([PLAIN, MARKDOWN]))
def test_nothing_runs(text: str, kind: str) -> None:
    assert not re.search(
        r"<(?!/?(?:p|br|a|span|em|strong|code|pre|s|ul|ol|li|blockquote|del)\b)|<[^>]*\bon\w+=", html(text, kind)
    )


@pytest.mark.parametrize("trap", ["@", "#a", "*", "[", "> ", "http://", "@a.-", "a@", "![", "`", "<a", "_*"])
@pytest.mark.parametrize("kind", [PLAIN, MARKDOWN])
def test_no_trap_takes_long(trap: str, kind: str) -> None:
    assert html(trap * (5000 // len(trap)), kind) is not None
