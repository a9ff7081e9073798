"""Reads the metrics in the file named by the first argument with Prometheus' own parser, and prints them as JSON."""

import json
import sys

from prometheus_client.parser import text_string_to_metric_families

families = text_string_to_metric_families(open(sys.argv[1], encoding="utf-8").read())
print(
    json.dumps(
        {
            sample.name + ",".join(f"{{{key}={value}}}" for key, value in sample.labels.items()): {
                "type": family.type,
                "help": family.documentation,
                "value": sample.value,
            }
            for family in families
            for sample in family.samples
        }
    )
)
