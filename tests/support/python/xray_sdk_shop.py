"""The same kind of shop, traced by AWS' own X-Ray SDK for Python: prints its documents, one a line, as its daemon gets them."""

import logging
import sys

from aws_xray_sdk.core import xray_recorder
from aws_xray_sdk.core.context import Context

logging.disable(logging.CRITICAL)


class Printer:
    daemon_host = "127.0.0.1"

    def send_entity(self, entity):
        print(entity.serialize(), flush=True)

    def set_daemon_address(self, address):
        """There is none."""


xray_recorder.configure(service="shop", sampling=False, context=Context(), context_missing="LOG_ERROR", plugins=())
xray_recorder.emitter = Printer()
segment = xray_recorder.begin_segment("shop")
segment.put_http_meta("method", "POST")
segment.put_http_meta("url", "https://shop.example/order")
segment.put_http_meta("status", 500)
segment.put_annotation("customer", "c-7")
segment.put_metadata("basket", {"items": [1, 2]}, "shop")
call = xray_recorder.begin_subsegment("DynamoDB", namespace="aws")
call.set_aws({"operation": "PutItem", "region": "us-east-1", "table_name": "orders", "request_id": "R-1"})
call.put_http_meta("status", 400)
call.add_error_flag()
xray_recorder.end_subsegment()
query = xray_recorder.begin_subsegment("ledger@db.example", namespace="remote")
query.set_sql({"url": "postgres://db.example/ledger", "sanitized_query": "SELECT 1", "database_type": "PostgreSQL"})
try:
    raise ValueError("the ledger is closed")
except ValueError as error:
    query.add_exception(error, sys.exc_info()[2] and __import__("traceback").extract_tb(error.__traceback__))
xray_recorder.end_subsegment()
segment.add_fault_flag()
xray_recorder.end_segment()
