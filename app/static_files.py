"""Scripts, styles, fonts and icons: kept by browsers for good when the address carries the mark of the content."""

from pathlib import Path
from typing import Any

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parent / "static"
#: What lies in app/static and is not for visitors.
HIDDEN = ("node_modules", "package.json", "package-lock.json")


class OwnFiles(StaticFiles):
    """The files of app/static."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, with how long it may be kept; 404 for what is not meant for visitors."""
        if path.split("/")[0] in HIDDEN or "\x00" in path:
            from starlette.exceptions import HTTPException

            raise HTTPException(404)
        response = await super().get_response(path, scope)
        marked = b"v=" in scope.get("query_string", b"")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if marked else "no-cache"
        return response

    def lookup_path(self, path: str) -> Any:
        """The file of a path; a path that the file system cannot hold is no file."""
        try:
            return super().lookup_path(path)
        except (OSError, ValueError, UnicodeEncodeError):
            return "", None
