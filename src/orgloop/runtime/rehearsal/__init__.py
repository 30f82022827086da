"""What a project makes of events, found out without a runtime: nobody is woken, nothing is kept."""
