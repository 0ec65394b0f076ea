"""A modem in use for long, with everything going wrong now and then."""
