"""Acts on a firm and its people: open the house, publish the notice, invite, join, leave."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db import transaction
from django.utils.text import slugify

from parvis.firm.hours import USUAL
from parvis.firm.models import AuditLine, Firm, Invitation, Member, Office, User

INVITATION_DAYS = 14
TARGET_MINUTES = {"complaint": 120, "question": 240, "quote": 240, "thanks": 480, "link": 2400, "application": 960}


class NotAllowed(Exception):
    """This member may not do that; the text says who may."""


class InvitationRefused(Exception):
    """The invitation is unknown, used up, revoked or too old."""


@dataclass(frozen=True, slots=True)
class NewPerson:
    """What somebody gives to come in."""

    email: str
    password: str
    first_name: str
    trade: str = ""


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def audit(firm: Firm, member: Member | None, act: str, about: str = "") -> None:
    AuditLine.objects.create(firm=firm, member=member, act=act, about=about[:200])


def _find_free_slug(name: str) -> str:
    stem = slugify(name)[:50] or "maison"
    taken = set(Firm.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    if stem not in taken:
        return stem
    return next(f"{stem}-{n}" for n in range(2, len(taken) + 3) if f"{stem}-{n}" not in taken)


@transaction.atomic
def open_firm(
    name: str, *, owner: NewPerson, trade: str = "", commune: str = "", is_practice: bool = False, now: datetime
) -> Member:
    """Make a firm with its first office and its owner."""
    firm = Firm.objects.create(
        name=name,
        slug=_find_free_slug(name),
        trade=trade,
        commune=commune,
        targets=dict(TARGET_MINUTES),
        is_practice=is_practice,
        created_at=now,
    )
    office = Office.objects.create(
        firm=firm, name=name[:80], commune=commune, hours=USUAL, quiet_from=time(19), quiet_to=time(8)
    )
    user = User.objects.filter(email=owner.email.lower()).first() or User.objects.create_user(
        owner.email, owner.password
    )
    member = Member.objects.create(
        firm=firm,
        user=user,
        office=office,
        first_name=owner.first_name,
        trade=owner.trade,
        role=Member.Role.OWNER,
        charter_read_at=now,
        consented_at=now,
        joined_at=now,
    )
    audit(firm, member, "firm.opened")
    return member


def publish_notice(firm: Firm, member: Member, text: str, *, now: datetime) -> None:
    """Publish the public notice. Nothing is fetched before."""
    if not member.is_owner:
        raise NotAllowed
    firm.notice_text = text
    firm.notice_published_at = now
    firm.save(update_fields=["notice_text", "notice_published_at"])
    audit(firm, member, "notice.published")


def withdraw_notice(firm: Firm, member: Member) -> None:
    """Take the notice back: listening stops with it."""
    if not member.is_owner:
        raise NotAllowed
    firm.notice_published_at = None
    firm.save(update_fields=["notice_published_at"])
    audit(firm, member, "notice.withdrawn")


def invite(firm: Firm, member: Member, *, now: datetime) -> str:
    """Make an invitation good for fourteen days and return its token, which is shown once."""
    token = secrets.token_urlsafe(16)
    Invitation.objects.create(
        firm=firm,
        token_hash=hash_token(token),
        made_by=member,
        made_at=now,
        expires_at=now + timedelta(days=INVITATION_DAYS),
    )
    audit(firm, member, "member.invited")
    return token


def get_invitation(token: str, *, now: datetime) -> Invitation:
    invitation = (
        Invitation.objects.select_related("firm")
        .filter(token_hash=hash_token(token), revoked_at=None, expires_at__gt=now)
        .first()
    )
    if invitation is None:
        raise InvitationRefused
    return invitation


@transaction.atomic
def join(invitation: Invitation, person: NewPerson, *, consents: bool, now: datetime) -> Member:
    """Come in by an invitation, the charter read. Consent to speak under one's name is apart and dated."""
    user = User.objects.filter(email=person.email.lower()).first()
    if user is not None and not user.check_password(person.password):
        raise InvitationRefused
    user = user or User.objects.create_user(person.email, person.password)
    member, _ = Member.objects.update_or_create(
        firm=invitation.firm,
        user=user,
        defaults={
            "first_name": person.first_name,
            "trade": person.trade,
            "office": invitation.firm.offices.order_by("id").first(),
            "charter_read_at": now,
            "consented_at": now if consents else None,
            "left_at": None,
        },
    )
    audit(invitation.firm, member, "member.joined")
    return member


def set_consent(member: Member, *, consents: bool, now: datetime) -> None:
    """Give or take back one's consent to speaking under one's own name."""
    if consents:
        member.consented_at, member.consent_revoked_at = now, None
    else:
        member.consent_revoked_at = now
    member.save(update_fields=["consented_at", "consent_revoked_at"])
    audit(member.firm, member, "consent.given" if consents else "consent.revoked")


def list_present(firm: Firm) -> Sequence[Member]:
    return list(firm.members.filter(left_at=None).order_by("id"))
