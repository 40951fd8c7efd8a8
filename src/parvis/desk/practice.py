"""The practice firm: four colleagues, three recorded networks, erased in one act."""

from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from parvis.channels.connect import link
from parvis.firm.models import AuditLine, Firm, Member, User
from parvis.firm.people import NewPerson, open_firm, publish_notice
from parvis.routing.assign import set_expertise
from parvis.wire.registry import PRACTICE, get_network

NAME = "Cycles Ligérien"
MAIL = "exercice.invalid"
COLLEAGUES = (
    (
        "Karim",
        "atelier",
        ["dérailleur et transmission", "freins", "roue voilée", "révision"],
        ["Mon dérailleur saute, que faire ?"],
    ),
    (
        "Lucie",
        "vente",
        ["vélos électriques", "prix d’un vélo neuf", "reprise d’un ancien vélo"],
        ["Quel vélo pour aller au travail ?"],
    ),
    (
        "Hugo",
        "apprenti",
        ["alternance et apprentissage", "crevaison", "petits réglages"],
        ["Comment devenir mécanicien ?"],
    ),
)


def find_practice_owner() -> Member | None:
    return (
        Member.objects.filter(firm__is_practice=True, role=Member.Role.OWNER, left_at=None)
        .select_related("user", "firm")
        .order_by("id")
        .first()
    )


@transaction.atomic
def open_practice() -> Firm:
    """The practice firm, made when there is none; its messages come by the worker like any others."""
    known = find_practice_owner()
    if known is not None:
        return known.firm
    now = timezone.now()
    person = NewPerson(f"sonia@{MAIL}", "", "Sonia", "accueil")
    owner = open_firm(NAME, owner=person, trade="vélos", commune="Orléans", is_practice=True, now=now)
    User.objects.filter(pk=owner.user_id).update(password=make_password(None))
    set_expertise(
        owner, topics=["factures", "horaires", "presse et associations"], samples=["Quand êtes-vous ouverts ?"]
    )
    for first_name, trade, topics, samples in COLLEAGUES:
        _add_colleague(owner.firm, first_name, trade, topics, samples, now)
    publish_notice(owner.firm, owner, "Exercice.", now=now)
    for name in PRACTICE:
        link(owner.firm, owner, name, get_network(name).connect({"name": name}), now=now - timedelta(days=1))
    return owner.firm


def _add_colleague(
    firm: Firm, first_name: str, trade: str, topics: list[str], samples: list[str], now: datetime
) -> None:
    user = User.objects.create_user(f"{first_name.lower()}@{MAIL}")
    member = Member.objects.create(
        firm=firm, user=user, first_name=first_name, trade=trade, charter_read_at=now, consented_at=now
    )
    set_expertise(member, topics=topics, samples=samples)


@transaction.atomic
def close_practice(firm: Firm) -> None:
    """Erase a practice firm with its people; refuses any other firm."""
    if not firm.is_practice:
        raise ValueError("only a practice firm is erased so")
    users = list(firm.members.values_list("user_id", flat=True))
    AuditLine.objects.filter(firm=firm).delete()
    firm.delete()
    User.objects.filter(pk__in=users, memberships=None).delete()
