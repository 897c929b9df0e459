"""A stand-in for ID Verification's FACE_DEEPFAKE: real wire, real limits, no forgery detector."""
