"""Adapters to the network: names, certificates. No protocol of mail is known here."""
