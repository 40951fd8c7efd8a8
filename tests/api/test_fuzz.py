"""The API described is the API served, and no input makes it fall over."""

import json
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from parvis.api.routes import api
from parvis.api.tokens import make_token
from parvis.firm.people import NewPerson, open_firm

TEXTS = st.text(max_size=60)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
BODIES = st.fixed_dictionaries(
    {}, optional={"text": VALUES, "member_id": VALUES, "until": VALUES, "seen": VALUES, "all_the_same": VALUES}
)


def list_calls() -> list[tuple[str, str]]:
    paths = api.get_openapi_schema()["paths"]
    return [(method, path) for path, methods in paths.items() for method in methods]


class NothingFalls(TestCase):
    """Every call with hostile paths, queries and bodies answers a status of its own, never a 5xx."""

    @settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        call=st.sampled_from(list_calls()),
        pk=st.one_of(
            st.integers(-(2**70), 2**70).map(str), TEXTS.filter(lambda t: "/" not in t and t not in ("", ".", ".."))
        ),
        query=st.dictionaries(st.sampled_from(["view", "before", "q"]), TEXTS),
        body=BODIES | VALUES,
        raw=st.booleans(),
    )
    def test_no_input_makes_it_fall(
        self, call: tuple[str, str], pk: str, query: dict[str, str], body: object, raw: bool
    ) -> None:
        owner = open_firm("Maison", owner=NewPerson("a@b.test", "", "Ada"), now=timezone.now())
        token = make_token(owner, "fuzz", ["read", "write"], now=timezone.now())
        method, path = call
        url = path.replace("{pk}", quote(pk, safe=""))
        headers = {"authorization": f"Bearer {token}"}
        if method == "get":
            reply = Client().get(url, query, headers=headers)
        else:
            data = "{" if raw else json.dumps(body)
            reply = getattr(Client(), method)(url, data=data, content_type="application/json", headers=headers)
        assert reply.status_code < 500, (method, url, reply.content[:200])


@pytest.mark.django_db
def test_the_description_is_served_without_a_token() -> None:
    described = Client().get("/api/openapi.json").json()
    assert described["info"]["title"] == "Parvis"
    assert len(described["paths"]) >= 15
