"""Messages to people outside: e-mail and webhooks, sent once and never repeated."""
