"""The pages: HTML for people, in Dutch and English, with and without script."""

import importlib
import threading

from fastapi import APIRouter

from app.pages import (
    about,
    admin,
    admin_accounts,
    admin_communities,
    areas,
    assets,
    bundled_mails,
    communities,
    community_history,
    community_leave,
    community_people,
    connect,
    conversations,
    edit,
    embed,
    energy,
    feeds,
    history,
    invitations,
    lookups,
    me,
    meeting_places,
    mine,
    moderation,
    moderation_edit,
    notices,
    offline,
    people,
    photos,
    pin,
    place,
    plan,
    poster,
    public_map,
    relay,
    review,
    room,
    search,
    second_step,
    sharing,
    sign_in,
    suggest,
    table,
    timeline,
    tokens,
)

router = APIRouter(include_in_schema=False)
for page in (
    public_map,
    pin,
    search,
    assets,
    connect,
    edit,
    photos,
    energy,
    room,
    timeline,
    plan,
    lookups,
    areas,
    feeds,
    embed,
    notices,
    bundled_mails,
    meeting_places,
    poster,
    about,
    communities,
    community_history,
    community_leave,
    community_people,
    sharing,
    mine,
    people,
    relay,
    review,
    second_step,  # before sign_in, whose address /sign-in/{token} would take /sign-in/second
    sign_in,
    me,
    tokens,
    invitations,
    table,
    admin,
    admin_accounts,
    admin_communities,
    conversations,
    suggest,
    moderation,
    moderation_edit,
    history,
    place,
    offline,
):
    router.include_router(page.router)


def warm() -> None:
    """Build the maps in the background, so that no visitor waits for seconds of import."""

    def build() -> None:
        from maps import embed as embedded
        from maps import energy as energy_map
        from maps import my_streets, public, reach
        from maps import place as place_map
        from maps import room as room_map
        from maps import timeline as timeline_map

        public.parts()
        energy_map.parts()
        room_map.parts()
        timeline_map.parts()
        reach.parts()
        embedded.parts()
        my_streets.parts()
        place_map.parts()
        importlib.import_module("mapclassify")  # another second, for the classes of energy
        importlib.import_module("scipy.sparse.csgraph")  # for walking along streets

    threading.Thread(target=build, name="map parts", daemon=True).start()
