"""The mock's own switches, under `/__mock__`; the imitated API knows none of them."""
