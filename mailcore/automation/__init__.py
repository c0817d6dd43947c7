"""What rules do by themselves: they follow the journal, and do what they still have to do, once."""
