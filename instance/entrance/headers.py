"""Headers that every answer carries: security, caching, CORS. Tables only; `instance.middleware` applies them.

CORS as apps in browsers need it; the list of paths and headers is what Phanpy, Elk and masto.js were seen to use.
"""

Header = tuple[bytes, bytes]

HSTS_SECONDS = 2 * 365 * 24 * 3600

# Paths that apps in browsers on other sites call.
OPEN_TO_APPS = ("/api/", "/oauth/token", "/oauth/revoke", "/oauth/userinfo", "/.well-known/", "/nodeinfo", "/media/")

SECURITY: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"),
    (b"x-frame-options", b"DENY"),
    (b"cache-control", b"private, no-store"),
    (b"x-robots-tag", b"noindex, nofollow, noarchive, noai, noimageai"),  # pages that may be found say so themselves
    (b"content-usage", b"search=n, train-ai=n"),
)

CORS: tuple[Header, ...] = (
    (b"access-control-allow-origin", b"*"),
    (
        b"access-control-expose-headers",
        b"Link, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id",
    ),
)

PREFLIGHT: tuple[Header, ...] = (
    (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE, OPTIONS"),
    (b"access-control-allow-headers", b"Authorization, Content-Type, Idempotency-Key"),
    (b"access-control-max-age", b"86400"),
    (b"content-length", b"0"),
)

NOT_A_PAGE: Header = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")


def page_policy(media_url: str) -> Header:
    """The content security policy of pages: nothing inline, nothing from elsewhere but our own media host."""
    media = f"'self' {media_url}" if media_url else "'self'"
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "font-src": "'self'",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "img-src": f"{media} data:",
        "media-src": media,
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return b"content-security-policy", "; ".join(f"{name} {value}" for name, value in rules.items()).encode()


# Apps in browsers open sign-in in a window of their own and watch it (Phanpy): these pages must keep their opener.
IN_A_WINDOW = ("/oauth/", "/auth/")


def opener_policy(path: str) -> Header:
    """Whether the window that opened a page keeps hold of it: only where people sign in to an app."""
    return b"cross-origin-opener-policy", b"unsafe-none" if path.startswith(IN_A_WINDOW) else b"same-origin"


class Headers:
    """The headers of one instance, joined once at start."""

    def __init__(self, *, https: bool, media_url: str, policy: str) -> None:
        self._policy = (b"link", f'<{policy}>; rel="privacy-policy"'.encode())
        secure = ((b"strict-transport-security", f"max-age={HSTS_SECONDS}".encode()),) if https else ()
        own = (*SECURITY, (b"cross-origin-resource-policy", b"same-origin"), *secure)
        self._page = (*own, page_policy(media_url))
        self._other = (*own, NOT_A_PAGE)
        self._apps = (*SECURITY, (b"cross-origin-resource-policy", b"cross-origin"), *secure, *CORS, NOT_A_PAGE)

    def add(self, headers: list[Header], path: str, *, for_apps: bool) -> None:
        """Add what an answer has not set itself. Pages and `/` name our policy before any other link (RFC 6903)."""
        present = dict(headers)
        is_page = present.get(b"content-type", b"").startswith(b"text/html")
        if path == "/" or is_page:
            headers.insert(0, self._policy)
        if for_apps:
            wanted = self._apps
        elif is_page:
            wanted = self._page
        else:
            wanted = self._other
        headers.extend(header for header in wanted if header[0] not in present)
        headers.append(opener_policy(path))


def open_to_apps(path: str) -> bool:
    """Whether a path is for apps in browsers on other sites."""
    return path.startswith(OPEN_TO_APPS)
