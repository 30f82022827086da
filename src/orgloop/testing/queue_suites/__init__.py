"""The parts of the conformance suite of `IDeliveryQueue`."""
