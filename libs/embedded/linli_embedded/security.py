"""How a client proves to a broker who it is."""

from dataclasses import dataclass, field
from typing import TypedDict


class ClientOptions(TypedDict, total=False):
    """The keyword arguments that every aiokafka client takes for this."""

    security_protocol: str
    sasl_mechanism: str
    sasl_plain_username: str
    sasl_plain_password: str


@dataclass(frozen=True, slots=True)
class Security:
    """Nobody in particular (the default), or a user with a SCRAM-SHA-512 password."""

    user: str | None = None
    password: str = field(default="", repr=False)

    def client_options(self) -> ClientOptions:
        """Write the keyword arguments for aiokafka's producer, consumer and admin client."""
        if self.user is None:
            return {"security_protocol": "PLAINTEXT"}
        return {
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": self.user,
            "sasl_plain_password": self.password,
        }
