"""docs/services/<service>.md: a service on one page, from its map."""

from collections.abc import Mapping

from linli_contracts.events import EVENTS
from linli_contracts.topics import SERVICES, TOPIC_OF
from linli_messaging.service_map import ServiceMap

from linli_cli.client.rest import service_map
from linli_cli.generated.loading import may_load
from linli_cli.generated.markdown import NOTICE, code, codes, summary, table
from linli_cli.labels import FACTS


def service_pages() -> Mapping[str, str]:
    """The pages by their path below docs/."""
    return {f"services/{name}.md": _page(service_map(name)) for name in SERVICES}


def _page(service: ServiceMap) -> str:
    producers = ", ".join(service.producers()) or "nobody"
    parts = (
        NOTICE,
        f"# {service.name}",
        (
            f"Writes {code(TOPIC_OF[service.name])}; reads the facts of {producers}. "
            f"The HTTP side is [openapi/{service.name}.json](../openapi/{service.name}.json)."
        ),
        *_section("Facts it takes in", _events(service)),
        *_section("Commands", _commands(service)),
        *_section("Clocks that run out", _timers(service)),
        *_section("Outside effects that came to their end", _outcomes(service)),
        *_section("Facts it tells", _told(service)),
        *_section("What it keeps", _states(service)),
    )
    return "\n\n".join(parts) + "\n"


def _section(title: str, content: str) -> tuple[str, ...]:
    return (f"## {title}", content) if content else ()


def _events(service: ServiceMap) -> str:
    return table(
        ("fact", "of", "may load", "decided by", "rules"),
        (
            (
                code(entry.event.type_name()),
                ", ".join(entry.event.producers()),
                codes(may_load(entry.needs, service)),
                code(_name_of(entry.decide)),
                ", ".join(entry.rules),
            )
            for entry in service.events
        ),
    )


def _commands(service: ServiceMap) -> str:
    return table(
        ("command", "route", "scope", "what it does", "may load", "decided by", "rules"),
        (
            (
                code(entry.name),
                code(entry.route),
                code(entry.scope),
                entry.summary or summary(entry.body),
                codes(may_load(entry.needs, service)),
                code(_name_of(entry.decide)),
                ", ".join(entry.rules),
            )
            for entry in service.commands
        ),
    )


def _timers(service: ServiceMap) -> str:
    return table(
        ("clock", "of", "may load besides", "decided by", "rules"),
        (
            (
                code(entry.clock),
                code(entry.state.__name__),
                codes(may_load(entry.needs, service)),
                code(_name_of(entry.decide)),
                ", ".join(entry.rules),
            )
            for entry in service.timers
        ),
    )


def _outcomes(service: ServiceMap) -> str:
    return table(
        ("effect", "decided by", "rules"),
        ((code(entry.kind), code(_name_of(entry.decide)), ", ".join(entry.rules)) for entry in service.outcomes),
    )


def _told(service: ServiceMap) -> str:
    return table(
        ("fact", "事实", "what it says"),
        (
            (code(event.type_name()), FACTS[event.type_name()].zh, summary(event))
            for event in EVENTS
            if service.name in event.producers()
        ),
    )


def _states(service: ServiceMap) -> str:
    kept = [(code(state.__name__), code(state.table), summary(state)) for state in service.states]
    appended = [("", code(name), "append-only") for name in service.appends]
    return table(("state", "table", "what it is"), [*kept, *appended])


def _name_of(function: object) -> str:
    name = getattr(function, "__name__", "")
    return "" if name == "<lambda>" else str(name)
