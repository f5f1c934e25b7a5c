"""How a model runs on a machine, as pure functions of plain values: no torch, so the window may ask as well."""
