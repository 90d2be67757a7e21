"""Our own style and drawings: their addresses carry a digest, so browsers may keep them for a year."""

from typing import Any

from starlette.responses import Response
from starlette.staticfiles import StaticFiles

KEPT = "public, max-age=31536000, immutable"


class Assets(StaticFiles):
    """Files of `static`, to be kept."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """The file, with leave to keep it."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = KEPT
        return response
