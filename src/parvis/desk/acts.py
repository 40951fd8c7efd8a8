"""What a press does to a conversation: each act checks, does one thing, says it and offers to undo it."""

from datetime import date, datetime, time, timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from parvis.conversations import acts
from parvis.conversations.models import Conversation
from parvis.conversations.queries import VIEWS
from parvis.conversations.thread import add_note
from parvis.desk.box import list_context, thread_context
from parvis.desk.lines import KIND_LABELS
from parvis.desk.member import for_members, get_conversation
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


def go_back(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """To the view that the press came from, or to the line where the form asks to stay; never elsewhere."""
    view = request.POST.get("view", "")
    view = view if view in VIEWS else "team"
    if pk is not None and request.POST.get("stay"):
        return redirect("conversation", view=view, pk=pk)
    return redirect("box", view=view)


def offer_undo(request: HttpRequest, befores: list[acts.Before], words: str) -> None:
    request.session[UNDO] = [before.as_json() for before in befores]
    messages.success(request, words, extra_tags="undo")


def read_until(choice: str, given: str, now: datetime) -> datetime | None:
    """When a line comes back: tomorrow, monday, a date, or (answer) when the person writes. Eight in the morning."""
    today = now.astimezone(PARIS).date()
    if choice == "answer":
        return None
    if choice == "date":
        choice = given
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
    if name == "free":
        return acts.hold(conversation, None, now=now), _("Anybody may take it.")
    if name == "later":
        return acts.put_off(
            conversation, read_until(request.POST.get("until", ""), request.POST.get("date", ""), now), now=now
        ), _("It will come back.")
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
    try:
        before, words = act_on(conversation, member, name, request, timezone.now())
    except ValueError:
        messages.error(request, _("Choose a day after today. Nothing was changed."))
        return go_back(request, pk)
    offer_undo(request, [before], words)
    return go_back(request, pk)


@require_POST
@for_members
def confide(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Give the line to a colleague in one tap."""
    conversation = get_conversation(member, pk)
    to = find_colleague(member, request.POST.get("to", ""))
    before = acts.remember(conversation)
    hand_over(conversation, to, member, now=timezone.now())
    words = _("It is yours.") if to.pk == member.pk else _("Given to %(name)s.") % {"name": to.first_name}
    offer_undo(request, [before], words)
    return go_back(request, pk)


@require_POST
@for_members
def not_me(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """« Pas moi »: to the next person at once, no reason asked."""
    following = pass_on(get_conversation(member, pk), member, now=timezone.now())
    if following is None:
        messages.success(request, _("Anybody may take it now."))
    else:
        messages.success(request, _("It goes to %(name)s.") % {"name": following.first_name})
    return redirect("box", view="mine")


@require_POST
@for_members
def note(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """A word to colleagues; @first-name tells that colleague."""
    conversation = get_conversation(member, pk)
    text = request.POST.get("note", "").strip()[:4000]
    if text:
        told = [m for m in list_present(member.firm) if f"@{m.first_name.lower()}" in text.lower()]
        add_note(conversation, member, text, told=told, now=timezone.now())
    view = request.POST.get("view", "")
    return redirect("conversation", view=view if view in VIEWS else "team", pk=pk)


@require_POST
@for_members
def label(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    acts.set_labels(get_conversation(member, pk), request.POST.get("labels", "").split(",")[:10], now=timezone.now())
    return go_back(request, pk)


@require_POST
@for_members
def act_on_many(request: HttpRequest, member: Member) -> HttpResponse:
    """The same act on the lines ticked, undone as one."""
    name = request.POST.get("act", "")
    ids = [int(value) for value in request.POST.getlist("line")[:BULK] if value.isdecimal() and len(value) < 19]
    rows = list(Conversation.objects.filter(firm=member.firm, pk__in=ids).select_related("firm"))
    if not rows:
        messages.info(request, _("Tick a line first."))
        return go_back(request)
    if name not in ("close", "take", "later", "reopen"):
        raise Http404
    try:
        done = [act_on(row, member, name, request, timezone.now()) for row in rows]
    except ValueError:
        messages.error(request, _("Choose a day after today. Nothing was changed."))
        return go_back(request)
    offer_undo(request, [before for before, _words in done], done[0][1])
    return go_back(request)


@require_POST
@for_members
def undo(request: HttpRequest, member: Member) -> HttpResponse:
    """Put the lines of the last act back as they were."""
    if acts.undo(member.firm, request.session.pop(UNDO, []), now=timezone.now()):
        messages.info(request, _("As before."))
    return go_back(request)


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
def respond(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """« Répondre »: one press and it goes, ten seconds to take it back."""
    conversation = get_conversation(member, pk)
    now = timezone.now()
    is_phone = request.POST.get("from") == "question"
    try:
        delivery = answer(
            conversation,
            member,
            request.POST.get("text", "")[:20_000],
            seen=int(request.POST.get("opened_at", "")[:18]) if request.POST.get("opened_at", "").isdecimal() else None,
            knows_of_colleague=request.POST.get("all_the_same") == "1",
            now=now,
        )
    except CannotAnswer as error:
        return _show_refusal(request, member, conversation, error, is_phone=is_phone)
    messages.success(
        request, _("Leaves in ten seconds. %(name)s") % {"name": member.signature}, extra_tags=f"unsend {delivery.pk}"
    )
    if is_phone:
        return redirect("question", pk=pk)
    return go_back(request, pk)


def _show_refusal(
    request: HttpRequest, member: Member, conversation: Conversation, error: CannotAnswer, *, is_phone: bool
) -> HttpResponse:
    """The same page with the words kept and why they did not go."""
    now = timezone.now()
    refusal = {"refusal": say_refusal(error), "colleague_answered": error.reason == "colleague_answered"}
    if is_phone:
        context = question_context(member, conversation.pk)
    else:
        context = list_context(member, "team", request, conversation.pk, now)
        context |= thread_context(get_conversation(member, conversation.pk), member, "team", now)
    template = "desk/question_answer.html" if is_phone else "desk/conversation.html"
    return render(request, template, {**context, **refusal}, status=422)


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
        return redirect("box", view="team")
    messages.info(request, _("Taken back. Your words are kept as a draft."))
    return redirect("conversation", view="team", pk=conversation.pk)


@require_POST
@for_members
def settle(request: HttpRequest, member: Member, delivery: int) -> HttpResponse:
    """A person looked on the network and says whether an unsure text is there."""
    found = Delivery.objects.filter(firm=member.firm, pk=delivery).first()
    if found is None:
        raise Http404
    settle_by_hand(found, was_sent=request.POST.get("is_there") == "1", now=timezone.now())
    return go_back(request)


@require_POST
@for_members
def resend(request: HttpRequest, member: Member, delivery: int) -> HttpResponse:
    """Send again what the network refused for good; what is unsure is settled by looking, not here."""
    found = Delivery.objects.filter(firm=member.firm, pk=delivery, state=Delivery.State.FAILED).first()
    if found is None:
        raise Http404
    settle_by_hand(found, was_sent=False, now=timezone.now())
    return go_back(request)
