"""Forms with files: read up to a limit, so that a file that is too large costs no memory and no room on the disk.

Bytes of a file beyond the limit are thrown away as they come, and the file is marked (`Upload.too_large`): the other
fields are kept, and the form can be shown again with all that was typed. What a whole form may have is bounded before
it is read (app/problems.py, Unexpected).
"""

from contextlib import aclosing
from typing import Any

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from app.problems import Refusal

MEDIA_TYPE = "multipart/form-data"
#: A whole form may be this many times as large as one file, so that one that is somewhat too large is met by words.
FORM_TIMES = 3


class Upload(UploadFile):
    """A file that was sent, and whether it was larger than is read."""

    too_large: bool = False


class _Bounded(MultiPartParser):
    """Starlette's parser, which keeps at most so many bytes of each file."""

    def __init__(self, *arguments: Any, most_bytes: int, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.most_bytes = most_bytes
        self.came = 0

    def on_headers_finished(self) -> None:
        super().on_headers_finished()
        self.came = 0
        found = self._current_part.file
        if found is not None:
            self._current_part.file = Upload(found.file, size=0, filename=found.filename, headers=found.headers)

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        found = self._current_part.file
        if isinstance(found, Upload):
            self.came += end - start
            if self.came > self.most_bytes:
                found.too_large = True
                return
        super().on_part_data(data, start, end)


async def read(request: Request, *, files: int, fields: int, field_bytes: int) -> FormData:
    """The form of this request with its files; a 400 when it cannot be read or has too much in it."""
    most = request.app.state.settings.upload_mb * 1_000_000
    try:
        async with aclosing(request.stream()) as stream:
            parser = _Bounded(
                request.headers, stream, max_files=files, max_fields=fields, max_part_size=field_bytes, most_bytes=most
            )
            form = await parser.parse()
    except MultiPartException:
        raise Refusal("invalid-input", "This form cannot be read, or it holds too much.") from None
    request._form = form
    return form
