"""The FACE_DEEPFAKE API: signature, parameters, codes, retries, pacing, client."""
