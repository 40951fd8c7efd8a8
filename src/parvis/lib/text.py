"""French and English text as plain functions: folding, search terms, masks, typography, likeness."""

import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher

import phonenumbers
from stdnum import iban

_FOLDS = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "’": "'", "ʼ": "'", "‘": "'", "ß": "ss"})
_WORD = re.compile(r"[a-z0-9]+")
_ELIDED = {"l", "d", "j", "m", "t", "s", "c", "n", "qu", "jusqu", "lorsqu", "puisqu"}
_SIX_DIGITS = re.compile(r"(?:\d\D*){6}")  # no number is shorter
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}\b")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:[ .-]?[A-Z0-9]{2,4}){3,8}(?:[ .-]?[A-Z0-9]{1,3})?\b", re.IGNORECASE)
_HANDLE_EMAIL = re.compile(r"@[A-Za-z0-9._-]+@")


def fold(text: str) -> str:
    """Lower case, accents and ligatures off, one apostrophe."""
    plain = unicodedata.normalize("NFKD", text.translate(_FOLDS))
    return "".join(char for char in plain if not unicodedata.combining(char)).lower()


def stem(word: str) -> str:
    """A light French stem: plural and feminine endings off, for archive search alone."""
    if len(word) <= 3 or word.isdigit():
        return word
    for ending, kept in (("eaux", "eau"), ("aux", "al")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word[: -len(ending)] + kept
    if word.endswith("x"):
        word = word[:-1]
    word = word.rstrip("s") if word.endswith("s") else word
    while len(word) > 4 and word.endswith("e"):
        word = word[:-1]
    return word


def search_terms(text: str) -> list[str]:
    """The words of a text as search knows them; the same for what is indexed and what is asked."""
    return [stem(word) for word in _WORD.findall(fold(text)) if word not in _ELIDED]


@dataclass(frozen=True, slots=True)
class Masked:
    """A text with what must not lie about covered, and what was covered: (kind, original)."""

    text: str
    found: tuple[tuple[str, str], ...] = ()


def mask(text: str) -> Masked:
    """Cover phone numbers, e-mail addresses and IBANs: « 06•• », « m•••@… », « FR•• »."""
    if not text:
        return Masked("")
    spans = [*_find_emails(text), *_find_ibans(text)]
    spans += [span for span in _find_phones(text) if not any(a < span[1] and span[0] < b for a, b, _ in spans)]
    if not spans:
        return Masked(text)
    parts: list[str] = []
    found: list[tuple[str, str]] = []
    end = 0
    for start, stop, kind in sorted(spans):
        if start < end:
            continue
        original = text[start:stop]
        parts += [text[end:start], original[: 1 if kind == "email" else 2] + "••••"]
        found.append((kind, original))
        end = stop
    return Masked("".join([*parts, text[end:]]), tuple(found))


def _find_emails(text: str) -> list[tuple[int, int, str]]:
    handles = {match.start() + 1 for match in _HANDLE_EMAIL.finditer(text)}
    return [(m.start(), m.end(), "email") for m in _EMAIL.finditer(text) if m.start() not in handles]


def _find_ibans(text: str) -> list[tuple[int, int, str]]:
    found = []
    for match in _IBAN.finditer(text):
        words = match.group()
        for stop in range(len(words), 14, -1):
            if iban.is_valid(words[:stop], check_country=False):
                found.append((match.start(), match.start() + stop, "iban"))
                break
    return found


def _find_phones(text: str) -> list[tuple[int, int, str]]:
    if not _SIX_DIGITS.search(text):
        return []
    matches = phonenumbers.PhoneNumberMatcher(text, "FR", leniency=phonenumbers.Leniency.POSSIBLE)
    found = [(match.start, match.end) for match in matches if phonenumbers.is_valid_number(match.number)]
    return [(start + _opens_alone(text[start:end]), end, "phone") for start, end in found]


def _opens_alone(words: str) -> bool:
    return words.startswith("(") and words.count("(") > words.count(")")


def typography(text: str) -> str:
    """French spaces: a narrow one (U+202F) before ; : ! ? and a no-break one (U+00A0) inside « »."""
    text = re.sub(r"[ \u00a0\u202f]*([;!?]+)(?=\s|$|»)", "\u202f\\1", text)
    text = re.sub(r"[ \u00a0\u202f]+:(?=\s|$)", "\u202f:", text)
    text = re.sub(r"«[ \u00a0\u202f]*", "«\u00a0", text)
    return re.sub(r"[ \u00a0\u202f]*»", "\u00a0»", text)


def likeness(one: str, other: str) -> float:
    """How alike two texts are, 0 to 1, case, accents and punctuation apart."""
    return SequenceMatcher(None, _WORD.findall(fold(one)), _WORD.findall(fold(other)), autojunk=False).ratio()


def snippet(text: str, length: int = 220) -> str:
    """One line of at most `length` characters, cut between words."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    return line[: length - 1].rsplit(" ", 1)[0] + "…"
