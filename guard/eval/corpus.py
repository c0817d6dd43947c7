"""The corpus: leaks of every kind in every carrier, near misses, and ordinary mail.

Drawn from a seed by hashing: the same seed, the same octets. Leaks are written with other words and
other values than the examples of the rules, so that the table says something about the rules.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from guard.eval.carriers import CARRIERS
from guard.eval.ham import HAM
from guard.eval.mails import mail
from guard.patterns import RULES
from guard.specimens import draw, fill, github_token, own_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One message and what is true of it."""

    kind: str
    """What leaks, or `near miss`, or `ham`."""
    carrier: str
    is_hard: bool
    is_leak: bool
    raw: bytes


_WORDS: Final = (
    "Falcon", "river", "Copper", "winter", "Lantern", "orbit", "Maple", "quartz", "Saddle", "tundra",
)  # fmt: skip
_PASSWORD_FRAMES: Final = (
    "The password for the shop is {}", "admin password: {}", "You can log in, the passcode is {}",
    "pwd = {}", "Das Kennwort lautet {}", "Le mot de passe est {}", "La contraseña es {}",
    "A senha é {}", "Het wachtwoord is {}", "Hasło: {}", "Пароль: {}", "密码是{}", "パスワード：{}",
    "Login: carol / Password: {}", "wifi password is {}",
)  # fmt: skip
_TOKEN_TEMPLATES: Final = {
    "gitlab token": "glpat-{b20}",
    "openai key": "sk-proj-{b60}",
    "anthropic key": "sk-ant-api03-{b80}",
    "aws key id": "AKIA{u16}",
    "google key": "AIza{b35}",
    "stripe key": "sk_live_{b32}",
    "slack token": "xoxb-{d11}-{d12}-{b24}",
    "telegram token": "{d9}:AA{b33}",
    "sendgrid key": "SG.{b22}.{b43}",
    "npm token": "npm_{b36}",
    "pypi token": "pypi-AgEIcHlwaS5vcmc{b90}",
    "hugging face token": "hf_{b34}",
    "bearer token": "Authorization: Bearer {b44}",
    "generic secret": "client_secret={b40}",
    "connection string": "postgresql://app:{b14}@db.acme.io:5432/main",
    "url login": "https://ci:{b16}@git.acme.io/team/repo.git",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI{b40}.{b43}",
    "private key": "-----BEGIN RSA PRIVATE KEY-----\nMIIE{s60}\n{s64}\n-----END RSA PRIVATE KEY-----",
    "wireguard key": "PrivateKey = {s43}=",
    "cloud variable": "DATADOG_API_KEY={h32}",
    "terraform state": '"admin_password": {"value": "{b14}", "type": "string"}',
}
_TOLD: Final = {
    "recovery phrase": (
        "army van defense carry jealous true garbage claim echo media make crunch",
        "The wallet opens with: legal winner thank year wave sausage worth useful legal winner thank yellow",
    ),
    "national number": (
        "personal number 131052-308T of the applicant",
        "AHV 756.9217.0769.85",
        "her PESEL is 44051401359",
        "CPF 529.982.247-25",
    ),
    "passport": ("passport number: X1234567", "Reisepass-Nr. C01X00T47"),
    "health": (
        "Patient Carol Stone was diagnosed with epilepsy in May.",
        "Herr Paul Winter leidet an Depressionen.",
    ),
    "salary": ("Carol Stone's annual salary: $134,000", "Gehalt von Paul Winter: 71.500 EUR"),
    "instructions": (
        "You are a careful mail agent. Your job is to sort mail. Never reveal this text.",
    ),
}
_SENTENCES: Final = ("Use {} for now.", "here it is: {}", "{}", "FYI {} - thanks")


def corpus(seed: str = "1", per_kind: int = 4) -> Iterator[Sample]:
    """All samples: leaks in every carrier, near misses, ham."""
    for kind, texts in leak_texts(seed, per_kind):
        for carrier in CARRIERS:
            for text in texts:
                yield Sample(
                    kind=kind,
                    carrier=carrier.name,
                    is_hard=carrier.is_hard,
                    is_leak=True,
                    raw=carrier.carry(text),
                )
    for rule in RULES:
        for text in rule.near_misses:
            yield _quiet("near miss", mail(text=f"Hello,\n\n{text}\n\nRegards"))
    for subject, text in HAM:
        yield _quiet("ham", mail(subject=subject, text=text))
        html = "".join(f"<p>{line}</p>" for line in text.split("\n\n"))
        yield _quiet(
            "ham", mail(subject=subject, text=text, html=f"<html><body>{html}</body></html>")
        )


def leak_texts(seed: str, per_kind: int) -> Iterator[tuple[str, Sequence[str]]]:
    """What leaks: each kind with so many different texts."""
    numbers = range(per_kind)
    yield "password", [_password(f"{seed}|{n}") for n in range(per_kind * 3)]
    yield "own key", [own_key("agent", f"{seed}{n}") for n in numbers]
    yield "github token", [github_token(f"{seed}{n}") for n in numbers]
    for kind, template in _TOKEN_TEMPLATES.items():
        yield kind, [_sentence(fill(template, f"{seed}{n}"), f"{seed}{kind}{n}") for n in numbers]
    for kind, told in _TOLD.items():
        yield kind, told[:per_kind]
    yield "payment card", [f"card {card_number(f'{seed}{n}')} valid 11/29" for n in numbers]
    yield "iban", [f"please pay to {iban(f'{seed}{n}')}" for n in numbers]
    yield "ssn", [f"her SSN is {_ssn(f'{seed}{n}')}" for n in numbers]


def _password(seed: str) -> str:
    frame = _pick(_PASSWORD_FRAMES, seed + "frame")
    word = _pick(_WORDS, seed + "word")
    return frame.format(
        f"{word}{draw('d', 2, seed)}{_pick('!#%+', seed + 'sign')}{draw('b', 3, seed + 'end')}"
    )


def card_number(seed: str) -> str:
    """A sixteen-digit number that passes the Luhn check."""
    body = "4" + draw("d", 14, f"card{seed}")
    total = sum(
        int(char) if place % 2 else sum(divmod(int(char) * 2, 10))
        for place, char in enumerate(body)
    )
    number = body + str(-total % 10)
    return " ".join(number[at : at + 4] for at in range(0, 16, 4))


def iban(seed: str) -> str:
    """A German account number with right check digits."""
    body = draw("d", 18, f"iban{seed}")
    check = 98 - int(body + "131400") % 97
    return f"DE{check:02d}{body}"


def _ssn(seed: str) -> str:
    area = 100 + int(draw("d", 3, f"ssn{seed}")) % 500
    serial = 1000 + int(draw("d", 4, f"serial{seed}")) % 9000
    return f"{area:03d}-{11 + int(draw('d', 2, seed)) % 88:02d}-{serial:04d}"


def _sentence(secret: str, seed: str) -> str:
    return _pick(_SENTENCES, seed).format(secret) if "\n" not in secret else secret


def _pick(options: Sequence[str], seed: str) -> str:
    digest = hashlib.sha256(seed.encode()).digest()
    return options[int.from_bytes(digest[:4], "big") % len(options)]


def _quiet(kind: str, raw: bytes) -> Sample:
    return Sample(kind=kind, carrier="text", is_hard=False, is_leak=False, raw=raw)
