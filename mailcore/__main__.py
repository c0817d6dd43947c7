"""`python -m mailcore`, the same as the command `countersign`."""

from mailcore.cli.root import main

if __name__ == "__main__":
    main()
