"""What demo mode plays with beside the integrations' own stand-ins."""
