"""Runs the Python that arrives in the file named by the first argument, with boto3 and json at hand, and prints its last expression as JSON."""

import ast
import json
import sys

import boto3

program = ast.parse(open(sys.argv[1], encoding="utf-8").read())
scope = {"boto3": boto3, "json": json}
last = program.body.pop() if program.body and isinstance(program.body[-1], ast.Expr) else None
exec(compile(program, "<check>", "exec"), scope)
value = eval(compile(ast.Expression(last.value), "<check>", "eval"), scope) if last else None
print(json.dumps(value, default=str))
