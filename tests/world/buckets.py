"""An S3-compatible server on the loopback address (moto), and what a process needs to reach it."""

import contextlib
import logging
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

REGION = "us-east-1"


@dataclass(frozen=True)
class S3:
    """A server with one empty bucket.

    Attributes
    ----------
    endpoint : its address. address : `s3://bucket/results`, where a store goes.
    """

    endpoint: str
    bucket: str

    @property
    def address(self) -> str:
        return f"s3://{self.bucket}/results"

    def environment(self, endpoint: str | None = None) -> dict[str, str]:
        """Variables with which S3's library reaches the server, or another endpoint in front of it."""
        return {
            "AWS_ENDPOINT_URL": endpoint or self.endpoint,
            "AWS_ACCESS_KEY_ID": "tester",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1,localhost",
        }


@contextlib.contextmanager
def serve_s3() -> Iterator[S3]:
    """Run a server for as long as the block lasts."""
    # Importing moto takes seconds, which most tests need not spend.
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield new_bucket(f"http://{host}:{port}")
    finally:
        server.stop()


def new_bucket(endpoint: str) -> S3:
    """Make an empty bucket on a server."""
    import boto3

    s3 = S3(endpoint, f"bucket-{uuid.uuid4().hex[:12]}")
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="tester",
        aws_secret_access_key="secret",
    )
    client.create_bucket(Bucket=s3.bucket)
    return s3
