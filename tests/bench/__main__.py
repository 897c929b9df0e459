"""``make bench``: what a function imports and ships, beside the vendor's own SDK and plain pip, how
much of the quota a burst and a folder use, and what a thousand objects cost on either cloud."""

import tempfile
from pathlib import Path

from tests.bench import folders, on_fc, on_lambda, packages, shipping, transfers
from tests.bench.test_budget import MOST_MODULES, MOST_ON_LAMBDA
from tests.e2e.pipeline import burst

WIDTH = 44


def main() -> None:
    """Prints modules, megabytes and calls, and what they are held to."""
    handler, ready = len(shipping.handler_modules()), len(shipping.initialized_modules())
    on_aws = len(shipping.initialized_on_lambda_modules())
    official = len(shipping.official_sdk_modules())
    print("Modules imported by object_created")
    print(f"  {'by the handler':{WIDTH}} {handler:6}")
    print(f"  {'before its first event':{WIDTH}} {ready:6}   held to {MOST_MODULES}")
    print(
        f"  {'the same on Lambda, boto3 among them':{WIDTH}} {on_aws:6}   held to {MOST_ON_LAMBDA}"
    )
    print(f"  {'by the official SDK of the API alone':{WIDTH}} {official:6}")
    packages.main(WIDTH)
    print(f"The call by TRANSFER, milliseconds, median of {transfers.ROUNDS}, and against url")
    with tempfile.TemporaryDirectory() as folder:
        by_url: dict[str, float] = {}
        for took in transfers.run(Path(folder)):
            ratio = took.call_ms / by_url.setdefault(took.sample, took.call_ms)
            print(f"  {took.form:8}{took.sample:{WIDTH - 8}} {took.call_ms:6.0f} {ratio:6.2f}")
    with tempfile.TemporaryDirectory() as folder:
        came = burst.run(Path(folder))
    print(f"{burst.UPLOADS} uploads by {burst.CLIENTS} clients, quota {burst.QUOTA} calls a second")
    print(f"  {'paid calls in the busiest second':{WIDTH}} {came.busiest_second:6}")
    print(f"  {'paid calls a second, on average':{WIDTH}} {came.rate:6.2f}")
    with tempfile.TemporaryDirectory() as folder:
        screened = folders.run(Path(folder))
    busiest, quota = screened.busiest_second, folders.QUOTA
    print(f"facescreen screen, {folders.FILES} files, quota {quota} calls a second")
    print(f"  {'paid calls in the busiest second':{WIDTH}} {busiest:6}   held to {quota}")
    print(f"  {'calls refused, beyond the quota':{WIDTH}} {screened.throttled:6}")
    print(f"  {'paid calls a second, on average':{WIDTH}} {screened.rate:6.2f}   held to 95 %")
    on_fc.main()
    on_lambda.main()


if __name__ == "__main__":
    main()
