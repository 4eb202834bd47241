"""One module per resource: who may call, defaults, rules, state changes, events. Shapes come from the contract."""
