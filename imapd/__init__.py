"""The IMAP server (RFC 9051, RFC 3501): mailboxes for mail programs.

From the wire inwards: `wire` frames, `lexer` and `parser` understand, `ops` act through the mailbox
service, `selected` keeps what the client was told, `responses` writes. Nothing here stores anything.
"""
