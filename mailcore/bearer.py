"""A token as SASL carries it: OAUTHBEARER (RFC 7628) and XOAUTH2, its elder. Pure."""

from typing import Final

MECHANISMS: Final = ("OAUTHBEARER", "XOAUTH2")
PROBLEM: Final = b'{"status":"invalid_token","schemes":"bearer"}'
"""A refusal comes as this challenge first, which the client answers with nothing (RFC 7628 §3.2.2)."""


def read(mechanism: str, text: str) -> tuple[str, str]:
    """User name and token of a response; ValueError when it is none (RFC 7628 §3.1)."""
    head, *fields = text.split("\x01")
    if fields[-2:] != ["", ""]:
        raise ValueError("not a list of fields")
    if mechanism == "OAUTHBEARER":
        binding, name, *rest = head.split(",")
        if binding not in ("n", "y") or not name.startswith("a=") or rest != [""]:
            raise ValueError("not a header of GS2")
        username = name[2:].replace("=2C", ",").replace("=3D", "=")
    else:
        username = head.removeprefix("user=")
    pairs = dict(one.split("=", 1) for one in fields[:-2])
    scheme, _, token = pairs["auth"].partition(" ") if "auth" in pairs else ("", "", "")
    if scheme.lower() != "bearer":
        raise ValueError("no bearer token")
    return username, token.strip()
