"""The demo's control: the shop of a demonstration, its scenes, its clock."""
