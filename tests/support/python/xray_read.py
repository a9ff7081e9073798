"""X-Ray's GetTraceSummaries over what moto keeps: filter expressions, windows of six hours, pages.

moto refuses filter expressions. What is here is the part of the language that the developer guide ("filter expressions") describes
and that searches of ours use; anything else is refused as X-Ray refuses what it cannot read:

  error, fault, throttle, ok     of the segments without a parent: the answer to the one who asked first
  service("NAME") {...}          a node of that name, whatever calls it; service() any node; the braces hold for that node
  duration, responsetime         seconds, compared with > >= < <= =
  annotation.KEY = "VALUE"       an annotation of any segment
  AND, OR, !, parentheses
"""

import json
import re

TOKEN = re.compile(r'\s*(?:("[^"]*")|([\d.]+)|(AND|OR)\b|([A-Za-z_][\w.]*)|(>=|<=|!=|[(){}=<>!]))')
LONGEST = 6 * 3600
PAGE = 30


class Refused(Exception):
    """What X-Ray answers with InvalidRequestException."""


def tokens(text):
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise Refused(f"unexpected {text[at:at + 20]!r}")
        found.append(match[0].strip())
        at = match.end()
    return found


class Expression:
    """A filter expression; `of` says whether it holds for a scope: a list of nodes, each a segment or subsegment."""

    def __init__(self, text):
        self.left = tokens(text)
        self.test = self.either()
        if self.left:
            raise Refused(f"unexpected {self.left[0]!r}")

    def take(self, *expected):
        if not self.left or (expected and self.left[0] not in expected):
            raise Refused(f"expected {expected}, found {self.left[:1]}")
        return self.left.pop(0)

    def either(self):
        tests = [self.both()]
        while self.left and self.left[0] == "OR":
            self.take("OR")
            tests.append(self.both())
        return lambda scope: any(test(scope) for test in tests)

    def both(self):
        tests = [self.one()]
        while self.left and self.left[0] == "AND":
            self.take("AND")
            tests.append(self.one())
        return lambda scope: all(test(scope) for test in tests)

    def one(self):
        word = self.take()
        if word == "!":
            test = self.one()
            return lambda scope: not test(scope)
        if word == "(":
            test = self.either()
            self.take(")")
            return test
        if word == "service":
            return self.service()
        if word in ("error", "fault", "throttle"):
            wanted = self.truth()
            return lambda scope: any(bool(node.get(word)) == wanted for node in scope["asked"])
        if word in ("duration", "responsetime"):
            sign, limit = self.take(">", ">=", "<", "<=", "="), float(self.take())
            compare = {">": float.__gt__, ">=": float.__ge__, "<": float.__lt__, "<=": float.__le__, "=": float.__eq__}
            return lambda scope: compare[sign](scope["duration"], limit)
        if word.startswith("annotation."):
            self.take("=")
            key, value = word.removeprefix("annotation."), self.take().strip('"')
            return lambda scope: any(str(node.get("annotations", {}).get(key)) == value for node in scope["all"])
        raise Refused(f"unknown keyword {word!r}")

    def truth(self):
        if self.left and self.left[0] == "=":
            self.take("=")
            return self.take("true", "false") == "true"
        return True

    def service(self):
        self.take("(")
        name = None if self.left[:1] == [")"] else self.take().strip('"')
        self.take(")")
        inner = None
        if self.left and self.left[0] == "{":
            self.take("{")
            inner = self.either()
            self.take("}")

        def test(scope):
            nodes = [node for node in scope["nodes"] if name is None or node["name"] == name]
            return any(inner is None or inner({**scope, "asked": [node]}) for node in nodes)

        return test


def flat(documents):
    """Documents and the subsegments in them."""
    found, left = [], list(documents)
    while left:
        document = left.pop()
        found.append(document)
        left += document.get("subsegments", [])
    return found


def scope(documents):
    every = flat(documents)
    ends = [node.get("end_time", node["start_time"]) for node in every]
    return {
        "all": every,
        # Whoever sent a segment, and whoever was called by a subsegment with a namespace.
        "nodes": [node for node in every if node.get("type") != "subsegment" or node.get("namespace")],
        "asked": [node for node in every if not node.get("parent_id")],
        "duration": float(max(ends) - min(node["start_time"] for node in every)),
        "start": min(node["start_time"] for node in every),
    }


def summaries(traces, request):
    """The answer to a request; raises Refused."""
    start, end = float(request["StartTime"]), float(request["EndTime"])
    if end - start > LONGEST:
        raise Refused("the time range is longer than 6 hours")
    expression = request.get("FilterExpression")
    test = Expression(expression).test if expression else lambda _: True
    found = []
    for trace_id, trace in traces.items():
        of = scope([json.loads(segment.raw) for segment in trace["segments"]])
        if start <= of["start"] < end and test(of):
            found.append({"Id": trace_id, "Duration": of["duration"]})
    at = int(request.get("NextToken") or 0)
    page = {"TraceSummaries": found[at : at + PAGE], "TracesProcessedCount": len(traces), "ApproximateTime": end}
    if at + PAGE < len(found):
        page["NextToken"] = str(at + PAGE)
    return page
