"""The measure on a firm's file: its figures, and the sentences it stops with."""

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from parvis.routing.encode import Encoder
from parvis.routing.evaluate import (
    BadFirmFile,
    evaluate_firm,
    measure_auroc,
    measure_tier,
    read_firm,
    split_topics,
)


def test_the_village_is_routed_better_by_meaning_than_by_words(village: Path, encoder: Encoder) -> None:
    figures = evaluate_firm(village)
    words, meaning = figures["tier0"], figures["tier1"]
    assert words["cold"]["top3"] >= 60
    assert meaning["cold"]["top1"] >= 70
    assert meaning["cold"]["top3"] >= 90
    assert meaning["gate"]["auroc"] >= 80
    assert meaning["cpu_ms_per_message"] <= 10
    assert meaning["peak_rss_mb"] > 0


def test_neither_the_order_of_people_nor_of_messages_counts(village: Path, tmp_path: Path) -> None:
    content = json.loads(village.read_text("utf-8"))
    content["people"] = dict(reversed(content["people"].items()))
    content["messages"].reverse()
    turned = tmp_path / "turned.json"
    turned.write_text(json.dumps(content), "utf-8")
    one, other = (measure_tier(read_firm(path), None) for path in (village, turned))
    assert (one["cold"], one["gate"]) == (other["cold"], other["gate"])


def test_a_firm_whose_messages_nobody_owns_has_no_figures(village: Path, tmp_path: Path) -> None:
    content = json.loads(village.read_text("utf-8"))
    content["messages"] = [message for message in content["messages"] if message["owner"] == "?"]
    path = tmp_path / "nobody.json"
    path.write_text(json.dumps(content), "utf-8")
    figures = measure_tier(read_firm(path), None)
    assert figures["cold"] == {"top1": None, "top3": None}
    assert figures["gate"] == {"auroc": None}


def _drop(key: str) -> Callable[[dict[str, Any]], None]:
    return lambda content: content["messages"][2].pop(key)


def _put(key: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda content: content["messages"][2].update({key: value})


BREAKS: list[tuple[Callable[[dict[str, Any]], Any], str]] = [
    *[(_drop(key), f'Message 3 has no "{key}"') for key in ("owner", "intent", "sentiment", "urgency", "text")],
    (_put("text", "  "), "Message 3"),
    (_put("text", None), "Message 3"),
    (_put("owner", "Ines"), "Message 3 belongs to 'Ines'"),
    (_put("owner", ["Inès"]), "Message 3"),
    (lambda content: content["messages"].insert(0, "bonjour"), "Message 1 is not an object"),
    (lambda content: content.pop("people"), '"people"'),
    (lambda content: content.update(messages=[]), '"messages"'),
    (lambda content: content["people"].update({"Inès": ""}), "Inès has no profile"),
    (lambda content: content["people"].update({"?": "tout"}), "cannot be called"),
]


@pytest.mark.parametrize(("spoil", "words"), BREAKS)
def test_a_file_that_breaks_the_shape_stops_with_its_place(
    spoil: Callable[[dict[str, Any]], Any], words: str, village: Path, tmp_path: Path
) -> None:
    content = copy.deepcopy(json.loads(village.read_text("utf-8")))
    spoil(content)
    path = tmp_path / "spoilt.json"
    path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    with pytest.raises(BadFirmFile) as caught:
        read_firm(path)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b"\xff\xfe", b'{"people": {"a": "x", "a": "y"}}', b"[" * 100_000]
)
def test_what_is_no_firm_stops_in_words(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "odd.json"
    path.write_bytes(content)
    with pytest.raises(BadFirmFile):
        read_firm(path)


def test_a_missing_file_stops_in_words(tmp_path: Path) -> None:
    with pytest.raises(BadFirmFile, match="cannot be read"):
        read_firm(tmp_path / "none.json")


def test_the_command_stops_with_one_on_a_broken_file(village: Path, tmp_path: Path) -> None:
    content = json.loads(village.read_text("utf-8"))
    content["messages"][4]["owner"] = "personne"
    path = tmp_path / "spoilt.json"
    path.write_text(json.dumps(content), "utf-8")
    command = [sys.executable, "-m", "parvis.config.cli", "route", "eval", str(path), "--json"]
    source = Path(__file__).parents[2] / "src"
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=source, timeout=60)
    assert done.returncode == 1
    assert "Message 5" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_topics_are_cut_at_marks_and_at_and() -> None:
    assert split_topics("Vélos : freins, roues et pneus; wheels and tyres.") == (
        "Vélos", "freins", "roues", "pneus", "wheels", "tyres"
    )  # fmt: skip
    assert split_topics("secret, étude") == ("secret", "étude")


def test_auroc_counts_pairs_in_the_right_order() -> None:
    assert measure_auroc([3, 2], [1, 2]) == 87.5
    assert measure_auroc([1], []) is None
