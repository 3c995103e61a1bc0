"""Hooks of the fuzzer."""

import os

import schemathesis

RUN = os.environ.get("FUZZED_RUN")


@schemathesis.hook
def filter_case(_context, case):
    """A body of `null` means no body: generated clients send it, so it is taken against the schema."""
    return case.body is not None


@schemathesis.hook
def map_query(context, query):
    """Names the run that is there, so that requests get beyond its lookup."""
    parameters = context.operation.query
    if RUN is None or not any(parameter.name == "run" for parameter in parameters):
        return query
    return {**(query or {}), "run": RUN}
