"""Fixtures shared by all tests: a firm with three people, and the real servers."""

from datetime import datetime

import pytest
from django.utils import timezone

from parvis.firm.models import Firm, Member, User
from parvis.firm.people import NewPerson, open_firm, publish_notice
from parvis.routing.assign import set_expertise
from tests.peers.fixtures import (  # noqa: F401  # fixtures are found here by name
    bluesky_full,
    bluesky_pds,
    mastodon_mock,
    postgres,
    snac_pair,
    wordpress,
)

PASSWORD = "une-phrase-assez-longue"


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def add_member(firm: Firm, first_name: str, trade: str, topics: list[str]) -> Member:
    at = timezone.now()
    user = User.objects.create_user(f"{first_name.lower()}@{firm.slug}.test", PASSWORD)
    member = Member.objects.create(
        firm=firm, user=user, first_name=first_name, trade=trade, charter_read_at=at, consented_at=at
    )
    set_expertise(member, topics=topics, samples=[])
    return member


@pytest.fixture
def owner(db: None, now: datetime) -> Member:
    """The owner of a firm of three whose notice is published."""
    person = NewPerson("sonia@cycles.test", PASSWORD, "Sonia", "accueil")
    member = open_firm("Cycles Ligérien", owner=person, trade="vélos", commune="Orléans", now=now)
    publish_notice(member.firm, member, "Nous lisons ce qui se dit de nous.", now=now)
    set_expertise(member, topics=["factures et devis", "horaires"], samples=[])
    add_member(member.firm, "Karim", "atelier", ["dérailleur", "transmission, câbles et vitesses", "freins"])
    add_member(member.firm, "Lucie", "vente", ["vélos électriques", "prix d'un vélo neuf", "reprise"])
    return member


@pytest.fixture
def stranger(db: None, now: datetime) -> Member:
    """The owner of another firm on the same instance."""
    person = NewPerson("paul@boulangerie.test", PASSWORD, "Paul", "fournil")
    member = open_firm("Boulangerie Paul", owner=person, now=now)
    publish_notice(member.firm, member, "Notice", now=now)
    return member
