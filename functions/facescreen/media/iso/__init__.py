"""ISO base media files (ISO/IEC 14496-12): MP4 and QuickTime, and HEIC and AVIF."""
