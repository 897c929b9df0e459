"""Run the main job on the local cloud."""
