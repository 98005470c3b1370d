"""The web application: one readable list of what it is made of."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app import database
from app.settings import Settings, load


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the application for these settings, or for those of the environment."""
    chosen = settings or load()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.database = database.connect(chosen)
        yield
        app.state.database.close()

    app = FastAPI(title="Vuurtoren", lifespan=lifespan)
    app.state.settings = chosen

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    return app
