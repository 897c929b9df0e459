"""The FACE_DEEPFAKE API: parameters, codes, retries, pacing, client."""
