"""What every router of the API asks first: no parameter twice. A module of its own, which all the others may import."""

from fastapi import Depends, Request

from app.problems import repeated
from assets.errors import Invalid


# async, because what only looks at the request need not wait for a thread
async def single_values(request: Request) -> None:
    """Refuse a query parameter that is given more than once."""
    if faults := repeated(request):
        raise Invalid("A parameter is given more than once.", faults=faults)


#: On every router of the API.
ONCE = [Depends(single_values)]
