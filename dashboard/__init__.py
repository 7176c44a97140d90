"""The product: intake, sync engine, schedules and pages."""
