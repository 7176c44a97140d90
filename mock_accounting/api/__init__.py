"""The imitated routes: `/connect/token`, `/connections`, `/api.xro/2.0/*`."""
