"""Mail that arrives: who it is for, what it proves, what it decides, where it goes."""
