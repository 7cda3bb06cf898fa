"""The provider as a template and a zip, for those who deploy with neither Python nor Node.js."""
