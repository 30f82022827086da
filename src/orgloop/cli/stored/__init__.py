"""The books of a home that no runtime has, asked as the runtime would be."""
