"""The commands: each function takes the session and a parsed command and returns how it ended."""
