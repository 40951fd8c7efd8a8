"""Says what is wrong with an instance and the mend."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from parvis.channels.models import Channel, open_vault
from parvis.config import faults
from parvis.firm.models import Firm
from parvis.flow.models import Beat
from parvis.lib.vault import CannotOpen, NoKeys
from parvis.outbox.models import Delivery

STALE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: whether it holds, what it says, and the mend when it does not."""

    check: str
    ok: bool
    says: str
    mend: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def examine(data: Path) -> list[Finding]:
    """Every check, the sound ones too."""
    return [
        _check_files(data),
        _check_database(),
        _check_worker(),
        *_check_notices(),
        *_check_channels(),
        _check_deliveries(),
    ]


def _check_files(data: Path) -> Finding:
    try:
        faults.check_folder(data)
        faults.check_database(data / "parvis.sqlite3")
    except faults.CannotStart as error:
        return Finding("files", ok=False, says=str(error), mend=str(error))
    return Finding("files", ok=True, says=f"{data} can be written and the database is sound")


def _check_database() -> Finding:
    return Finding("database", ok=True, says=f"{connection.vendor}, {Firm.objects.count()} firm(s)")


def _check_worker() -> Finding:
    last = Beat.objects.order_by("-at").first()
    if last is None or last.at < timezone.now() - STALE:
        says = f"last beat {last.at:%Y-%m-%d %H:%M} UTC" if last else "has never run"
        return Finding("worker", ok=False, says=says, mend="start it with ./parvis up")
    return Finding("worker", ok=True, says=f"last beat {last.at:%H:%M:%S} UTC")


def _check_notices() -> list[Finding]:
    return [
        Finding(
            "notice",
            ok=False,
            says=f"{firm.name}: no public notice, so nothing is heard",
            mend="publish it in Settings",
        )
        for firm in Firm.objects.filter(notice_published_at=None, is_practice=False)
    ]


def _check_channels() -> list[Finding]:
    found = []
    for channel in Channel.objects.select_related("firm"):
        name = f"channel {channel.pk} ({channel.network} {channel.label})"
        if channel.sealed_secret:
            try:
                open_vault().open(bytes(channel.sealed_secret))
            except (CannotOpen, NoKeys):
                mend = f"put back the key file {settings.VAULT_KEY_FILE.name}, or plug the account in again"
                found.append(Finding(name, ok=False, says="its secret cannot be opened", mend=mend))
                continue
        is_ok = channel.state == Channel.State.OK
        mend = "" if is_ok else "plug the account in again" if channel.state == Channel.State.UNPLUGGED else "wait"
        says = "works" if is_ok else f"{channel.trouble_kind}: {channel.trouble}"
        found.append(Finding(name, ok=is_ok, says=says, mend=mend))
    return found


def _check_deliveries() -> Finding:
    unsure = Delivery.objects.filter(state=Delivery.State.UNCERTAIN).count()
    if unsure:
        return Finding(
            "outbox", ok=False, says=f"{unsure} text(s) perhaps sent", mend="open each and say whether it is there"
        )
    return Finding("outbox", ok=True, says="nothing is in doubt")
