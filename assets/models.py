"""Every table, imported so that the metadata is complete: for migrations and whole-database work."""

from assets.accounts import Account, Membership
from assets.activities import Activity
from assets.addresses import Address
from assets.areas import Area
from assets.base import Base
from assets.bundled_mails import BundledMail
from assets.communities import Community
from assets.community_leave import Departure
from assets.connections import Connection
from assets.consents import Consent
from assets.conversations import Conversation
from assets.counts import AssetCount, CountedArea, StaleCount
from assets.deployment import DataVersion, Deployment
from assets.energy import EnergyShare
from assets.erasure import Erasure
from assets.history import Change
from assets.idempotency_keys import IdempotencyKey
from assets.import_batches import ImportBatch
from assets.inventory import Asset
from assets.invitations import Invitation
from assets.links import Stretch, StretchPart
from assets.lookups import Lookup
from assets.mails import Mail
from assets.measurements import Ambition, Measurement
from assets.notices import Notice, NoticeLink, NoticeRequest, Subscriber
from assets.personal_links import PersonalLink
from assets.photos import Photo
from assets.relay import RelayAddress, RelayMessage
from assets.reviews import Review
from assets.second_factors import SecondFactor
from assets.sharing import Sharing
from assets.sign_in_links import SignInLink
from assets.sign_ins import SignIn
from assets.street_graph import StreetEdge
from assets.streets import Segment, Street, StreetPart
from assets.suggested import Suggestion
from assets.table_evenings import TableEvening
from assets.tokens import Token

__all__ = [
    "Account",
    "Activity",
    "Address",
    "Ambition",
    "Area",
    "Asset",
    "AssetCount",
    "Base",
    "BundledMail",
    "Change",
    "Community",
    "Connection",
    "Consent",
    "Conversation",
    "CountedArea",
    "DataVersion",
    "Departure",
    "Deployment",
    "EnergyShare",
    "Erasure",
    "IdempotencyKey",
    "ImportBatch",
    "Invitation",
    "Lookup",
    "Mail",
    "Measurement",
    "Membership",
    "Notice",
    "NoticeLink",
    "NoticeRequest",
    "PersonalLink",
    "Photo",
    "RelayAddress",
    "RelayMessage",
    "Review",
    "SecondFactor",
    "Segment",
    "Sharing",
    "SignIn",
    "SignInLink",
    "StaleCount",
    "Street",
    "StreetEdge",
    "StreetPart",
    "Stretch",
    "StretchPart",
    "Subscriber",
    "Suggestion",
    "TableEvening",
    "Token",
]
