"""The rules of a pod: kept, found for a message, asked at the door, tried on past mail."""
