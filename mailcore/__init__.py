"""Countersign: a mail server for AI agents that sends nothing nobody has let through."""
