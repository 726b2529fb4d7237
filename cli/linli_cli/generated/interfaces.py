"""What machines read: the AsyncAPI document of the bus and the OpenAPI document of each service."""

import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from linli_contracts.asyncapi import asyncapi_document
from linli_contracts.topics import SERVICES
from linli_runtime.process import Service, application

from linli_cli.client.rest import service_map


def interfaces() -> Mapping[str, str]:
    """The documents by their path below docs/."""
    subscriptions = {
        name: tuple(sorted(entry.event.type_name() for entry in service_map(name).events)) for name in SERVICES
    }
    documents = {"asyncapi.json": asyncapi_document(subscriptions)}
    documents |= {f"openapi/{name}.json": application(_service(name)).openapi() for name in SERVICES}
    return {path: _as_text(document) for path, document in documents.items()}


def _service(name: str) -> Service:
    found: Service = import_module(f"linli_{name}.main").SERVICE
    return found


def _as_text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
