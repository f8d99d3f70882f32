"""Which template is deployed here: the real one, with the few changes that the embedded AWS needs."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from shared.errors import Misconfigured

FUNCTION = "AWS::Serverless::Function"
LAYER = "AWS::Serverless::LayerVersion"
# Where each kind of resource says which folder its code is in.
CODE_PROPERTY = {FUNCTION: "CodeUri", LAYER: "ContentUri"}

Template = dict[str, Any]

_VARIABLE = re.compile(r"\$\{(\w+)\}")


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short tags, which come out in their long form."""


def _long_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value = _value(loader, node)
    if suffix in {"Ref", "Condition"}:
        return {suffix: value}
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {f"Fn::{suffix}": value}


def _value(loader: _Loader, node: yaml.Node) -> object:
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    return node.value


# Dates stay text: a policy's Version is one.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_multi_constructor("!", _long_form)


def load(file: Path) -> Template:
    """Read a template as CloudFormation would."""
    try:
        template = yaml.load(file.read_text(), _Loader)  # noqa: S506 - a SafeLoader, with tags that make dicts
    except FileNotFoundError:
        raise Misconfigured(f"There is no {file.name} in {file.parent}. Check out the whole repository.") from None
    except yaml.YAMLError as error:
        raise Misconfigured(f"{file} is not YAML: {error}") from error
    if not isinstance(template, dict) or not isinstance(template.get("Resources"), dict):
        raise Misconfigured(f"{file} is not a CloudFormation template: it has no Resources.")
    return template


def code_folders(template: Template) -> dict[str, str]:
    """The folder of each resource that has code of its own: {logical id: folder}."""
    return {
        name: str(resource["Properties"][CODE_PROPERTY[resource["Type"]]]).strip("/")
        for name, resource in template["Resources"].items()
        if resource["Type"] in CODE_PROPERTY
    }


def rewritten(template: Template, code: Mapping[str, str]) -> Template:
    """A copy that the embedded AWS can deploy, with its code from `code` (logical id -> S3 URI)."""
    copied: Template = _with_secret_arns(template, set(_named(template, "AWS::SecretsManager::Secret")))
    # CodeDeploy is not embedded.
    copied.get("Globals", {}).get("Function", {}).pop("DeploymentPreference", None)
    for name, resource in copied["Resources"].items():
        if resource["Type"] in CODE_PROPERTY:
            resource["Properties"][CODE_PROPERTY[resource["Type"]]] = code[name]
            resource["Properties"].pop("DeploymentPreference", None)
    copied["Resources"] = {n: r for n, r in copied["Resources"].items() if not _insists_on_tls(r)}
    return copied


def _insists_on_tls(resource: Mapping[str, Any]) -> bool:
    """Whether a bucket policy would refuse all that comes by plain http, which is all that loopback offers."""
    if resource["Type"] != "AWS::S3::BucketPolicy":
        return False
    statements = resource["Properties"]["PolicyDocument"]["Statement"]
    statements[:] = [s for s in statements if "aws:SecureTransport" not in s.get("Condition", {}).get("Bool", {})]
    return not statements


def _with_secret_arns(value: Any, secrets: set[str]) -> Any:  # noqa: ANN401 - YAML
    """A deep copy in which a secret's Ref is its ARN, as on AWS; the embedded one would give its name."""
    match value:
        case {"Ref": str(name)} if name in secrets:
            return {"Fn::GetAtt": [name, "Id"]}
        case {"Fn::Sub": str(text)}:
            return {"Fn::Sub": _VARIABLE.sub(lambda m: f"${{{m[1]}.Id}}" if m[1] in secrets else m[0], text)}
        case dict():
            return {key: _with_secret_arns(inner, secrets) for key, inner in value.items()}
        case list():
            return [_with_secret_arns(inner, secrets) for inner in value]
    return value


def parameters(template: Template, given: Mapping[str, str]) -> dict[str, str]:
    """What to pass: of what is given, all that this template declares."""
    declared = template.get("Parameters", {})
    absent = [name for name, facts in declared.items() if name not in given and "Default" not in facts]
    if absent:
        raise Misconfigured(f"The local stack has no value for the template's parameters {', '.join(absent)}.")
    return {name: value for name, value in given.items() if name in declared}


def with_defaults(template: Template, passed: Mapping[str, str]) -> Template:
    """The same template with what is passed filled in: the embedded SAM transform reads nothing but defaults."""
    parameters = template.get("Parameters", {})
    for name, facts in parameters.items():
        if "Default" in facts and not facts.get("NoEcho") and name in passed:
            facts["Default"] = passed[name]
    numbers = {name: int(facts["Default"]) for name, facts in parameters.items() if facts.get("Type") == "Number"}
    filled: Template = _with_numbers(template, numbers)
    return filled


def _with_numbers(value: Any, numbers: Mapping[str, int]) -> Any:  # noqa: ANN401 - YAML
    """A deep copy in which a number's Ref is that number, but in an environment, where everything is a text."""
    match value:
        case {"Ref": str(name)} if name in numbers:
            return numbers[name]
        case dict():
            return {k: inner if k == "Variables" else _with_numbers(inner, numbers) for k, inner in value.items()}
        case list():
            return [_with_numbers(inner, numbers) for inner in value]
    return value


def buckets(template: Template) -> list[str]:
    """The logical ids of its buckets."""
    return _named(template, "AWS::S3::Bucket")


def _named(template: Template, kind: str) -> list[str]:
    return [name for name, resource in template["Resources"].items() if resource["Type"] == kind]
