"""Who may do what: one table, one gate.

Two modules look at a role for something else than what it may do, so that no scope of a token can change it:
assets/walls.py (which communities a transaction sees) and assets/lookups.py (whose looks are for everybody to see).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from assets import names
from assets.errors import NotAllowed
from assets.vocabulary import Role


class Permission(StrEnum):
    """Things that are guarded, as `<subject>:<action>`, in alphabetical order."""

    account_write = "account:write"
    activity_write = "activity:write"
    ambition_write = "ambition:write"
    asset_write = "asset:write"
    community_leave = "community:leave"
    community_read = "community:read"
    conversation_write = "conversation:write"
    import_run = "import:run"
    lookup_name = "lookup:name"
    measurement_write = "measurement:write"
    member_write = "member:write"
    plan_read = "plan:read"
    sharing_write = "sharing:write"
    street_detail_read = "street-detail:read"
    suggestion_decide = "suggestion:decide"
    table_open = "table:open"


#: The roles that hold each permission.
GRANTED: dict[Permission, frozenset[Role]] = {
    Permission.account_write: frozenset({Role.admin}),
    Permission.activity_write: frozenset({Role.builder, Role.steward, Role.admin}),
    # what a municipality wants to reach is its own word, not that of a community
    Permission.ambition_write: frozenset({Role.analyst, Role.admin}),
    Permission.asset_write: frozenset({Role.builder, Role.steward, Role.admin}),
    # leaving is for the community itself; the operator of the machine does it at the command line
    Permission.community_leave: frozenset({Role.steward}),
    # who did what in it
    Permission.community_read: frozenset({Role.member, Role.builder, Role.steward, Role.admin}),
    Permission.conversation_write: frozenset({Role.builder, Role.steward, Role.admin}),
    # asked by the importers themselves (assets/importers): so far no door leads to them, only the command line
    Permission.import_run: frozenset({Role.steward, Role.admin}),
    # who looked: the municipality itself sees that it looked, and not who
    Permission.lookup_name: frozenset({Role.builder, Role.steward, Role.admin}),
    # whoever can count: the municipality, and neighbours by their builder
    Permission.measurement_write: frozenset({Role.builder, Role.steward, Role.analyst, Role.admin}),
    # who belongs to a community is for those who guard it
    Permission.member_write: frozenset({Role.steward, Role.admin}),
    # beyond the public map: each look at it is written down (assets/lookups.py)
    Permission.plan_read: frozenset({Role.analyst, Role.admin}),
    # what the municipality sees of a community is the word of its own stewards: no admin, no operator overrides it
    Permission.sharing_write: frozenset({Role.steward}),
    # beyond the public map: each look at it is written down (assets/lookups.py)
    Permission.street_detail_read: frozenset({Role.analyst, Role.admin}),
    Permission.suggestion_decide: frozenset({Role.builder, Role.steward, Role.admin}),
    # neighbours sit at the table of someone of the community
    Permission.table_open: frozenset({Role.builder, Role.steward}),
}

#: What a token can be made for (assets/tokens.py): what the API guards. Anything else is for people in a browser.
FOR_PROGRAMS = frozenset(
    {
        Permission.activity_write,
        Permission.ambition_write,
        Permission.asset_write,
        Permission.conversation_write,
        Permission.measurement_write,
        Permission.plan_read,
    }
)


@dataclass(frozen=True)
class Viewer:
    """Who is asking: the name that stands in the history, the role that decides, and where both come from.

    `role` is the highest they have anywhere. `roles` is that in each community, by its id; None means the same
    everywhere: programs, the operator and admins. `community_id` is the community that their new entries go to.
    `scopes` are the permissions that a token was made for; None means all of the role.
    """

    name: str
    role: Role
    token_id: int | None = None
    account_id: int | None = None
    community_id: int | None = None
    roles: Mapping[int, Role] | None = None
    #: A mark of a visitor's browser, when it sent a form (app/csrf.py): for writes that are sent twice.
    browser: str | None = None
    scopes: frozenset[Permission] | None = None
    #: Code of the municipality that an analyst works for; None for every one here (areas.require_municipality).
    municipality: str | None = None

    def role_in(self, community_id: int) -> Role:
        """The role in one community; outside their own ones someone with an account is a visitor like any other."""
        return self.role if self.roles is None else self.roles.get(community_id, Role.visitor)

    @property
    def signed_in(self) -> bool:
        """Whether this is someone with an account, in a browser: a token of theirs is not them."""
        return self.account_id is not None and self.token_id is None

    @property
    def holder(self) -> str | None:
        """Whose Idempotency-Keys these are; None for who cannot be told apart."""
        if self.token_id is not None:
            return f"token:{self.token_id}"
        if self.account_id is not None:
            return f"account:{self.account_id}"
        return f"browser:{self.browser}" if self.browser else None


#: Anyone without a token.
VISITOR = Viewer(name=names.VISITOR, role=Role.visitor)
#: The operator at the command line of the machine itself.
OPERATOR = Viewer(name=names.OPERATOR, role=Role.admin)


def holds(viewer: Viewer, permission: Permission, community_id: int | None = None) -> bool:
    """Whether the viewer holds the permission, in this community when one is given and else in any of theirs."""
    role = viewer.role if community_id is None else viewer.role_in(community_id)
    return role in GRANTED[permission] and in_scope(viewer, permission)


def in_scope(viewer: Viewer, permission: Permission) -> bool:
    """Whether the token of the viewer was made for this; so it is without a token."""
    return viewer.scopes is None or permission in viewer.scopes


def require(viewer: Viewer, permission: Permission, community_id: int | None = None) -> None:
    """Return when the viewer holds the permission, in this community when one is given; raise NotAllowed otherwise."""
    if viewer.role not in GRANTED[permission]:
        raise NotAllowed("The role {role} may not do this ({permission}).", role=viewer.role, permission=permission)
    if not in_scope(viewer, permission):
        raise NotAllowed("This token was not made for this ({permission}).", permission=permission)
    if community_id is not None and viewer.role_in(community_id) not in GRANTED[permission]:
        raise NotAllowed("This belongs to another community; only its own people may do this.")


def communities_of(viewer: Viewer, permission: Permission) -> list[int]:
    """Ids of the communities in which the viewer holds the permission; of a viewer without `roles` there are none."""
    return sorted(number for number in viewer.roles or {} if holds(viewer, permission, number))
