"""Every act of `./parvis`, each with --help and, where it returns facts, --json."""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

from parvis import __version__
from parvis.config.bench import BENCHES
from parvis.config.faults import CannotStart

ROOT = Path(__file__).resolve().parents[3]
Act = Callable[[argparse.Namespace], int]


def find_data(arguments: argparse.Namespace) -> Path:
    given = arguments.data or os.environ.get("PARVIS_DATA")
    return Path(given).expanduser().resolve() if given else Path.home() / ".local" / "share" / "parvis"


def open_django(arguments: argparse.Namespace) -> Path:
    """Load the product over the data folder of the call."""
    data = find_data(arguments)
    os.environ["PARVIS_DATA"] = str(data)
    if not os.environ.get("PARVIS_DATABASE_URL") and not (data / "parvis.sqlite3").exists():
        raise CannotStart(f"There is no database in {data} yet. Start Parvis once: ./parvis up --data {data}")
    import django

    django.setup()
    return data


def show(facts: Any, *, as_json: bool, lines: Sequence[str] = ()) -> None:
    if as_json:
        print(json.dumps(facts, ensure_ascii=False, indent=1, default=str))
    else:
        print("\n".join(lines) if lines else json.dumps(facts, ensure_ascii=False, indent=1, default=str))


def act_up(arguments: argparse.Namespace) -> int:
    from parvis.config.up import up

    return up(data=find_data(arguments), port=arguments.port, practice=arguments.practice)


def act_test(arguments: argparse.Namespace) -> int:
    from parvis.config.testing import run_tests

    return run_tests(ROOT, real=arguments.real, more=arguments.more)


def act_doctor(arguments: argparse.Namespace) -> int:
    data = open_django(arguments)
    from parvis.config.doctor import examine

    found = examine(data)
    lines = [f"{'ok ' if f.ok else 'NO '} {f.check}: {f.says}" + (f"\n    → {f.mend}" if f.mend else "") for f in found]
    show([f.as_json() for f in found], as_json=arguments.json, lines=lines)
    return 0 if all(f.ok for f in found) else 1


def act_backup(arguments: argparse.Namespace) -> int:
    from parvis.config.backup import back_up

    made = back_up(find_data(arguments), Path(arguments.folder), with_key=arguments.with_key)
    show({"made": str(made)}, as_json=arguments.json, lines=[f"Copied to {made}."])
    return 0


def act_restore(arguments: argparse.Namespace) -> int:
    from parvis.config.backup import restore

    held = restore(Path(arguments.backup), find_data(arguments))
    words = f"Brought back. {held} text(s) that had not surely left wait for you to look; nothing is sent twice."
    show({"to_look_at": held}, as_json=arguments.json, lines=[words])
    return 0


def act_firm(arguments: argparse.Namespace) -> int:
    open_django(arguments)
    from parvis.firm.models import Firm

    rows = [
        {"id": f.pk, "name": f.name, "slug": f.slug, "members": f.members.filter(left_at=None).count(),
         "notice": f.notice_published_at, "practice": f.is_practice}
        for f in Firm.objects.order_by("id")
    ]  # fmt: skip
    show(rows, as_json=arguments.json, lines=[f"{r['id']} {r['name']} ({r['members']})" for r in rows])
    return 0


def act_member(arguments: argparse.Namespace) -> int:
    open_django(arguments)
    from parvis.firm.models import Member

    rows = [
        {"id": m.pk, "firm": m.firm.slug, "first_name": m.first_name, "trade": m.trade, "role": m.role,
         "may_speak": m.may_speak}
        for m in Member.objects.select_related("firm").filter(left_at=None).order_by("firm_id", "id")
    ]  # fmt: skip
    show(rows, as_json=arguments.json, lines=[f"{r['firm']}: {r['first_name']}, {r['trade']}" for r in rows])
    return 0


def act_channel(arguments: argparse.Namespace) -> int:
    open_django(arguments)
    from parvis.channels.models import Channel

    rows = [
        {"id": c.pk, "firm": c.firm.slug, "network": c.network, "label": c.label, "state": c.state,
         "trouble": c.trouble, "last_ok": c.last_ok_at}
        for c in Channel.objects.select_related("firm").order_by("firm_id", "id")
    ]  # fmt: skip
    show(rows, as_json=arguments.json, lines=[f"{r['firm']}: {r['network']} {r['label']} {r['state']}" for r in rows])
    return 0


def act_keys_rotate(arguments: argparse.Namespace) -> int:
    data = open_django(arguments)
    from parvis.channels.connect import reseal_all
    from parvis.lib.vault import add_key

    add_key(data / "vault-key")
    count = reseal_all()
    show({"resealed": count}, as_json=arguments.json, lines=[f"A new key seals {count} secret(s)."])
    return 0


def act_route_eval(arguments: argparse.Namespace) -> int:
    from parvis.routing.evaluate import BadFirmFile, evaluate_firm

    try:
        figures = evaluate_firm(Path(arguments.file))
    except BadFirmFile as error:
        show({"error": str(error)}, as_json=arguments.json, lines=[str(error)])
        return 1
    show(figures, as_json=True)
    return 0


