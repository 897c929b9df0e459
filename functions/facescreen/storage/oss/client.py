"""Sends requests to OSS: connections, credentials, and what two stores request alike."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import TYPE_CHECKING

import oss2
from oss2.credentials import Credentials as OssCredentials
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from facescreen.errors import InvalidEventError
from facescreen.storage.oss.errors import translate_oss_errors
from facescreen.storage.oss.responses import build_listing_page
from facescreen.storage.ports import MAX_OBJECTS_PER_PAGE

if TYPE_CHECKING:
    from facescreen.clients.credentials import CredentialSource
    from facescreen.storage.ports import ListingPage

_TIMEOUT_S = 5
_MAX_CONNECTIONS = 32
"""As many as the threads that read tags for a report."""
# After an instance was frozen its pooled connections are dead; a retry opens a new one.
_RETRY_POLICY = Retry(total=2, status=0, allowed_methods=None, backoff_factor=0.1)
# Its DEBUG lines contain headers and presigned URLs.
logging.getLogger("oss2").setLevel(logging.WARNING)


class BucketCache:
    """Creates and caches oss2's Bucket objects for one endpoint, with one connection pool."""

    def __init__(self, credentials: CredentialSource, endpoint: str, region: str) -> None:
        auth = oss2.ProviderAuthV4(_OssCredentialsProvider(credentials))
        adapter = HTTPAdapter(max_retries=_RETRY_POLICY, pool_maxsize=_MAX_CONNECTIONS)
        session = oss2.Session(adapter=adapter)

        def create_bucket(name: str) -> oss2.Bucket:
            return oss2.Bucket(
                auth,
                endpoint,
                name,
                region=region,
                session=session,
                connect_timeout=_TIMEOUT_S,
                # It is computed in pure Python, and no operation here needs it.
                enable_crc=False,
            )

        self._get_cached = lru_cache(maxsize=32)(create_bucket)

    def get(self, name: str) -> oss2.Bucket:
        """Return the bucket. Raises InvalidEventError if no bucket can have the name."""
        try:
            return self._get_cached(name)
        except oss2.exceptions.ClientError:
            raise InvalidEventError("the bucket name is not valid on OSS") from None


def list_page(bucket: oss2.Bucket, prefix: str, after: str) -> ListingPage:
    """Request the first objects under `prefix` whose keys come after `after`."""
    with translate_oss_errors(prefix):
        listing = bucket.list_objects_v2(prefix, start_after=after, max_keys=MAX_OBJECTS_PER_PAGE)
    return build_listing_page(listing)


class _OssCredentialsProvider:
    """Adapts a CredentialSource to oss2, which asks for credentials before each request."""

    def __init__(self, source: CredentialSource) -> None:
        self._source = source

    def get_credentials(self) -> OssCredentials:
        credentials = self._source.get()
        token = credentials.security_token or None
        return OssCredentials(credentials.access_key_id, credentials.access_key_secret, token)
