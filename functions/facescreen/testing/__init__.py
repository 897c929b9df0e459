"""The ports in memory, for your tests: they need no cloud, no network and no server.

store, publisher = MemoryStore(), MemoryPublisher()
store.put("selfies", "a.jpg", photograph)
... screen it with a Screener that uses these two ...
assert store.get_tags(ref)["deepfake-verdict"] == "low_risk"
assert publisher.messages[0]["data"]["verdict"] == "low_risk"
"""
