"""Creates the routes of a stack's HTTP API on MiniStack.

SAM writes them into the API's OpenAPI body, which API Gateway reads. MiniStack 1.5.33 ignores the
body but supports routes that are created one by one.

    routes.py STACK
"""

import re
import sys

import boto3

stack = sys.argv[1]
cloudformation, gateway = boto3.client("cloudformation"), boto3.client("apigatewayv2")

pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
names = {of["LogicalResourceId"]: of["PhysicalResourceId"] for page in pages for of in page["StackResourceSummaries"]}
template = cloudformation.get_template(StackName=stack, TemplateStage="Processed")["TemplateBody"]
functions = boto3.client("lambda")

integrations = {}
for path, methods in template["Resources"]["Api"]["Properties"]["Body"]["paths"].items():
    for method, operation in methods.items():
        uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
        function = re.search(r"\$\{(\w+)\.Arn\}", uri)[1]
        if function not in integrations:
            arn = functions.get_function_configuration(FunctionName=names[function])["FunctionArn"]
            integrations[function] = gateway.create_integration(
                ApiId=names["Api"], IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0"
            )["IntegrationId"]
        gateway.create_route(
            ApiId=names["Api"],
            RouteKey="$default" if path == "/$default" else f"{method.upper()} {path}",
            Target=f"integrations/{integrations[function]}",
        )
