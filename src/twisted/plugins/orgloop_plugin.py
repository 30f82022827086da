"""Offer ``twistd orgloop``."""

from twisted.application.service import ServiceMaker

orgloop = ServiceMaker("OrgLoop", "orgloop.daemon.tap", "Run an OrgLoop project.", "orgloop")
