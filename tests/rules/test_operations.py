"""Operations are fully described, for models and people."""

import inspect
from typing import get_type_hints

import pytest
from fastapi.routing import iter_route_contexts

from server.projections.openapi import LONGEST_DESCRIPTION, LONGEST_PARAMETER, make_document, walk_operations
from server.sdk.operation import ServicePreview, operation_of
from tests.rules.sources import INTEGRATIONS, describe

NOT_THEIRS = {"Problem", "Pending"}


@pytest.fixture(params=INTEGRATIONS, ids=lambda folder: folder.name)
def folder(request):
    return request.param


def list_functions(folder):
    """Each operation with its function as it was written."""
    routes = [route for router in describe(folder).load().public for route in iter_route_contexts(router.routes)]
    return [(operation_of(route.endpoint), inspect.unwrap(route.endpoint)) for route in routes]


def test_operation_is_typed_and_described_by_a_sentence(folder):
    for operation, function in list_functions(folder):
        assert 0 < len(operation.summary) <= LONGEST_DESCRIPTION, operation.name
        assert inspect.signature(function).return_annotation is not inspect.Signature.empty, operation.name


def list_parameters(preview, function):
    """The arguments of a preview; those of a service's method are its own and the service itself."""
    if not isinstance(preview, ServicePreview):
        return set(inspect.signature(preview).parameters)
    *path, name = preview.method.split(".")
    service = get_type_hints(function)[preview.service]
    for part in path:
        service = get_type_hints(service)[part]
    return {preview.service, *list(inspect.signature(getattr(service, name)).parameters)[1:]}


def test_preview_takes_the_arguments_of_its_operation(folder):
    for operation, function in list_functions(folder):
        if operation.preview:
            assert list_parameters(operation.preview, function) == set(inspect.signature(function).parameters), operation.name


def test_every_parameter_and_field_is_described_within_chatgpts_limits(folder):
    routes = [route for router in describe(folder).load().public for route in router.routes]
    document = make_document(routes, address="https://example.com", title="Rules", version="0")
    descriptions = {
        f"{call['operationId']}({parameter['name']})": parameter.get("description", "")
        for _, _, call in walk_operations(document)
        for parameter in call.get("parameters", [])
    }
    for name, schema in document["components"]["schemas"].items():
        if name not in NOT_THEIRS:
            descriptions |= {
                f"{name}.{field}": about.get("description", "") for field, about in schema.get("properties", {}).items()
            }
    assert [name for name, description in descriptions.items() if not 0 < len(description) <= LONGEST_PARAMETER] == []


def test_operation_name_is_unique():
    names = [operation.name for folder in INTEGRATIONS for operation, _ in list_functions(folder)]
    assert len(names) == len(set(names))
