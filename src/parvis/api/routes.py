"""The same acts as the screens', for machines, behind a token; described at /api/openapi.json."""

from datetime import datetime
from typing import Annotated, Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Field, NinjaAPI, Schema

from parvis import __version__
from parvis.api.tokens import Scoped
from parvis.contacts.models import Contact
from parvis.conversations import acts, queries
from parvis.conversations.models import Conversation, Message
from parvis.conversations.search import find_conversations
from parvis.conversations.thread import add_note
from parvis.firm.models import Member
from parvis.outbox.enqueue import TooLate
from parvis.outbox.models import Delivery
from parvis.privacy.person import erase_person, export_person
from parvis.replies.answer import CannotAnswer, answer, take_answer_back
from parvis.routing.assign import hand_over, pass_on

MAX_ID = 2**63 - 1
Id = Annotated[int, Field(ge=1, le=MAX_ID)]
Text = Annotated[str, Field(min_length=1, max_length=20_000, pattern=r"^[^\x00]*$")]
api = NinjaAPI(title="Parvis", version=__version__, docs_url=None, urls_namespace="api")
READ = Scoped("read")
WRITE = Scoped("write")


class ConversationOut(Schema):
    """One line of the box."""

    id: int
    name: str
    network: str
    audience: str
    kind: str
    state: str
    snippet: str
    holder_id: int | None
    contact_id: int | None
    asked_at: datetime
    answer_by: datetime | None
    last_at: datetime


class PageOut(Schema):
    """A page of a view and the mark of the next."""

    lines: list[ConversationOut]
    next: str | None


class MessageOut(Schema):
    """One turn."""

    id: int
    way: str
    text: str
    member_id: int | None
    at: datetime


class MemberOut(Schema):
    """A colleague."""

    id: int
    first_name: str
    trade: str


class ChannelOut(Schema):
    """A linked account and its health; never its secret."""

    id: int
    network: str
    label: str
    state: str
    trouble: str
    last_ok_at: datetime | None


class ContactOut(Schema):
    """A person outside."""

    id: int
    name: str
    known_since: datetime
    last_spoke_at: datetime | None


class TextIn(Schema):
    """Words to send or to note."""

    text: Text


class AnswerIn(TextIn):
    """An answer; `seen` is the last turn's id that you know of."""

    seen: Id | None = None
    all_the_same: bool = False


class HandIn(Schema):
    """To whom the line goes."""

    member_id: Id


class LaterIn(Schema):
    """When the line comes back; nothing means when they answer."""

    until: datetime | None = None


class DeliveryOut(Schema):
    """What becomes of an answer."""

    id: int
    state: str
    text: str
    native_url: str
    trouble: str


class Refusal(Schema):
    """Why nothing was done; the words are kept as a draft."""

    reason: str


def me(request: HttpRequest) -> Member:
    member: Member = request.auth  # type: ignore[attr-defined]  # set by ninja from Scoped
    return member


def get_own(request: HttpRequest, pk: int) -> Conversation:
    found = (
        Conversation.objects.filter(firm=me(request).firm, pk=pk).select_related("firm", "channel", "contact").first()
    )
    if found is None:
        raise Http404
    return found


def get_contact(request: HttpRequest, pk: int) -> Contact:
    found = Contact.objects.filter(firm=me(request).firm, pk=pk).select_related("firm").first()
    if found is None:
        raise Http404
    return found


@api.get("/conversations", auth=READ, response=PageOut)
def list_conversations(request: HttpRequest, view: str = "team", before: str = "", q: str = "") -> Any:
    if view not in queries.VIEWS:
        raise Http404
    if q.strip():
        return {"lines": list(find_conversations(me(request).firm_id, q[:200])), "next": None}
    rows = queries.list_view(me(request).firm, me(request), view)
    page, mark = queries.read_page(rows, queries.Mark.read(before))
    return {"lines": page, "next": str(mark) if mark else None}


@api.get("/conversations/{pk}", auth=READ, response=ConversationOut)
def show_conversation(request: HttpRequest, pk: Id) -> Any:
    return get_own(request, pk)


@api.get("/conversations/{pk}/messages", auth=READ, response=list[MessageOut])
def list_messages(request: HttpRequest, pk: Id) -> Any:
    return Message.objects.filter(conversation=get_own(request, pk)).order_by("at", "id")[:500]


