"""``make bench``: what a function imports and ships, beside the vendor's own SDK."""

from tests.bench import shipping
from tests.bench.test_budget import MOST_MB, MOST_MODULES

WIDTH = 44


def main() -> None:
    """Prints modules and megabytes, and what they are held to."""
    handler, ready = len(shipping.handler_modules()), len(shipping.initialized_modules())
    official = len(shipping.official_sdk_modules())
    print("Modules imported by object_created")
    print(f"  {'by the handler':{WIDTH}} {handler:6}")
    print(f"  {'before its first event':{WIDTH}} {ready:6}   held to {MOST_MODULES}")
    print(f"  {'by the official SDK of the API alone':{WIDTH}} {official:6}")
    sizes = shipping.shipped()
    print("Shipped with it, MB without byte code")
    for name, size in sorted(sizes.items(), key=lambda part: -part[1]):
        print(f"  {name:{WIDTH}} {size / 1e6:6.2f}")
    print(f"  {'in all':{WIDTH}} {sum(sizes.values()) / 1e6:6.2f}   held to {MOST_MB}")


if __name__ == "__main__":
    main()
