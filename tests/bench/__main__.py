"""``make bench``: the modules and packages of a function compared with the vendor's SDK and pip,
the quota used by a burst and by a folder, and the cost of a thousand objects on each cloud."""

import tempfile
from pathlib import Path

from tests.bench import (
    event_to_tag,
    fc_cost,
    folder_quota,
    imported_modules,
    lambda_cost,
    package_comparison,
    transfer_times,
)
from tests.bench.test_budget import MAX_MODULES, MAX_MODULES_ON_LAMBDA
from tests.e2e.pipeline import burst

WIDTH = 44


def main() -> None:
    """Print modules, megabytes and calls, with their limits."""
    handler = len(imported_modules.list_handler_modules())
    initialized = len(imported_modules.list_initialized_modules())
    initialized_on_aws = len(imported_modules.list_initialized_modules_on_lambda())
    official = len(imported_modules.list_official_sdk_modules())
    print("Modules imported by object_created")
    print(f"  {'by the handler':{WIDTH}} {handler:6}")
    print(f"  {'before its first event':{WIDTH}} {initialized:6}   limit {MAX_MODULES}")
    label = "the same on Lambda, including boto3"
    print(f"  {label:{WIDTH}} {initialized_on_aws:6}   limit {MAX_MODULES_ON_LAMBDA}")
    print(f"  {'by the official SDK of the API':{WIDTH}} {official:6}")
    package_comparison.main(WIDTH)
    print(
        f"Milliseconds of the call by TRANSFER, median of {transfer_times.ROUNDS}, and ratio to url"
    )
    with tempfile.TemporaryDirectory() as folder:
        by_url: dict[str, float] = {}
        for measured in transfer_times.run(Path(folder)):
            ratio = measured.call_ms / by_url.setdefault(measured.sample, measured.call_ms)
            label = f"{measured.transfer:8}{measured.sample}"
            print(f"  {label:{WIDTH}} {measured.call_ms:6.0f} {ratio:6.2f}")
    print(
        f"Milliseconds from event to tag, {event_to_tag.UPLOADS} uploads, the service answering in "
        f"{event_to_tag.SERVICE_MS} ms: median, p99, the read with its wait; in which overwritten "
        "bytes may have the verdict: median, p99"
    )
    with tempfile.TemporaryDirectory() as folder:
        for times in event_to_tag.run(Path(folder)):
            print(
                f"  {times.bucket:{WIDTH}} {times.median_ms:6.0f} {times.p99_ms:6.0f} "
                f"{times.settling_ms:6.0f} {times.window_ms:6.1f} {times.window_p99_ms:6.1f}"
            )
    with tempfile.TemporaryDirectory() as folder:
        burst_times = burst.run(Path(folder)).call_times
    print(
        f"{burst.UPLOADS} uploads by {burst.CLIENTS} clients, quota {burst.QUOTA} calls per second"
    )
    print(f"  {'paid calls in the busiest second':{WIDTH}} {burst_times.busiest_second:6}")
    print(f"  {'paid calls per second, on average':{WIDTH}} {burst_times.rate:6.2f}")
    with tempfile.TemporaryDirectory() as folder:
        folder_run = folder_quota.run(Path(folder))
    call_times, quota = folder_run.call_times, folder_quota.QUOTA
    busiest = call_times.busiest_second
    print(f"facescreen screen, {folder_quota.FILES} files, quota {quota} calls per second")
    print(f"  {'paid calls in the busiest second':{WIDTH}} {busiest:6}   limit {quota}")
    print(f"  {'calls refused as over the quota':{WIDTH}} {folder_run.throttled:6}")
    print(f"  {'paid calls per second, on average':{WIDTH}} {call_times.rate:6.2f}   goal 95 %")
    fc_cost.main()
    lambda_cost.main()


if __name__ == "__main__":
    main()
