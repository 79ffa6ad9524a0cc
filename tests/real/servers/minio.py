"""A real MinIO: an S3 store of one folder."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import secrets

import httpx

from tests.real.servers import binaries
from tests.real.servers.process import Closing, Room, free_port, healthy

REGION = "us-east-1"
NOTHING = hashlib.sha256(b"").hexdigest()


class Minio(Closing):
    """MinIO on loopback, without its console. Use as a context manager, or call `close`."""

    def __init__(self) -> None:
        program = binaries.find("minio")
        self.room = Room("minio")
        self.access_key = f"root-{secrets.token_hex(4)}"
        self.secret_key = secrets.token_hex(16)
        self.host = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.host}"
        try:
            self.server = self.room.start(
                "minio",
                [program, "server", self.room.folder / "data", f"--address={self.host}", "--quiet"],
                {
                    "MINIO_ROOT_USER": self.access_key,
                    "MINIO_ROOT_PASSWORD": self.secret_key,
                    "MINIO_PROMETHEUS_AUTH_TYPE": "public",
                    "MINIO_BROWSER": "off",
                    "MINIO_UPDATE": "off",
                },
            )
            self.server.wait_ready(healthy(f"{self.url}/minio/health/ready"))
            # Ready, it may still answer 503 to S3 requests: until it has read its own identities.
            self.server.wait_ready(lambda: self.request("GET", "/").status_code == 200)
        except BaseException:
            self.close()
            raise

    def request(self, method: str, path: str) -> httpx.Response:
        """A request of the S3 API without a body, signed as the owner."""
        now = f"{datetime.datetime.now(datetime.UTC):%Y%m%dT%H%M%SZ}"
        signed = {"host": self.host, "x-amz-content-sha256": NOTHING, "x-amz-date": now}
        names = ";".join(signed)
        lines = "".join(f"{name}:{value}\n" for name, value in signed.items())
        request = "\n".join((method, path, "", lines, names, NOTHING))
        scope = f"{now[:8]}/{REGION}/s3/aws4_request"
        text = "\n".join(("AWS4-HMAC-SHA256", now, scope, hashlib.sha256(request.encode()).hexdigest()))
        key = f"AWS4{self.secret_key}".encode()
        for word in scope.split("/"):
            key = hmac.digest(key, word.encode(), "sha256")
        signature = hmac.new(key, text.encode(), "sha256").hexdigest()
        credential = f"Credential={self.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
        headers = {**signed, "authorization": f"AWS4-HMAC-SHA256 {credential}"}
        return httpx.request(method, self.url + path, headers=headers, trust_env=False, timeout=30)

    def make_bucket(self, name: str) -> None:
        """Make an empty bucket."""
        self.request("PUT", f"/{name}").raise_for_status()

    def close(self) -> None:
        self.room.close()
