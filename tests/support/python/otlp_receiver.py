"""An OTLP trace receiver: gRPC and HTTP, protobuf and JSON, on free ports of 127.0.0.1, each request kept as one JSON line.

otlp_receiver.py FOLDER [--header=NAME=VALUE] [--tls] [--client-certificate]
Prints one JSON line {"grpc": PORT, "http": PORT} when it listens; writes FOLDER/requests.jsonl, and with TLS the
certificates that a client needs.
"""

import argparse
import base64
import gzip
import json
import pathlib
import ssl
import threading
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from google.protobuf.json_format import MessageToDict, ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)

IDS = ("traceId", "spanId", "parentSpanId")


def hexadecimal(value):
    """Ids as OTLP's JSON form has them; protobuf's own JSON form has base64."""
    if isinstance(value, list):
        return [hexadecimal(item) for item in value]
    if isinstance(value, dict):
        return {
            key: base64.b64decode(item).hex() if key in IDS else hexadecimal(item) for key, item in value.items()
        }
    return value


def in_base64(value):
    """The way back: ids as protobuf's JSON form has them. Anything else that this form does not know is refused there."""
    if isinstance(value, list):
        return [in_base64(item) for item in value]
    if isinstance(value, dict):
        return {
            key: base64.b64encode(bytes.fromhex(item)).decode() if key in IDS else in_base64(item)
            for key, item in value.items()
        }
    return value


class Keeper:
    def __init__(self, path, header):
        self.file = open(path, "a", encoding="utf-8")
        self.lock = threading.Lock()
        self.header = header.split("=", 1) if header else None

    def admits(self, headers):
        return self.header is None or headers.get(self.header[0]) == self.header[1]

    def keep(self, protocol, headers, request):
        line = json.dumps({"protocol": protocol, "headers": headers, "request": hexadecimal(MessageToDict(request))})
        with self.lock:
            self.file.write(line + "\n")
            self.file.flush()


class OverGrpc(TraceServiceServicer):
    def __init__(self, keeper):
        self.keeper = keeper

    def Export(self, request, context):
        headers = {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}
        if not self.keeper.admits(headers):
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "the header is missing or wrong")
        self.keeper.keep("grpc", headers, request)
        return ExportTraceServiceResponse()


def over_http(keeper):
    class OverHttp(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            headers = {key.lower(): value for key, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            if self.path != "/v1/traces":
                return self.answer(404)
            if not keeper.admits(headers):
                return self.answer(401)
            kind = headers.get("content-type")
            if kind not in ("application/x-protobuf", "application/json"):
                return self.answer(415)
            if headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            try:
                if kind == "application/json":
                    request = ParseDict(in_base64(json.loads(body)), ExportTraceServiceRequest())
                else:
                    request = ExportTraceServiceRequest.FromString(body)
            except Exception:
                return self.answer(400)
            keeper.keep("http", headers, request)
            self.answer(200)

        def answer(self, status):
            body = ExportTraceServiceResponse().SerializeToString() if status == 200 else b""
            self.send_response(status)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return OverHttp


def certificates(folder):
    """An authority, and by it a server's and a client's certificate, valid for a day."""
    import datetime
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)

    def issue(name, issuer, issuer_key, authority, usage=None):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer or subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - day)
            .not_valid_after(now + day)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if usage:
            names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        certificate = builder.sign(issuer_key or key, hashes.SHA256())
        return certificate, key

    def save(name, certificate, key):
        (folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (folder / f"{name}.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )

    authority, authority_key = issue("authority of the tests", None, None, True)
    save("ca", authority, authority_key)
    for name, usage in (("server", ExtendedKeyUsageOID.SERVER_AUTH), ("client", ExtendedKeyUsageOID.CLIENT_AUTH)):
        save(name, *issue(name, authority.subject, authority_key, False, usage))


def listen(arguments, folder, keeper):
    grpc_server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    add_TraceServiceServicer_to_server(OverGrpc(keeper), grpc_server)
    http_server = ThreadingHTTPServer(("127.0.0.1", 0), over_http(keeper))
    if not arguments.tls:
        grpc_port = grpc_server.add_insecure_port("127.0.0.1:0")
    else:
        certificates(folder)
        pair = ((folder / "server.key").read_bytes(), (folder / "server.pem").read_bytes())
        authority = (folder / "ca.pem").read_bytes() if arguments.client_certificate else None
        credentials = grpc.ssl_server_credentials([pair], authority, arguments.client_certificate)
        grpc_port = grpc_server.add_secure_port("127.0.0.1:0", credentials)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem", folder / "server.key")
        if arguments.client_certificate:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(folder / "ca.pem")
        http_server.socket = context.wrap_socket(http_server.socket, server_side=True)
    grpc_server.start()
    print(json.dumps({"grpc": grpc_port, "http": http_server.server_port}), flush=True)
    http_server.serve_forever()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--header")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--client-certificate", action="store_true")
    arguments = parser.parse_args()
    listen(arguments, arguments.folder, Keeper(arguments.folder / "requests.jsonl", arguments.header))


main()
