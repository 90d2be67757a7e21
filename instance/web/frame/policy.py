"""The content security policy of pages: our own style and pictures, nothing else, nothing inline."""

from instance.settings import Settings


def content_policy(settings: Settings, *, forms_to: str = "") -> str:
    """The header's text. `forms_to` is where else a form may lead: an app's redirect, on the authorize page only."""
    media = f"'self' {settings.media_url}" if settings.media_url else "'self'"
    rules = (
        "default-src 'none'",
        "style-src 'self'",
        f"img-src {media}",
        f"media-src {media}",
        f"form-action 'self' {forms_to}".rstrip(),
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
    return "; ".join(rules)
