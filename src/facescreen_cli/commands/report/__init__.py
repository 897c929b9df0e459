"""Count what stands on the objects of a bucket: verdicts, reasons, days."""
