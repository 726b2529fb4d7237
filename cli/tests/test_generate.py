"""Documents below docs/ are what the code says; one that differs, is missing or is left over is named."""

from pathlib import Path

from linli_cli.client.rest import service_map
from linli_cli.generate import differences, documents, main, write
from linli_cli.generated.loading import may_load
from linli_contracts.topics import SERVICES


def test_what_differs_is_named_and_writing_mends_it(tmp_path: Path) -> None:
    wanted = {"policy.md": "policy", "services/a.md": "a"}
    write(tmp_path, wanted)
    assert differences(tmp_path, wanted) == []
    (tmp_path / "policy.md").write_text("other", encoding="utf-8")
    (tmp_path / "services/a.md").unlink()
    (tmp_path / "services/b.md").touch()
    assert differences(tmp_path, wanted) == [
        "docs/policy.md differs from the code",
        "docs/services/a.md is missing",
        "docs/services/b.md is left over",
    ]
    write(tmp_path, wanted)
    assert differences(tmp_path, wanted) == []


def test_every_input_of_every_service_is_in_its_page_with_what_it_may_load() -> None:
    pages = documents()
    for name in SERVICES:
        service = service_map(name)
        page = pages[f"services/{name}.md"]
        for event in service.events:
            assert f"`{event.event.type_name()}`" in page
            assert may_load(event.needs, service), event.event.type_name()
        for command in service.commands:
            assert f"`{command.route}`" in page
            assert command.route.split()[1] in pages[f"openapi/{name}.json"]


def test_a_wrong_option_is_told() -> None:
    assert main([]) == 2
