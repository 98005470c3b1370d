"""Who may do what: one table, one gate."""

from dataclasses import dataclass
from enum import StrEnum

from assets.errors import NotAllowed
from assets.vocabulary import Role


class Permission(StrEnum):
    """Things that are guarded, as `<subject>:<action>`, in alphabetical order."""

    activity_write = "activity:write"
    ambition_write = "ambition:write"
    asset_write = "asset:write"
    conversation_write = "conversation:write"
    import_run = "import:run"
    measurement_write = "measurement:write"


#: The roles that hold each permission.
GRANTED: dict[Permission, frozenset[Role]] = {
    Permission.activity_write: frozenset({Role.builder, Role.steward, Role.admin}),
    # what a municipality wants to reach is its own word, not that of a community
    Permission.ambition_write: frozenset({Role.analyst, Role.admin}),
    Permission.asset_write: frozenset({Role.builder, Role.steward, Role.admin}),
    Permission.conversation_write: frozenset({Role.builder, Role.steward, Role.admin}),
    Permission.import_run: frozenset({Role.steward, Role.admin}),
    # whoever can count: the municipality, and neighbours by their builder
    Permission.measurement_write: frozenset({Role.builder, Role.steward, Role.analyst, Role.admin}),
}


@dataclass(frozen=True)
class Viewer:
    """Who is asking: the name that stands in the history, and the role that decides."""

    name: str
    role: Role
    token_id: int | None = None


#: Anyone without a token.
VISITOR = Viewer(name="visitor", role=Role.visitor)
#: The operator at the command line of the machine itself.
OPERATOR = Viewer(name="operator", role=Role.admin)


def require(viewer: Viewer, permission: Permission) -> None:
    """Return when the viewer holds the permission; raise NotAllowed otherwise."""
    if viewer.role not in GRANTED[permission]:
        raise NotAllowed("The role {role} may not do this ({permission}).", role=viewer.role, permission=permission)
