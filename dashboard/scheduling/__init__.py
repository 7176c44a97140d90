"""Schedules: when they are due, and APScheduler, which calls when they are."""
