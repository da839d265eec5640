"""Callers who say who they are, in the header that a proxy would write; and what of integration/tenants each may see."""

import base64
import json

import pytest

from support.client import Failure

HEADER = "x-jwt-payload"
KEY = "0123456789abcdef" * 4
SUB = "00000000-0000-0000-0000-00000000000"
EVERYTHING = {"tenant_id": 1, "sub": SUB + "1", "clearance": 2, "groups": ["red"]}


def encoded(payload):
    text = payload if isinstance(payload, str) else json.dumps(payload)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def tenant_of(project):
    return 1 + project % 3


def project_of(task):
    return 1 + task * 7 % 120 if task % 10 else None


def projects_of(*tenants):
    return [project for project in range(1, 121) if tenant_of(project) in tenants]


class Caller:
    """Calls with claims; None for a caller that has none."""

    def __init__(self, service, claims):
        self.service = service
        self.metadata = None if claims is None else [(HEADER, encoded(claims))]

    def __call__(self, method, mask=None, **fields):
        return self.service.call(f"Tenants/{method}", mask, metadata=self.metadata, **fields)

    def refused(self, method, mask=None, **fields):
        with pytest.raises(Failure) as failed:
            self(method, mask, **fields)
        return failed.value

    def walk(self, method, items, mask=("id",), page_size=7, **fields):
        """The ids of all pages."""
        ids, token = [], ""
        while True:
            answer = self(method, list(mask), page_size=page_size, page_token=token, **fields)
            ids += [item["id"] for item in answer.get(items, [])]
            token = answer.get("next_page_token", "")
            if not token:
                return ids


def tenant(service, *ids):
    return Caller(service, {"tenant_id": ids[0] if len(ids) == 1 else list(ids), "sub": SUB + "1"})
