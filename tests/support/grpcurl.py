"""As much of grpcurl as the examples use: grpcurl.py SET -plaintext [-H 'NAME: VALUE'] -d JSON ADDRESS SERVICE/METHOD.

Like grpcurl it takes a field mask as {"paths": […]}.
"""

import argparse
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from google.protobuf.json_format import MessageToJson  # noqa: E402
from google.protobuf.message import Message  # noqa: E402

from support.client import Client  # noqa: E402
from support.descriptors import Descriptors  # noqa: E402


def main():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("set")
    parser.add_argument("-plaintext", action="store_true", required=True)
    parser.add_argument("-H", action="append", default=[])
    parser.add_argument("-d", type=json.loads, default={})
    parser.add_argument("address")
    parser.add_argument("method")
    options = parser.parse_args()
    client = Client(options.address, Descriptors(options.set))
    metadata = [tuple(header.split(": ", 1)) for header in options.H]
    answer = client.send(options.method, client.request(options.method, **options.d), metadata=metadata)
    for message in [answer] if isinstance(answer, Message) else answer:
        print(MessageToJson(message))


if __name__ == "__main__":
    main()
