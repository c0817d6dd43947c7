"""What stands in tags and comments of HTML and XML: what a reader is not shown. Linear."""


def without_comments(markup: str) -> str:
    """The markup without its comments; one that has no end is text."""
    if "<!--" not in markup:
        return markup
    pieces: list[str] = []
    position = 0
    while True:
        start = markup.find("<!--", position)
        if start < 0:
            pieces.append(markup[position:])
            return "".join(pieces)
        pieces.append(markup[position:start])
        end = markup.find("-->", start + 4)
        if end < 0:
            pieces.append(markup[start + 4 :])
            return "".join(pieces)
        position = end + 3


def unshown(markup: str) -> str:
    """What stands in tags and comments, a line each."""
    pieces = (piece.partition(">")[0] for piece in without_comments(markup).split("<")[1:])
    inside = [piece for piece in pieces if not piece.isalnum()]
    return "\n".join((*inside, *comments(markup)))


def comments(markup: str) -> list[str]:
    """What stands in comments."""
    pieces = markup.split("<!--")[1:]
    return [piece.partition("-->")[0].strip() for piece in pieces]
