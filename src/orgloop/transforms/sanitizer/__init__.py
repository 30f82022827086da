"""Take out of events what nobody further on should see."""

from orgloop.transforms.sanitizer.sanitizer import SanitizerConfig, registration

__all__ = ["SanitizerConfig", "registration"]
