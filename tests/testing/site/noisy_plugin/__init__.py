"""A plugin that greets whoever imports it."""

print("welcome to the noisy plugin")
