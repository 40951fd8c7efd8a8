"""What a press does to a conversation: each act checks, does one thing, says it and offers to undo it."""

from datetime import date, datetime, time, timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from parvis.conversations import acts
from parvis.conversations.models import Conversation
from parvis.conversations.thread import add_note
from parvis.desk.box import list_context, thread_context
from parvis.desk.lines import KIND_LABELS
from parvis.desk.member import SENT, for_members, get_conversation
from parvis.desk.question import question_context
from parvis.firm.hours import PARIS
from parvis.firm.models import Member
from parvis.firm.people import list_present
from parvis.outbox.enqueue import TooLate, settle_by_hand
from parvis.outbox.models import Delivery
from parvis.replies.answer import CannotAnswer, answer, save_draft, take_answer_back
from parvis.routing.assign import hand_over, pass_on

UNDO = "undo"
BULK = 200


def go_back(request: HttpRequest, otherwise: str) -> HttpResponse:
    """To the page of ours that the press came from; never elsewhere."""
    wanted = request.POST.get("next", "")
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return redirect(wanted)
    return redirect(otherwise)


def offer_undo(request: HttpRequest, befores: list[acts.Before], words: str) -> None:
    request.session[UNDO] = [before.as_json() for before in befores]
    messages.success(request, words, extra_tags="undo")


def read_until(choice: str, now: datetime) -> datetime | None:
    """When a line comes back: tomorrow, monday, a date, or (answer) when the person writes. Eight in the morning."""
    today = now.astimezone(PARIS).date()
    if choice == "answer":
        return None
    if choice == "monday":
        day = today + timedelta(days=7 - today.weekday())
    elif choice in ("tomorrow", ""):
        day = today + timedelta(days=1)
    else:
        day = date.fromisoformat(choice)
        if day <= today:
            raise ValueError(choice)
    return datetime.combine(day, time(8), PARIS)


def act_on(
    conversation: Conversation, member: Member, name: str, request: HttpRequest, now: datetime
) -> tuple[acts.Before, str]:
    """One of the acts that a line, or many lines, can take; what it was before, and what is said."""
    if name == "take":
        before = acts.remember(conversation)
        hand_over(conversation, member, member, now=now)
        return before, _("It is yours.")
    if name == "hand":
        to = find_colleague(member, request.POST.get("member", ""))
        before = acts.remember(conversation)
        hand_over(conversation, to, member, now=now)
        return before, _("Given to %(name)s.") % {"name": to.first_name}
    if name == "not-me":
        before = acts.remember(conversation)
        following = pass_on(conversation, member, now=now)
        return before, _("It goes to %(name)s.") % {"name": following.first_name} if following else _(
            "Anybody may take it now."
        )
    if name == "later":
        return acts.put_off(conversation, read_until(request.POST.get("until", ""), now), now=now), _(
            "It will come back."
        )
    if name == "close":
        return acts.close(conversation, now=now), _("Closed.")
    if name == "reopen":
        return acts.reopen(conversation, now=now), _("Back in the box.")
    if name == "kind" and request.POST.get("kind") in KIND_LABELS:
        return acts.set_kind(conversation, request.POST["kind"], now=now), _("Kept.")
    raise Http404


def find_colleague(member: Member, wanted: str) -> Member:
    found = None
    if wanted.isdecimal() and len(wanted) < 19:
        found = member.firm.members.filter(pk=int(wanted), left_at=None).first()
    if found is None:
        raise Http404
    return found


@require_POST
@for_members
def act(request: HttpRequest, member: Member, pk: int, name: str) -> HttpResponse:
    conversation = get_conversation(member, pk)
    here = reverse("conversation", args=["team", pk])
    if name == "note":
        write_note(conversation, member, request.POST.get("note", ""))
        return go_back(request, here)
    if name == "label":
        acts.set_labels(conversation, request.POST.get("label", "").split(",")[:10], now=timezone.now())
        return go_back(request, here)
    try:
        before, words = act_on(conversation, member, name, request, timezone.now())
    except ValueError:
        messages.error(request, _("Choose a day after today. Nothing was changed."))
        return go_back(request, here)
    offer_undo(request, [before], words)
    return go_back(request, here)


def write_note(conversation: Conversation, member: Member, words: str) -> None:
    """A word to colleagues; @first-name tells that colleague."""
    text = words.strip()[:4000]
    if text:
        told = [m for m in list_present(member.firm) if f"@{m.first_name.lower()}" in text.lower()]
        add_note(conversation, member, text, told=told, now=timezone.now())


@require_POST
@for_members
def bulk(request: HttpRequest, member: Member) -> HttpResponse:
    """The same act on the lines ticked, undone as one."""
    name = request.POST.get("act", "")
    ids = [int(value) for value in request.POST.getlist("ids")[:BULK] if value.isdecimal() and len(value) < 19]
    rows = list(Conversation.objects.filter(firm=member.firm, pk__in=ids).select_related("firm"))
    here = reverse("box", args=["team"])
    if not rows:
        messages.info(request, _("Tick a line first."))
        return go_back(request, here)
    if name not in ("close", "take", "later", "reopen"):
        raise Http404
    try:
        done = [act_on(row, member, name, request, timezone.now()) for row in rows]
    except ValueError:
        messages.error(request, _("Choose a day after today. Nothing was changed."))
        return go_back(request, here)
    offer_undo(request, [before for before, _words in done], done[0][1])
    return go_back(request, here)


