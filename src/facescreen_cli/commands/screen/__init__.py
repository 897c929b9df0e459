"""Screen files, folders, URLs or objects for deepfakes."""