def act_feed_check(arguments: argparse.Namespace) -> int:
    import_module("parvis.config.settings")  # a start-up option may allow loopback
    from parvis.networks.feed_check import check_feed

    found = check_feed(arguments.feed)
    lines = [found["error"] or f"{found['title']} ({found['kind']})", *[f"  {i['title']}" for i in found["items"]]]
    show(found, as_json=arguments.json, lines=lines)
    return 1 if found["error"] else 0


def act_links_discover(arguments: argparse.Namespace) -> int:
    import_module("parvis.config.settings")  # a start-up option may allow loopback
    from parvis.networks.discovery import Endpoints, discover
    from parvis.wire.errors import NetworkError

    found, words = Endpoints(), ""
    try:
        found = discover(arguments.url)
    except NetworkError as error:
        words = str(error)
        sys.stderr.write(f"parvis: {words}\n")
    show(asdict(found), as_json=arguments.json, lines=[f"{name}: {at or 'none'}" for name, at in asdict(found).items()])
    return 1 if words else 0


def act_export(arguments: argparse.Namespace) -> int:
    open_django(arguments)
    from parvis.contacts.models import Contact
    from parvis.privacy.person import export_person

    people = Contact.objects.filter(firm__slug=arguments.firm).order_by("id")
    if arguments.person:
        people = people.filter(pk=arguments.person)
    show([{"id": person.pk, **export_person(person)} for person in people.iterator()], as_json=True)
    return 0


def act_bench(arguments: argparse.Namespace) -> int:
    from parvis.config.bench import run_bench, say_row

    found = run_bench(arguments.name, quick=arguments.quick)
    show(found, as_json=arguments.json, lines=[say_row(row) for row in found["rows"]])
    return 0 if all(row["holds"] for row in found["rows"]) else 1


def add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", help="the data folder (also PARVIS_DATA; default ~/.local/share/parvis)")


def add_act(
    acts: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, words: str, act: Act, *, facts: bool = True
) -> argparse.ArgumentParser:
    parser = acts.add_parser(name, help=words, description=words)
    parser.set_defaults(act=act)
    add_data(parser)
    if facts:
        parser.add_argument("--json", action="store_true", help="print the facts as JSON")
    return parser


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./parvis", description="Parvis, the social desk of small firms.")
    parser.add_argument("--version", action="version", version=__version__)
    acts = parser.add_subparsers(required=True, metavar="ACT")
    up = add_act(acts, "up", "start Parvis and stay", act_up, facts=False)
    up.add_argument("--port", type=int, default=8000)
    up.add_argument("--practice", action="store_true", help="open a practice firm in full swing")
    test = add_act(acts, "test", "install what the tests need and pass them", act_test, facts=False)
    test.add_argument("--real", action="store_true", help="bring up the real servers; skip nothing")
    test.add_argument("more", nargs="*", help="more arguments for pytest")
    add_act(acts, "doctor", "say what is wrong and the mend", act_doctor)
    backup = add_act(acts, "backup", "copy the database while it runs", act_backup)
    backup.add_argument("folder", help="the folder to make")
    backup.add_argument("--with-key", action="store_true", help="copy the keys too: keep that copy in a safe")
    restore = add_act(acts, "restore", "bring a copy back into an empty data folder", act_restore)
    restore.add_argument("backup", help="a folder made by backup, or its database file")
    add_act(acts, "firm", "list the firms", act_firm)
    add_act(acts, "member", "list the members", act_member)
    add_act(acts, "channel", "list the channels and their health", act_channel)
    bench = add_act(acts, "bench", "measure, each row against its bound", act_bench)
    bench.add_argument("name", choices=sorted(BENCHES))
    bench.add_argument("--quick", action="store_true", help="a smaller size")
    feed = acts.add_parser("feed", help="feeds of others").add_subparsers(required=True, metavar="ACT")
    check = add_act(feed, "check", "show what would be heard", act_feed_check)
    check.add_argument("feed", metavar="ADDRESS_OR_FILE")
    links = acts.add_parser("links", help="links between sites").add_subparsers(required=True, metavar="ACT")
    discover = add_act(links, "discover", "where a page takes Webmentions and Pingbacks", act_links_discover)
    discover.add_argument("url", metavar="URL")
    export = add_act(acts, "export", "print all that a firm keeps on the people outside, as JSON", act_export)
    export.add_argument("firm", metavar="FIRM", help="its short name, as ./parvis firm --json shows it")
    export.add_argument("--person", type=int, help="only this one, by number")
    keys = acts.add_parser("keys", help="the keys that seal secrets").add_subparsers(required=True, metavar="ACT")
    add_act(keys, "rotate", "make a new key and seal every secret with it", act_keys_rotate)
    route = acts.add_parser("route", help="who can answer").add_subparsers(required=True, metavar="ACT")
    evaluate = add_act(route, "eval", "measure the router on a firm's file", act_route_eval)
    evaluate.add_argument("file")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "parvis.config.settings")
    parsed, rest = make_parser().parse_known_args(arguments)
    if rest and parsed.act is not act_test:
        make_parser().error(f"unknown: {' '.join(rest)}")
    if rest:
        parsed.more = [*parsed.more, *rest]
    act: Act = parsed.act
    try:
        return act(parsed)
    except CannotStart as error:
        sys.stderr.write(f"parvis: {error}\n")
        return 2
    except subprocess.CalledProcessError as error:
        return error.returncode


if __name__ == "__main__":
    sys.exit(main())
