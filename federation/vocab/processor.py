"""The only module that imports pyld: contexts from our files, no network. Loaded by `jsonld` when it is needed first."""

from pathlib import Path
from typing import Any

from pyld import jsonld
from pyld.documentloader.frozen import BUNDLED_CONTEXTS, FrozenDocumentLoader

from federation.errors import MalformedError
from federation.vocab.terms import CONTEXT

_FOLDER = Path(__file__).parent / "contexts"
_TERMS = _FOLDER / "terms.jsonld"
_CONTEXTS: dict[str, Path] = {
    **BUNDLED_CONTEXTS,
    "https://w3id.org/security/data-integrity/v1": _FOLDER / "data-integrity.jsonld",
    "https://w3id.org/security/data-integrity/v2": _FOLDER / "data-integrity.jsonld",
    "https://w3id.org/security/multikey/v1": _FOLDER / "multikey.jsonld",
    "https://w3id.org/skerry/ns": _FOLDER / "skerry.jsonld",
    "https://gotosocial.org/ns": _TERMS,
    "https://join-lemmy.org/context.json": _TERMS,
    "https://w3id.org/identity/v1": _TERMS,
    "https://purl.archive.org/socialweb/webfinger": _TERMS,
}
_LITEPUB = "/schemas/litepub-0.1.jsonld"


class _Loader(FrozenDocumentLoader):  # type: ignore[misc]
    """Contexts from our files only; LitePub's has an address on every server that speaks it."""

    def __call__(self, url: str, options: dict[str, Any]) -> Any:
        if url.endswith(_LITEPUB):
            url = "https://join-lemmy.org/context.json"
        return super().__call__(url, options)


_loader = _Loader(_CONTEXTS)
jsonld.set_document_loader(_loader)  # also for whoever forgets to pass it


def compact(document: dict[str, Any]) -> Any:
    """A checked document in our own terms. Raises MalformedError."""
    options = {"documentLoader": _loader, "processingMode": "json-ld-1.1", "base": "urn:none:"}
    try:
        return jsonld.compact(document, CONTEXT, options)
    except Exception as error:
        raise MalformedError("that JSON-LD can't be read") from error
