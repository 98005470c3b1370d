"""The web application: one readable list of what it is made of."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from app import access, database, pages, poster, problems, uploads, warming
from app.api import (
    API_VERSION,
    areas,
    calendars,
    connections,
    conversations,
    energy,
    growth_edge,
    health,
    items,
    landing,
    lookups,
    measurements,
    meeting_places,
    plan,
    single_items,
    tiles,
    timeline,
    tokens,
    writing,
)
from app.api.paging import Counts
from app.headers import AnswerHeaders
from app.settings import Settings, load
from app.static_files import OwnFiles
from assets import models

#: Writing one table needs to know those it refers to.
TABLES = models.Base.metadata

#: Compression of answers; tiles and files that are compressed already are left alone.
LEAST_BYTES, LEVEL = 800, 5


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the application for these settings, or for those of the environment."""
    chosen = settings or load()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.database = database.connect(chosen)
        warming.warm(app.state.database)
        pages.warm()
        yield
        app.state.database.close()

    app = FastAPI(
        title="Vuurtoren",
        lifespan=lifespan,
        redirect_slashes=False,
        # our own document is OpenAPI 3.0 (app/api/openapi.py), and no page of ours loads scripts from elsewhere
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    app.state.settings = chosen
    # without a secret (tests, a single process) forms hold until it stops
    app.state.form_key = chosen.secret.get_secret_value() if chosen.secret else secrets.token_urlsafe(32)
    app.state.openapi_documents = {}
    app.state.tiles = tiles.TileCache()
    app.state.counts = Counts()
    app.state.posters = poster.Press()

    app.include_router(landing.router)
    app.include_router(items.router)
    app.include_router(single_items.router)
    app.include_router(writing.router)
    app.include_router(connections.router)
    app.include_router(energy.router)
    app.include_router(calendars.router)
    app.include_router(conversations.router)
    app.include_router(growth_edge.router)
    app.include_router(measurements.router)
    app.include_router(meeting_places.router)
    app.include_router(plan.router)
    app.include_router(lookups.router)
    app.include_router(areas.router)
    app.include_router(timeline.router)
    app.include_router(tokens.router)
    app.include_router(tiles.router)
    app.include_router(health.router)
    app.include_router(pages.router)
    app.mount("/static", OwnFiles(), name="static")

    problems.install(app)
    access.install(app)
    # the last one added is the outermost
    app.add_middleware(problems.Unexpected, most_bytes=chosen.upload_mb * 1_000_000, form_times=uploads.FORM_TIMES)
    app.add_middleware(GZipMiddleware, minimum_size=LEAST_BYTES, compresslevel=LEVEL)
    app.add_middleware(AnswerHeaders, api_version=API_VERSION)
    return app
