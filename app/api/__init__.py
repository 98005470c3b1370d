"""The API /api/v1: OGC API - Features with the Dutch API Design Rules."""

#: Semantic version of the API; it stands in the OpenAPI document and in the header of every answer.
API_VERSION = "1.0.0"
