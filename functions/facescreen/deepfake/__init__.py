"""The FACE_DEEPFAKE API: requests, responses, retries, rate limit, budget, clients."""