@require_POST
@for_members
def undo_act(request: HttpRequest, member: Member) -> HttpResponse:
    """Put the lines of the last act back as they were."""
    if acts.undo(member.firm, request.session.pop(UNDO, []), now=timezone.now()):
        messages.info(request, _("As before."))
    return go_back(request, reverse("box", args=["team"]))


@require_POST
@for_members
def presence(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """This member looks at the line, or writes."""
    acts.be_present(
        get_conversation(member, pk), member, is_writing=request.POST.get("writing") == "1", now=timezone.now()
    )
    return HttpResponse(status=204)


@require_POST
@for_members
def draft(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Keep the words at each change and tell colleagues that somebody writes."""
    conversation = get_conversation(member, pk)
    text = request.POST.get("text", "")[:20_000]
    save_draft(conversation, member, text)
    acts.be_present(conversation, member, is_writing=bool(text.strip()), now=timezone.now())
    return HttpResponse(status=204)


def say_refusal(error: CannotAnswer) -> str:
    """Why nothing went out, what was kept, what to do."""
    words = {
        "empty": _("Write a word first."),
        "no_consent": _("You have not agreed to speak under your name yet. Your words are kept: see My page."),
        "nothing_to_answer": _("There is nothing left to answer there: the words were taken back. Yours are kept."),
        "network_cannot": _("One cannot answer on this network from here. Your words are kept: copy them and open it."),
        "unplugged": _("The account is unplugged. Your words are kept: plug it in again in Settings."),
        "too_long": _("Too long for this network. Your words are kept: shorten them."),
        "colleague_answered": _("%(name)s has just answered. Read it, then send all the same if you wish.")
        % {"name": error.colleague or _("A colleague")},
    }
    return words[error.reason]


@require_POST
@for_members
def reply(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """« Répondre »: one press and it goes, ten seconds to take it back."""
    conversation = get_conversation(member, pk)
    now = timezone.now()
    is_phone = request.POST.get("next") == "box" or request.POST.get("from") == "question"
    try:
        delivery = answer(
            conversation,
            member,
            request.POST.get("text", "")[:20_000],
            seen=int(request.POST.get("seen", "")[:18]) if request.POST.get("seen", "").isdecimal() else None,
            knows_of_colleague=request.POST.get("again") == "1",
            now=now,
        )
    except CannotAnswer as error:
        return _show_refusal(request, member, conversation, error, is_phone=is_phone)
    request.session[SENT] = delivery.pk
    if is_phone:
        return redirect("box", view="mine")
    return go_back(request, reverse("conversation", args=["team", pk]))


def _show_refusal(
    request: HttpRequest, member: Member, conversation: Conversation, error: CannotAnswer, *, is_phone: bool
) -> HttpResponse:
    """The same page with the words kept and why they did not go."""
    now = timezone.now()
    words = say_refusal(error)
    if is_phone:
        context = question_context(request, member, conversation.pk)
    else:
        context = list_context(member, "team", request, conversation.pk, now) | thread_context(
            get_conversation(member, conversation.pk), member, "team", now
        )
    context["composer"] |= {"warning": words} if error.reason == "colleague_answered" else {"errors": [words]}
    return render(request, "desk/answer.html" if is_phone else "desk/box.html", context, status=422)


@require_POST
@for_members
def unsend(request: HttpRequest, member: Member, delivery: int) -> HttpResponse:
    """Take an answer back while it is held."""
    found = Delivery.objects.filter(firm=member.firm, pk=delivery, author=member).first()
    if found is None:
        raise Http404
    try:
        conversation = take_answer_back(found, member, now=timezone.now())
    except TooLate:
        messages.error(request, _("It has left already. You can write again."))
        return go_back(request, reverse("box", args=["team"]))
    messages.info(request, _("Taken back. Your words are kept as a draft."))
    return redirect("conversation", view="team", pk=conversation.pk)


@require_POST
@for_members
def settle(request: HttpRequest, member: Member, delivery: int) -> HttpResponse:
    """A person looked on the network and says whether an unsure text is there."""
    found = Delivery.objects.filter(firm=member.firm, pk=delivery).first()
    if found is None:
        raise Http404
    settle_by_hand(found, was_sent=request.POST.get("there") == "1", now=timezone.now())
    return go_back(request, reverse("box", args=["team"]))


@require_POST
@for_members
def resend(request: HttpRequest, member: Member, delivery: int) -> HttpResponse:
    """Send again what the network refused for good; what is unsure is settled by looking, not here."""
    found = Delivery.objects.filter(firm=member.firm, pk=delivery, state=Delivery.State.FAILED).first()
    if found is None:
        raise Http404
    settle_by_hand(found, was_sent=False, now=timezone.now())
    return go_back(request, reverse("box", args=["team"]))