@api.post("/conversations/{pk}/answer", auth=WRITE, response={200: DeliveryOut, 409: Refusal})
def post_answer(request: HttpRequest, pk: Id, body: AnswerIn) -> Any:
    try:
        delivery = answer(
            get_own(request, pk),
            me(request),
            body.text,
            seen=body.seen,
            knows_of_colleague=body.all_the_same,
            now=timezone.now(),
        )
    except CannotAnswer as error:
        return 409, {"reason": error.reason}
    return 200, delivery


@api.get("/deliveries/{pk}", auth=READ, response=DeliveryOut)
def show_delivery(request: HttpRequest, pk: Id) -> Any:
    found = Delivery.objects.filter(firm=me(request).firm, pk=pk).first()
    if found is None:
        raise Http404
    return found


@api.post("/deliveries/{pk}/undo", auth=WRITE, response={204: None, 409: Refusal})
def undo_delivery(request: HttpRequest, pk: Id) -> Any:
    found = Delivery.objects.filter(firm=me(request).firm, pk=pk, author=me(request)).first()
    if found is None:
        raise Http404
    try:
        take_answer_back(found, me(request), now=timezone.now())
    except TooLate:
        return 409, {"reason": "too_late"}
    return 204, None


@api.post("/conversations/{pk}/note", auth=WRITE, response={204: None})
def post_note(request: HttpRequest, pk: Id, body: TextIn) -> Any:
    add_note(get_own(request, pk), me(request), body.text, told=[], now=timezone.now())
    return 204, None


@api.post("/conversations/{pk}/hand", auth=WRITE, response={204: None})
def post_hand(request: HttpRequest, pk: Id, body: HandIn) -> Any:
    to = me(request).firm.members.filter(pk=body.member_id, left_at=None).first()
    if to is None:
        raise Http404
    hand_over(get_own(request, pk), to, me(request), now=timezone.now())
    return 204, None


@api.post("/conversations/{pk}/not-me", auth=WRITE, response={204: None})
def post_not_me(request: HttpRequest, pk: Id) -> Any:
    pass_on(get_own(request, pk), me(request), now=timezone.now())
    return 204, None


@api.post("/conversations/{pk}/later", auth=WRITE, response={204: None, 409: Refusal})
def post_later(request: HttpRequest, pk: Id, body: LaterIn) -> Any:
    if body.until is not None and (body.until.tzinfo is None or body.until <= timezone.now()):
        return 409, {"reason": "not_in_the_future"}
    acts.put_off(get_own(request, pk), body.until, now=timezone.now())
    return 204, None


@api.post("/conversations/{pk}/close", auth=WRITE, response={204: None})
def post_close(request: HttpRequest, pk: Id) -> Any:
    acts.close(get_own(request, pk), now=timezone.now())
    return 204, None


@api.post("/conversations/{pk}/reopen", auth=WRITE, response={204: None})
def post_reopen(request: HttpRequest, pk: Id) -> Any:
    acts.reopen(get_own(request, pk), now=timezone.now())
    return 204, None


@api.get("/members", auth=READ, response=list[MemberOut])
def list_members(request: HttpRequest) -> Any:
    return me(request).firm.members.filter(left_at=None).order_by("id")


@api.get("/channels", auth=READ, response=list[ChannelOut])
def list_channels(request: HttpRequest) -> Any:
    return me(request).firm.channels.order_by("id")


@api.get("/contacts", auth=READ, response=list[ContactOut])
def list_contacts(request: HttpRequest, q: str = "") -> Any:
    rows = Contact.objects.filter(firm=me(request).firm)
    asked = q.replace("\x00", "")[:100]
    return (rows.filter(name__icontains=asked) if asked else rows).order_by("-last_spoke_at", "-id")[:200]


@api.get("/contacts/{pk}", auth=READ, response=ContactOut)
def show_contact(request: HttpRequest, pk: Id) -> Any:
    return get_contact(request, pk)


@api.get("/contacts/{pk}/export", auth=READ, response=dict[str, Any])
def show_contact_export(request: HttpRequest, pk: Id) -> Any:
    return export_person(get_contact(request, pk))


@api.delete("/contacts/{pk}", auth=WRITE, response={204: None})
def delete_contact(request: HttpRequest, pk: Id) -> Any:
    erase_person(get_contact(request, pk), me(request))
    return 204, None
