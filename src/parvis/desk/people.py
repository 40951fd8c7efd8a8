"""The people outside: who they are, what is worth knowing; joined, parted, exported, erased."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from parvis.contacts.identify import join_contacts, part_contacts
from parvis.contacts.models import Contact, Identity, Joining, Memo
from parvis.conversations.models import Conversation
from parvis.conversations.queries import read_page
from parvis.conversations.thread import office_hours
from parvis.desk.lines import face, find_mark, initials, say_network, say_when, show_line, show_person
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
    now = timezone.now()
    lines = [
        {
            "id": c.pk,
            "url": reverse("person", args=[c.pk]),
            "name": c.name,
            "initials": initials(c.name),
            "face": face(c.name),
            "networks": [
                {"network": find_mark(i.network), "label": say_network(i.network)} for i in c.identities.all()
            ],
            "last_words": say_when(c.last_spoke_at, now) if c.last_spoke_at else "",
            "holder": None,
        }
        for c in shown
    ]
    return render(request, "people/list.html", {"people": lines, "q": asked, "place": "people", "next_url": None})


@require_GET
@for_members
def person(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    contact = get_contact(member, pk)
    now = timezone.now()
    hours = office_hours(member.firm)
    rows, _more = read_page(
        Conversation.objects.filter(firm=member.firm, contact=contact).order_by("-last_at", "-id"), None
    )
    others = Contact.objects.filter(firm=member.firm, identities__isnull=False).exclude(pk=pk)
    context = {
        "place": "people",
        "person": show_person(contact, now=now),
        "conversations": [show_line(row, member, view="team", hours=hours, now=now) for row in rows],
        "joinable": list(others.distinct().order_by("name").values("id", "name")[:200]),
    }
    return render(request, "people/person.html", context)


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
            is_promise="promise" in request.POST,
        )
    return redirect("person", pk=pk)


@require_POST
@for_members
def memo_kept(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    found = Memo.objects.filter(firm=member.firm, pk=pk, is_promise=True).first()
    if found is None:
        raise Http404
    found.kept_at = timezone.now()
    found.save(update_fields=["kept_at"])
    return redirect("person", pk=found.contact_id)


@require_POST
@for_members
def join_identity(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
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
def part_identity(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Undo the joining by which this handle came to this person."""
    identity = Identity.objects.filter(firm=member.firm, pk=pk).first()
    if identity is None:
        raise Http404
    joinings = Joining.objects.filter(firm=member.firm, kept=identity.contact_id, parted_at=None).order_by("-at")
    joining = next((j for j in joinings.select_related("absorbed") if pk in j.moved["identities"]), None)
    if joining is None:
        messages.info(request, _("This handle was not joined by hand; nothing was changed."))
        return redirect("person", pk=identity.contact_id)
    part_contacts(joining, now=timezone.now())
    messages.success(request, _("Two people again, each with their own."))
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
