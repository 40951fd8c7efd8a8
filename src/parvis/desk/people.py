"""The people outside: who they are, what is worth knowing; joined, parted, exported, erased."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from parvis.contacts.identify import CannotPart, join_contacts, part_contacts
from parvis.contacts.models import Contact, Joining, Memo
from parvis.conversations.models import Conversation
from parvis.desk.lines import face, find_mark, initials, show_person
from parvis.desk.member import for_members
from parvis.firm.models import Member
from parvis.privacy.person import erase_person, export_person

PAGE = 60


def get_contact(member: Member, pk: int) -> Contact:
    found = Contact.objects.filter(firm=member.firm, pk=pk).first()
    if found is None:
        raise Http404
    return found


@require_GET
@for_members
def people(request: HttpRequest, member: Member) -> HttpResponse:
    """Who spoke last comes first."""
    rows = Contact.objects.filter(firm=member.firm, identities__isnull=False).distinct()
    asked = request.GET.get("q", "").strip()[:100]
    if asked:
        rows = rows.filter(name__icontains=asked)
    shown = list(rows.prefetch_related("identities").order_by("-last_spoke_at", "-id")[:PAGE])
    lines = [
        {
            "id": c.pk,
            "name": c.name,
            "initials": initials(c.name),
            "face": face(c.name),
            "last": c.last_spoke_at,
            "networks": [find_mark(i.network) for i in c.identities.all()],
        }
        for c in shown
    ]
    return render(request, "desk/people.html", {"lines": lines, "asked": asked})


@require_GET
@for_members
def person(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    contact = get_contact(member, pk)
    rows = Conversation.objects.filter(firm=member.firm, contact=contact).order_by("-last_at", "-id")[:20]
    others = Contact.objects.filter(firm=member.firm, identities__isnull=False).exclude(pk=pk)
    context = {
        "person": show_person(contact, now=timezone.now()),
        "conversations": [
            {
                "pk": row.pk,
                "network": find_mark(row.network),
                "snippet": row.snippet,
                "name": row.name,
                "last_at": row.last_at,
            }
            for row in rows
        ],
        "joinings": Joining.objects.filter(firm=member.firm, kept=contact, parted_at=None).select_related("absorbed"),
        "others": others.distinct().order_by("name")[:200],
    }
    return render(request, "desk/person.html", context)


@require_POST
@for_members
def memo(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Something worth knowing, or a promise made."""
    text = request.POST.get("text", "").strip()[:500]
    if text:
        Memo.objects.create(
            firm=member.firm,
            contact=get_contact(member, pk),
            member=member,
            text=text,
            is_promise=request.POST.get("is_promise") == "1",
        )
    return redirect("person", pk=pk)


@require_POST
@for_members
def promise_kept(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    found = Memo.objects.filter(firm=member.firm, pk=pk, is_promise=True).first()
    if found is None:
        raise Http404
    found.kept_at = timezone.now()
    found.save(update_fields=["kept_at"])
    return redirect("person", pk=found.contact_id)


@require_POST
@for_members
def join_people(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Say that two names are one person; it can be undone."""
    other = request.POST.get("other", "")
    if not (other.isdecimal() and len(other) < 19) or int(other) == pk:
        raise Http404
    kept, absorbed = get_contact(member, pk), get_contact(member, int(other))
    join_contacts(kept, absorbed, member, now=timezone.now())
    messages.success(request, _("One person from now on. You can part them again on this page."))
    return redirect("person", pk=pk)


@require_POST
@for_members
def part_people(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Undo a joining: what moved goes back to whom it came from."""
    joining = Joining.objects.filter(firm=member.firm, pk=pk).select_related("kept", "absorbed").first()
    if joining is None:
        raise Http404
    try:
        part_contacts(joining, now=timezone.now())
    except CannotPart:
        messages.info(request, _("They are apart already."))
    return redirect("person", pk=joining.kept_id)


@require_GET
@for_members
def export(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """All that we have on this person, as a file."""
    response = JsonResponse(
        export_person(get_contact(member, pk)), json_dumps_params={"ensure_ascii": False, "indent": 1}
    )
    response["Content-Disposition"] = f'attachment; filename="personne-{pk}.json"'
    return response


@require_POST
@for_members
def erase(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    erase_person(get_contact(member, pk), member)
    messages.success(request, _("Erased: their words, their names, what was noted."))
    return redirect("people")
