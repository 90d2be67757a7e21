"""Forms: what was typed, kept when refused, with the sentence beside its field."""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from instance.errors import RefusalError
from instance.house import House
from instance.i18n import N_, refusal_text

MAX_FIELDS = 400  # the policy as a form has 151 and more
MAX_FIELD_BYTES = 300_000
COOKIE_BYTES = 24


class Words(dict[str, str]):
    """Texts by name; what is not there is empty."""

    def __missing__(self, key: str) -> str:
        return ""


@dataclass(slots=True)
class Form:
    """One form: `values` as typed, `errors` by field, `problem` for the whole."""

    values: Words = field(default_factory=Words)
    errors: Words = field(default_factory=Words)
    problem: str = ""
    files: dict[str, UploadFile] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.values[name].strip()

    def ticked(self, name: str) -> bool:
        """Whether a box was ticked."""
        return self.values[name] == "1"

    def refuse(self, refusal: RefusalError, fields: Mapping[str, str] | None = None) -> None:
        """Put a refusal's sentence beside the field that `fields` names for its code, else on top of the form."""
        name = (fields or {}).get(refusal.code)
        if name:
            self.errors[name] = refusal_text(refusal)
        else:
            self.problem = refusal_text(refusal)


def filled(**values: str) -> Form:
    """A form that shows these values."""
    return Form(values=Words(values))


def of_data(data: FormData) -> Form:
    """The form that a browser sent."""
    form = Form()
    for name, value in data.multi_items():
        if isinstance(value, UploadFile):
            if value.filename:
                form.files[name] = value
        else:
            form.values[name] = value.replace("\r\n", "\n").replace("\0", "")
    return form


def number(text: str) -> int | None:
    """A number in a form or an address; None for anything else, and for one that no id can be."""
    found = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None
    return found if found is not None and found < 1 << 63 else None


async def read(request: Request) -> Form:
    """Read a form's body, bounded. Raises RefusalError 400 or 413 (through Starlette's own limits)."""
    return of_data(await request.form(max_files=4, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES))


# Cross-site request forgery: a session has its own word; before sign-in a signed cookie is sent twice.


def csrf_cookie_name(house: House) -> str:
    """The cookie's name: `__Host-` where it can be, with the port where it must be (DECISIONS 14)."""
    if house.site.settings.https:
        return "__Host-skerry-form"
    return f"skerry-form-{house.site.settings.port}"


def new_csrf(house: House) -> str:
    """A new signed word for a form before sign-in."""
    word = secrets.token_urlsafe(COOKIE_BYTES)
    return f"{word}.{_sign(house, word)}"


def csrf_is_ours(house: House, value: str) -> bool:
    """Whether this instance signed the word."""
    word, _dot, sign = value.partition(".")
    return bool(word) and hmac.compare_digest(sign, _sign(house, word))


def check_csrf(form: Form, expected: str) -> None:
    """The form must come from a page of ours. Raises RefusalError 403."""
    if not expected or not hmac.compare_digest(form.values["csrf"].encode(), expected.encode()):
        raise RefusalError(
            "form-too-old",
            N_("This form was open for too long, or came from another page. Go back, load the page again and send it."),
            status=403,
        )


def _sign(house: House, word: str) -> str:
    return house.site.vault.mac("form", word)[:32]
