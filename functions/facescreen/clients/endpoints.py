"""Endpoints of ID Verification (face-deepfake.txt, "Endpoints"): only in Singapore."""

ID_VERIFICATION_REGION = "ap-southeast-1"
PUBLIC_ENDPOINT = "https://cloudauth-intl.ap-southeast-1.aliyuncs.com"
VPC_ENDPOINT = "https://cloudauth-intl-vpc.ap-southeast-1.aliyuncs.com"
UPLOAD_AUTHORIZATION_ENDPOINT = "https://openplatform.aliyuncs.com"
