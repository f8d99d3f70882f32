"""From what a client sent to a checked model, with every mistake named at once."""

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.errors import BadRequest

# Enough to see what is wrong; a page of a hundred files can be wrong in a thousand ways.
MOST_MISTAKES = 20

Model = TypeVar("Model", bound="Body")


class Body(BaseModel):
    """A request body: frozen, and closed to fields nobody asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def parse(model: type[Model], value: object) -> Model:
    """Check a parsed body or query; point at each field that is wrong, and say what was expected."""
    if not isinstance(value, dict):
        raise BadRequest("The body must be a JSON object.")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        mistakes = [
            {
                "pointer": "#/" + "/".join(str(part) for part in e["loc"]),
                "detail": e["msg"].removeprefix("Value error, "),
            }
            for e in error.errors()[:MOST_MISTAKES]
        ]
        told = "; ".join(f"{m['pointer']}: {m['detail']}" for m in mistakes)
        raise ValidationFailed(f"The request is not valid: {told}.", errors=mistakes) from None


class ValidationFailed(BadRequest):
    """The request is not valid."""

    code = "validation_failed"
