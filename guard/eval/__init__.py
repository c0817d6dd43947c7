"""How good the guard is, measured: a corpus drawn from a seed, and the table of recall and false alarms.

Product code behind `countersign guard eval`, so that anyone can judge the guard on their machine.
"""
