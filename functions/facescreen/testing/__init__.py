"""The ports in memory, for your tests: no cloud, no network, nothing to start.

store, publisher = MemoryStore(), MemoryPublisher()
store.put("selfies", "a.jpg", photograph)
... have it screened, by a Screener on these two ...
assert store.tags(ref)["deepfake-verdict"] == "low_risk"
assert publisher.messages[0]["data"]["verdict"] == "low_risk"
"""
