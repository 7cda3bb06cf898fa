"""Prints what AWS's validator finds above INFO: ``validate_templates.py us-east-1,eu-west-1 a.json b.yaml``.

It runs in the validator's environment.
"""

import sys

from cloudformation_validate import (  # type: ignore[import-not-found]  # the environment of the tests has it not
    CompositeEngine,
    PseudoParameterOverrides,
    ReportStatus,
    Severity,
    ValidateConfig,
)

# A dependency that a reference implies. The CDK's functions depend on their role and refer to it, and the
# dependency also stands for what is attached to the role later.
ACCEPTED = {"W3005"}

engine = CompositeEngine()
_, regions, *templates = sys.argv
problems = []
for template in templates:
    for region in regions.split(","):
        overrides = PseudoParameterOverrides(region=region)
        config = ValidateConfig(severity_level=Severity.WARN, pseudo_parameter_overrides=overrides)
        report = engine.validate_template(template, config)
        for found in (one for one in report.diagnostics if one.rule_id not in ACCEPTED):
            entity = found.entity.logical_id if found.entity else "the template"
            problems.append(
                f"{template}, {region}: {found.severity.name} {found.rule_id} in {entity}: {found.message}"
            )
        if report.status == ReportStatus.ANALYSIS_INCOMPLETE:
            problems.append(f"{template}, {region}: the validator did not look at all of it")
sys.stdout.writelines(f"{problem}\n" for problem in problems)
