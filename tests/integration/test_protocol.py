"""What a newcomer's tools rely on: health, reflection, masks in headers, statistics."""

import grpc
import pytest
from google.protobuf import descriptor_pb2

from support.client import Failure, contracts, watch_health


def test_health(events):
    client = events.client
    assert client.health() == "SERVING"
    assert client.health("events.v1.EventService") == "SERVING"
    assert client.health("events.v1.UserService") == "SERVING"
    with pytest.raises(Failure) as failed:
        client.health("events.v1.Nothing")
    assert failed.value.code.name == "NOT_FOUND"


def test_a_health_watch_answers_at_once_and_stays_open(events):
    for service, status in (("", 1), ("events.v1.EventService", 1), ("events.v1.Nothing", 3)):
        watch = watch_health(events.client.channel, service, timeout=1)
        assert next(watch).status == status
        with pytest.raises(grpc.RpcError) as ended:
            next(watch)
        assert ended.value.code().name == "DEADLINE_EXCEEDED"


VERSIONS = ("v1", "v1alpha")


def reflect(client, version, *questions):
    request, response = (contracts().message(f"grpc.reflection.v1.ServerReflection{kind}")
                         for kind in ("Request", "Response"))
    call = client.channel.stream_stream(f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
                                        request_serializer=request.SerializeToString,
                                        response_deserializer=response.FromString)
    return list(call(iter([request(**question) for question in questions]), timeout=10))


@pytest.mark.parametrize("version", VERSIONS)
def test_reflection_lists_services(events, version):
    answer, = reflect(events.client, version, {"list_services": ""})
    names = {service.name for service in answer.list_services_response.service}
    assert names >= {"events.v1.EventService", "events.v1.UserService", "grpc.health.v1.Health",
                     "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"}


@pytest.mark.parametrize("version", VERSIONS)
def test_reflection_gives_files_as_they_were_compiled(events, version):
    """As a tool does: the file of a symbol, then each of its imports."""
    answer, = reflect(events.client, version, {"file_containing_symbol": "events.v1.EventService"})
    files, wanted = {}, []
    for data in answer.file_descriptor_response.file_descriptor_proto:
        file = descriptor_pb2.FileDescriptorProto.FromString(data)
        files[file.name] = file
        wanted += file.dependency
    while wanted:
        name = wanted.pop()
        if name in files:
            continue
        answer, = reflect(events.client, version, {"file_by_filename": name})
        for data in answer.file_descriptor_response.file_descriptor_proto:
            file = descriptor_pb2.FileDescriptorProto.FromString(data)
            files[file.name] = file
            wanted += file.dependency
    original = {file.name: file for file in events.client.descriptors.files.file}
    for name, file in files.items():
        assert file == original[name]
    assert set(files) == set(original)


def test_reflection_knows_symbols_extensions_and_our_details(events):
    for symbol in ("events.v1.Event", "events.v1.Event.creator", "events.v1.EventService.GetEvent", "rowan.v1.field",
                   "grpc.health.v1.Health", "google.rpc.ErrorInfo", "google.rpc.BadRequest"):
        answer, = reflect(events.client, "v1", {"file_containing_symbol": symbol})
        assert answer.WhichOneof("message_response") == "file_descriptor_response", symbol
    answer, = reflect(events.client, "v1", {"all_extension_numbers_of_type": "google.protobuf.FieldOptions"})
    number = max(answer.all_extension_numbers_response.extension_number)
    answer, = reflect(events.client, "v1", {"file_containing_extension": {
        "containing_type": "google.protobuf.FieldOptions", "extension_number": number}})
    data = answer.file_descriptor_response.file_descriptor_proto[0]
    assert descriptor_pb2.FileDescriptorProto.FromString(data).name == "rowan/v1/annotations.proto"


def test_reflection_answers_misses_inside_the_stream(events):
    answers = reflect(events.client, "v1", {"file_containing_symbol": "no.such.Symbol"}, {"file_by_filename": "no.proto"},
                      {"file_containing_extension": {"containing_type": "no.Type", "extension_number": 1}},
                      {"list_services": ""})
    assert [answer.WhichOneof("message_response") for answer in answers] == ["error_response"] * 3 + ["list_services_response"]
    assert {answer.error_response.error_code for answer in answers[:3]} == {5}


def with_header(service, method, header, value, mask=None, **fields):
    return service.client.call(service.path(method), mask, metadata=[(header, value)], **fields)


def test_a_mask_in_a_header(events):
    expected = events.call("EventService/GetEvent", ["id", "creator.username"], id=2)
    assert with_header(events, "EventService/GetEvent", "rowan-read-mask", "id,creator.username", id=2) == expected
    assert with_header(events, "EventService/GetEvent", "x-goog-fieldmask", "id,creator.username", id=2) == expected


def test_the_header_of_google_is_relative_to_the_response(events):
    expected = events.call("EventService/ListEvents", ["id", "creator.username"], page_size=3)["events"]
    answer = with_header(events, "EventService/ListEvents", "x-goog-fieldmask",
                         "events.id,events.creator.username,nextPageToken", page_size=3)
    assert answer["events"] == expected


def test_two_masks_that_differ_are_refused(events):
    assert with_header(events, "EventService/GetEvent", "rowan-read-mask", "id", mask=["id"], id=2) == {"id": 2}
    with pytest.raises(Failure) as failed:
        with_header(events, "EventService/GetEvent", "rowan-read-mask", "id", mask=["name"], id=2)
    assert failed.value.code.name == "INVALID_ARGUMENT"


def test_statistics_come_in_the_trailers_when_asked_for(events):
    method = events.path("EventService/ListEvents")
    request_class, response_class, _ = events.client.descriptors.method(method)
    stub = events.client.channel.unary_unary("/" + method, request_serializer=request_class.SerializeToString,
                                             response_deserializer=response_class.FromString)
    request = events.client.request(method, ["id", "attendees.id"], page_size=5)
    _, call = stub.with_call(request, timeout=10, metadata=[("rowan-stats", "true")])
    trailers = {key: value for key, value in call.trailing_metadata() if key.startswith("rowan-")}
    assert trailers, "no statistics"
    _, call = stub.with_call(request, timeout=10)
    assert not [key for key, _ in call.trailing_metadata() if key.startswith("rowan-")]


def test_errors_never_show_text_of_the_database(cases):
    with pytest.raises(Failure) as failed:
        cases.call("Types/ListEverything", filter='a_text = "x" AND a_numeric > 1e200000')
    for word in ("pg_", "SELECT", "ERROR:", "syntax"):
        assert word not in failed.value.message
