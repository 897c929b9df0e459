"""AuthorizeFileUpload: grants the upload of a file for DeepfakeDetectIntlStream."""

from __future__ import annotations

from aiohttp import web

from facescreen_local.id_verification.context import IdVerificationRequestContext
from facescreen_local.id_verification.errors import IdVerificationError
from facescreen_local.id_verification.operations import OPERATIONS

AUTHORIZE_API_VERSION = "2019-12-19"


@OPERATIONS.register(
    "GET", AUTHORIZE_API_VERSION, "AuthorizeFileUpload", name="AuthorizeFileUpload"
)
async def authorize_file_upload(context: IdVerificationRequestContext) -> web.Response:
    """Issue an upload grant. The real API is at openplatform.aliyuncs.com."""
    product = context.parameters.query.get("Product", "")
    if not product:
        raise IdVerificationError("MissingParameter", "Product cannot be empty.")
    if product != "Cloudauth-intl":
        raise IdVerificationError(
            "InvalidParameter", "Product is invalid: only Cloudauth-intl is here."
        )
    return context.build_response(context.uploads.issue_upload_grant())
