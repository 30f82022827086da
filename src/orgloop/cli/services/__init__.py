"""The files by which a service manager runs OrgLoop, and the commands that speak to it."""
