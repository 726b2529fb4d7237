"""The requests of Kafka's protocol about users and permissions, which aiokafka's admin client lacks.

Kept to one version each, which every Kafka from 2.7 on speaks. (aiokafka has structures for the ACL requests, but
negotiates versions whose flexible encoding it does not write.)
"""

from typing import Any

from aiokafka.protocol.api import RequestStruct, Response
from aiokafka.protocol.types import (
    Array,
    CompactArray,
    CompactBytes,
    CompactString,
    Int8,
    Int16,
    Int32,
    Schema,
    String,
    TaggedFields,
)

_ENTRY = (
    ("resource_type", Int8),
    ("resource_name", String("utf-8")),
    ("pattern_type", Int8),
    ("principal", String("utf-8")),
    ("host", String("utf-8")),
    ("operation", Int8),
    ("permission_type", Int8),
)


class DescribeAclsAnswer(Response):  # type: ignore[misc]  # noqa: D101 - aiokafka has no types; Kafka's own name says it
    API_KEY = 29
    API_VERSION = 1
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        ("error_message", String("utf-8")),
        (
            "resources",
            Array(
                ("resource_type", Int8),
                ("resource_name", String("utf-8")),
                ("pattern_type", Int8),
                (
                    "acls",
                    Array(
                        ("principal", String("utf-8")),
                        ("host", String("utf-8")),
                        ("operation", Int8),
                        ("permission_type", Int8),
                    ),
                ),
            ),
        ),
    )


class DescribeAclsStruct(RequestStruct):  # type: ignore[misc]  # noqa: D101 - aiokafka has no types; Kafka's own name says it
    API_KEY = 29
    API_VERSION = 1
    RESPONSE_TYPE = DescribeAclsAnswer
    SCHEMA = Schema(*_ENTRY)


class CreateAclsAnswer(Response):  # type: ignore[misc]  # noqa: D101 - aiokafka has no types; Kafka's own name says it
    API_KEY = 30
    API_VERSION = 1
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("results", Array(("error_code", Int16), ("error_message", String("utf-8")))),
    )


class CreateAclsStruct(RequestStruct):  # type: ignore[misc]  # noqa: D101 - aiokafka has no types; Kafka's own name says it
    API_KEY = 30
    API_VERSION = 1
    RESPONSE_TYPE = CreateAclsAnswer
    SCHEMA = Schema(("creations", Array(*_ENTRY)))


class DeleteAclsAnswer(Response):  # type: ignore[misc]  # noqa: D101 - aiokafka has no types; Kafka's own name says it
    API_KEY = 31
    API_VERSION = 1
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "results",
            Array(
                ("error_code", Int16),
                ("error_message", String("utf-8")),
                ("matching", Array(("error_code", Int16), ("error_message", String("utf-8")), *_ENTRY)),
            ),
        ),
    )


class DeleteAclsStruct(RequestStruct):  # type: ignore[misc]  # noqa: D101 - aiokafka has no types; Kafka's own name says it
    API_KEY = 31
    API_VERSION = 1
    RESPONSE_TYPE = DeleteAclsAnswer
    SCHEMA = Schema(("filters", Array(*_ENTRY)))


class AlterScramAnswer(Response):  # type: ignore[misc]  # noqa: D101 - aiokafka has no types; Kafka's own name says it
    API_KEY = 51
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "results",
            CompactArray(
                ("user", CompactString("utf-8")),
                ("error_code", Int16),
                ("error_message", CompactString("utf-8")),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class AlterScramStruct(RequestStruct):  # type: ignore[misc]  # noqa: D101 - aiokafka has no types; Kafka's own name says it
    FLEXIBLE_VERSION = True
    API_KEY = 51
    API_VERSION = 0
    RESPONSE_TYPE = AlterScramAnswer
    SCHEMA = Schema(
        ("deletions", CompactArray(("name", CompactString("utf-8")), ("mechanism", Int8), ("tags", TaggedFields))),
        (
            "upsertions",
            CompactArray(
                ("name", CompactString("utf-8")),
                ("mechanism", Int8),
                ("iterations", Int32),
                ("salt", CompactBytes),
                ("salted_password", CompactBytes),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class OneVersion:
    """A request in the one version written above, in place of aiokafka's builders, which choose among several."""

    def __init__(self, structure: type[RequestStruct], *fields: Any) -> None:  # noqa: ANN401 - as the schema says
        """Fill the structure's fields, in the order of its schema."""
        self.API_KEY = structure.API_KEY
        self._request = structure(*fields)

    def prepare(self, versions: object) -> Any:  # noqa: ANN401 - aiokafka carries no types
        """Give the filled structure, whatever versions the broker speaks."""
        return self._request
