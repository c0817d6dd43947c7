"""Domains that a hurried reader takes for another."""

import idna
import pytest

from mailcore.outbound.look_alike import look_alike


@pytest.mark.parametrize(
    ("domain", "known"),
    [
        ("custorner.example", "customer.example"),
        ("cust0mer.example", "customer.example"),
        ("custmoer.example", "customer.example"),
        ("customers.example", "customer.example"),
        ("customr.example", "customer.example"),
        ("cus-tomer.example", "customer.example"),
        ("customer.co", "customer.com"),
        (idna.encode("сustomer.example").decode(), "customer.example"),  # a Cyrillic letter
        ("paypa1.com", "paypal.com"),
        ("cu5tomer.example", "customer.example"),
        (idna.encode("łamps-and-more.example").decode(), "lamps-and-more.example"),
        (idna.encode("cust\u03bfmer.example").decode(), "customer.example"),  # a Greek letter
        ("mail.custorner.co.uk", "customer.co.uk"),
    ],
)
def test_a_look_alike_names_whom_it_looks_like(domain: str, known: str) -> None:
    assert look_alike(domain, ["other.example", known]) == known


@pytest.mark.parametrize(
    ("domain", "known"),
    [
        ("customer.example", "customer.example"),
        ("mail.customer.example", "customer.example"),
        ("customer.example", "mail.customer.example"),
        ("client1.example", "client2.example"),
        ("gmail.com", "mail.com"),
        ("ymail.com", "gmail.com"),
        ("customer.org", "customer.com"),
        ("supplier.example", "customer.example"),
        ("a.b", "c.d"),
        ("d5.example", "d1.example"),
        ("team1.example", "team5.example"),
        ("localhost", "customer.example"),
        ("[192.0.2.1]", "[192.0.2.2]"),
    ],
)
def test_other_domains_are_none(domain: str, known: str) -> None:
    assert look_alike(domain, [known]) == ""
