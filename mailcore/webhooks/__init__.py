"""Webhooks: events posted to URLs, signed as Standard Webhooks wants it, until somebody takes them.

`signing` makes secrets and signatures, `sender` carries one attempt out, `dispatcher` decides when,
`service` is what callers use. The store remembers; nothing here does.
"""
