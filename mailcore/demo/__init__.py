"""The fake outside world of the demo and the tests: a DNS zone and mail hosts on loopback.

The only part beside the wrappers that may import aiosmtpd and dnspython; nothing in production
imports it.
"""
