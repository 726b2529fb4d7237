"""What goes wrong in front of a person: one clear line in their language, and an exit code. Never a stack trace."""

from linli_cli.language import Words


class Complaint(Exception):  # noqa: N818 - it is a sentence for a person, and reads as such where it is raised
    """Raised wherever a person must be told that it can't go on; `main` prints it and leaves with `exit_code`."""

    def __init__(self, zh: str, en: str, *, exit_code: int = 2, detail: str = "") -> None:
        """Say it in both languages; `detail` is what a machine said (a log's tail), printed as it is."""
        self.words = Words(zh, en)
        self.exit_code = exit_code
        self.detail = detail
        super().__init__(zh, en)

    def __str__(self) -> str:
        """The sentence, and below it the detail."""
        return f"{self.words}\n{self.detail}" if self.detail else str(self.words)
