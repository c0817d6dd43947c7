"""Local domains: what their DNS must say, whether it does, their signing keys, and what clients are told.

`records` knows what a zone needs, `lookup` compares it with DNS, `zonefile` prints it, `signing_keys` makes
DKIM keys, `clients` and `mta_sts` say what is published about this server; `service` is what callers use.
"""
