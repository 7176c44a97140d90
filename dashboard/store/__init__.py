"""The database: the only floor that knows SQLAlchemy; values in, values out."""
