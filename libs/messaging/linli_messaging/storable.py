"""What a database keeps of a text that strangers may have written. Pure."""


def storable(text: str) -> str:
    """Postgres keeps every character but zero."""
    return text.replace("\0", "\\0")
