"""Who a machine is: a scoped, revocable token of one member, kept as a hash."""

import secrets
from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from parvis.api.models import ApiToken
from parvis.firm.models import Member
from parvis.firm.people import audit, hash_token

SCOPES = ("read", "write")


def make_token(member: Member, name: str, scopes: list[str], *, now: datetime) -> str:
    """A new token; it is shown once."""
    unknown = set(scopes) - set(SCOPES)
    if unknown or not scopes:
        raise ValueError("scopes are read and write")
    token = "parvis_" + secrets.token_urlsafe(32)
    ApiToken.objects.create(
        firm=member.firm, member=member, name=name[:80], token_hash=hash_token(token), scopes=scopes, made_at=now
    )
    audit(member.firm, member, "token.made", name)
    return token


def revoke_token(token: ApiToken, *, now: datetime) -> None:
    token.revoked_at = now
    token.save(update_fields=["revoked_at"])
    audit(token.firm, token.member, "token.revoked", token.name)


class Scoped(HttpBearer):
    """Lets in a live token that has the scope, of a member who still works there."""

    def __init__(self, scope: str) -> None:
        super().__init__()
        self._scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> Member | None:
        found = (
            ApiToken.objects.filter(token_hash=hash_token(token), revoked_at=None, member__left_at=None)
            .select_related("member__firm", "member__user")
            .first()
        )
        if found is None or self._scope not in found.scopes:
            return None
        ApiToken.objects.filter(pk=found.pk).update(used_at=timezone.now())
        return found.member
