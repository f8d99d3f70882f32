"""Which routes the API has: CloudFormation here ignores the OpenAPI body that SAM writes, so we read it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.aws import ACCOUNT, REGION, Aws
from shared.errors import Misconfigured

API = "AWS::ApiGatewayV2::Api"
INTEGRATION = "x-amazon-apigateway-integration"
AUTHORIZER = "x-amazon-apigateway-authorizer"
CORS = "x-amazon-apigateway-cors"
ANY = "x-amazon-apigateway-any-method"
DEFAULT_ROUTE = "$default"
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace", ANY}
CORS_LISTS = ("AllowOrigins", "AllowHeaders", "AllowMethods", "ExposeHeaders")

PSEUDO = {
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::AccountId": ACCOUNT,
    "AWS::URLSuffix": "amazonaws.com",
}


@dataclass(frozen=True, slots=True)
class Names:
    """What the intrinsic functions of the processed template stand for."""

    physical: Mapping[str, str]
    parameters: Mapping[str, str]

    def resolve(self, value: Any) -> str:  # noqa: ANN401 - JSON
        """Follow Ref, GetAtt and Sub down to text."""
        match value:
            case str() | int():
                return str(value)
            case {"Ref": name}:
                return self._ref(name)
            case {"Fn::GetAtt": [name, "Arn"]}:
                return self._arn(name)
            case {"Fn::Sub": [text, inner]}:
                return self._substitute(text, inner)
            case {"Fn::Sub": text}:
                return self._substitute(text, {})
        raise Misconfigured(f"An HTTP API route uses {value}, which the local deployment cannot resolve.")

    def _ref(self, name: str) -> str:
        for known in (PSEUDO, self.parameters, self.physical):
            if name in known:
                return known[name]
        raise Misconfigured(f"An HTTP API route refers to {name}, which the template does not have.")

    def _arn(self, name: str) -> str:
        # Routes name nothing but functions; an alias has its ARN for a Ref.
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self._ref(name)}"

    def _substitute(self, text: str, inner: Mapping[str, Any]) -> str:
        return re.sub(r"\$\{([^}]+)\}", lambda found: self._variable(found[1], inner), text)

    def _variable(self, name: str, inner: Mapping[str, Any]) -> str:
        if name in inner:
            return self.resolve(inner[name])
        return self._arn(name.removesuffix(".Arn")) if name.endswith(".Arn") else self._ref(name)


def physical_ids(aws: Aws, stack_name: str) -> dict[str, str]:
    """The physical id of each resource of a stack."""
    cloudformation = aws.client("cloudformation")
    resources = cloudformation.describe_stack_resources(StackName=stack_name)["StackResources"]
    return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}


def create(aws: Aws, stack_name: str, parameters: Mapping[str, str]) -> str:
    """Make the authorizers, integrations, routes and CORS of the stack's one HTTP API; return its id."""
    resources = _processed(aws, stack_name)["Resources"]
    apis = [name for name, resource in resources.items() if resource["Type"] == API]
    if len(apis) != 1:
        raise Misconfigured(f"The local deployment serves exactly one HTTP API; the template has {len(apis)}.")
    names = Names(physical_ids(aws, stack_name), parameters)
    api = _Api(aws.client("apigatewayv2"), names.physical[apis[0]], names)
    api.fill(resources[apis[0]]["Properties"]["Body"])
    return api.api_id


def _processed(aws: Aws, stack_name: str) -> dict[str, Any]:
    cloudformation = aws.client("cloudformation")
    body = cloudformation.get_template(StackName=stack_name, TemplateStage="Processed")["TemplateBody"]
    processed: dict[str, Any] = json.loads(body) if isinstance(body, str) else body
    return processed


@dataclass(frozen=True, slots=True)
class _Api:
    gateway: Any
    api_id: str
    names: Names

    def fill(self, body: Mapping[str, Any]) -> None:
        authorizers = self._authorizers(body.get("components", {}).get("securitySchemes", {}))
        integrations: dict[str, str] = {}
        for path, operations in body["paths"].items():
            for method in METHODS & operations.keys():
                operation = operations[method]
                uri = self.names.resolve(operation[INTEGRATION]["uri"])
                if uri not in integrations:
                    integrations[uri] = self._integration(uri, operation[INTEGRATION])
                self._route(_route_key(path, method), integrations[uri], _guard(operation, authorizers))
        if CORS in body:
            self.gateway.update_api(ApiId=self.api_id, CorsConfiguration=cors(body[CORS]))

    def _authorizers(self, schemes: Mapping[str, Any]) -> dict[str, str]:
        return {name: self._authorizer(name, facts[AUTHORIZER]) for name, facts in schemes.items()}

    def _authorizer(self, name: str, facts: Mapping[str, Any]) -> str:
        made = self.gateway.create_authorizer(
            ApiId=self.api_id,
            Name=name,
            AuthorizerType="REQUEST",
            AuthorizerUri=self.names.resolve(facts["authorizerUri"]),
            AuthorizerPayloadFormatVersion=str(facts["authorizerPayloadFormatVersion"]),
            EnableSimpleResponses=facts.get("enableSimpleResponses", False),
            AuthorizerResultTtlInSeconds=facts.get("authorizerResultTtlInSeconds", 0),
            IdentitySource=facts.get("identitySource", []),
        )
        return str(made["AuthorizerId"])

    def _integration(self, uri: str, facts: Mapping[str, Any]) -> str:
        made = self.gateway.create_integration(
            ApiId=self.api_id,
            IntegrationType="AWS_PROXY",
            IntegrationMethod="POST",
            IntegrationUri=uri,
            PayloadFormatVersion=str(facts.get("payloadFormatVersion", "2.0")),
        )
        return str(made["IntegrationId"])

    def _route(self, key: str, integration: str, authorizer: str | None) -> None:
        guard = {"AuthorizationType": "CUSTOM", "AuthorizerId": authorizer} if authorizer else {}
        self.gateway.create_route(ApiId=self.api_id, RouteKey=key, Target=f"integrations/{integration}", **guard)


def _route_key(path: str, method: str) -> str:
    if path == DEFAULT_ROUTE:
        return path
    return f"{'ANY' if method == ANY else method.upper()} {path}"


def _guard(operation: Mapping[str, Any], authorizers: Mapping[str, str]) -> str | None:
    # SAM names an authorizer NONE, which exists nowhere, on a route that is open.
    wanted = [name for option in operation.get("security", []) for name in option]
    return next((authorizers[name] for name in wanted if name in authorizers), None)


def cors(facts: Mapping[str, Any]) -> dict[str, Any]:
    """OpenAPI's spelling of the CORS settings in the gateway's own."""
    given = {name[0].upper() + name[1:]: value for name, value in facts.items()}
    for name in CORS_LISTS:
        # A list that came in as a parameter is still one text.
        if isinstance(given.get(name), str):
            given[name] = [item.strip() for item in given[name].split(",")]
    return given
