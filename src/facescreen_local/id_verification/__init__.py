"""An emulator of ID Verification's FACE_DEEPFAKE: its protocol and limits, no forgery detector."""
