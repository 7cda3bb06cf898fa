"""A local cloud: CloudFormation, Lambda and what they need from MiniStack, Pinpoint from moto."""
