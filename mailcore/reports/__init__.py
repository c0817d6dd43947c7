"""What is told to the owners of other domains about mail in their name (RFC 9990)."""
