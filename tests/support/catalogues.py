"""Catalogues of sentences: extract from the code, bring languages up to date, compile, make the pseudo-language.

`scripts/translate` runs it; tests use it to hold catalogues and code equal.
"""

import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from instance.i18n import DOMAIN, LOCALE_DIR, PSEUDO
from policies.asked import FAILING
from policies.decision import EXPLANATIONS
from policies.document import FIELDS
from policies.fields import Line
from policies.kinds import Choice, Words, said_as
from policies.records import ByName, Listed

ROOT = Path(__file__).parents[2]
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2), "one": (1, 2)}
SAID = [("policies/**.py", "python")]
TEMPLATE = LOCALE_DIR / f"{DOMAIN}.pot"
MADE = datetime(2026, 1, 1, tzinfo=UTC)
OPEN, CLOSE = "⟦", "⟧"
ACCENTS = str.maketrans("aeiouyAEIOUYcnszCNSZ", "áéíóúýÁÉÍÓÚÝçñšžÇÑŠŽ")
KEPT = re.compile(r"(\{[^}]*\}|%\([a-z]+\)s)")


def extracted() -> Catalog:
    """All sentences of the code, with the files that they stand in (no line numbers: they would change with everything)."""
    catalog = Catalog(project="Skerry", copyright_holder="Skerry", msgid_bugs_address="", charset="utf-8")
    with (LOCALE_DIR / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(ROOT, methods, options, KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True)
    for name, _line, message, comments, context in sorted(found, key=lambda item: (item[0], item[1])):
        catalog.add(message, None, [(name, 0)], auto_comments=comments, context=context)
    for name, _line, sentence, _comments, _context in sorted(
        extract_from_dir(ROOT, SAID, {}, {"say": None, "say_many": (1, 2)})
    ):
        catalog.add(sentence, None, [(name, 0)])
    for name, sentences in OF_TABLES.items():
        for sentence in sentences:
            catalog.add(sentence, None, [(name, 0)])
    return catalog


def _of_the_table(table: list[Line]) -> Iterator[str]:
    """The sentences of a table of fields, the words of its choices, and those of the records within it."""
    for line in table:
        yield from filter(None, (line.spec.says, line.spec.otherwise))
        match line.spec.kind:
            case Choice(words_known=known) as choice:
                yield from map(choice.words, known)
            case Words(words_known=known) if known is not None:
                yield from map(said_as, known)
            case ByName() | Listed() as records:
                yield from _of_the_table(records.table)


OF_TABLES = {
    "policies/sections.py": list(_of_the_table(FIELDS)),
    "policies/decision.py": list(EXPLANATIONS.values()),
    "policies/asked.py": list(FAILING.values()),
}
"""The sentences that policies say from a table: each by the name of its module."""


def read(path: Path, locale: str | None = None) -> Catalog:
    """Read a .po or .pot file."""
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def po_bytes(catalog: Catalog) -> bytes:
    """A catalogue as text, without dates."""
    buffer = io.BytesIO()
    write_po(
        buffer, catalog, width=110, omit_header=False, include_lineno=False, sort_output=True, ignore_obsolete=True
    )
    lines = [
        line for line in buffer.getvalue().split(b"\n") if not re.match(rb'"(POT-Creation|PO-Revision)-Date', line)
    ]
    return b"\n".join(lines)


def mo_bytes(catalog: Catalog) -> bytes:
    """A catalogue compiled."""
    catalog.creation_date = catalog.revision_date = MADE
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def pseudo(text: str) -> str:
    """A sentence in the made-up language: accented, a third longer, between marks."""
    parts = [part if KEPT.fullmatch(part) else part.translate(ACCENTS) for part in KEPT.split(text)]
    return OPEN + "".join(parts) + " ~" + "~" * (len(text) // 3) + CLOSE


def pseudo_catalogue(source: Catalog) -> Catalog:
    """The whole made-up language."""
    made = Catalog(locale="en", charset="utf-8")
    for message in source:
        if not message.id:
            continue
        words: str | tuple[str, ...] = (
            tuple(pseudo(form) for form in message.id) if isinstance(message.id, tuple) else pseudo(str(message.id))
        )
        made.add(message.id, words)
    return made


def write_pseudo(folder: Path) -> None:
    """Compile the made-up language into a folder of catalogues."""
    target = folder / PSEUDO / "LC_MESSAGES" / f"{DOMAIN}.mo"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(mo_bytes(pseudo_catalogue(extracted())))


def translated() -> list[Path]:
    """The .po files that there are."""
    return sorted(LOCALE_DIR.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def untranslated(catalog: Catalog) -> list[Message]:
    """What a language still lacks, or has only guessed."""
    return [m for m in catalog if m.id and (m.fuzzy or not m.string or (m.pluralizable and not all(m.string)))]


def update(begin: str | None = None) -> None:
    """Extract, bring each language up to date, compile, and say what is missing."""
    source = extracted()
    TEMPLATE.write_bytes(po_bytes(source))
    if begin:
        path = LOCALE_DIR / begin / "LC_MESSAGES" / f"{DOMAIN}.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_bytes(po_bytes(Catalog(locale=begin, project="Skerry", charset="utf-8")))
    for path in translated():
        catalog = read(path, path.parents[1].name)
        catalog.update(source, no_fuzzy_matching=True)
        path.write_bytes(po_bytes(catalog))
        path.with_suffix(".mo").write_bytes(mo_bytes(read(path, path.parents[1].name)))
        missing = untranslated(catalog)
        print(f"{path.parents[1].name}: {len(catalog) - len(missing)} of {len(catalog)} sentences")
        for message in missing:
            print(f"  missing: {message.id!r}")


if __name__ == "__main__":
    update(sys.argv[1] if len(sys.argv) > 1 else None)
