"""The provider on a local cloud, deployed over boto3 from the template that the library synthesizes.

And a newer version of its package.
"""

import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from local_cloud.cloud import LocalCloud
from pinpoint_voice_channel import VoiceChannelProvider
from provider_package.build import Package

_BUCKET = "assets"


def _declare(stack: cdk.Stack) -> VoiceChannelProvider:
    return VoiceChannelProvider(stack, "Provider")


def provider_template(
    outdir: Path, declare: Callable[[cdk.Stack], VoiceChannelProvider] = _declare
) -> tuple[dict[str, Any], Path]:
    """Synthesize a provider, and return its template and its asset's directory."""
    app = cdk.App(outdir=str(outdir))
    synthesizer = cdk.DefaultStackSynthesizer(
        file_assets_bucket_name=_BUCKET, generate_bootstrap_version_rule=False
    )
    stack = cdk.Stack(app, "Provider", synthesizer=synthesizer)
    cdk.CfnOutput(stack, "ServiceToken", value=declare(stack).service_token)
    app.synth()
    [asset] = outdir.glob("asset.*")
    return json.loads((outdir / "Provider.template.json").read_text()), asset


def upload(cloud: LocalCloud, asset: Path) -> None:
    """Put an asset where the template expects it."""
    archive = Path(shutil.make_archive(str(asset), "zip", asset))
    s3: Any = cloud.client("s3")
    s3.create_bucket(Bucket=_BUCKET)
    s3.put_object(Bucket=_BUCKET, Key=f"{asset.name.removeprefix('asset.')}.zip", Body=archive.read_bytes())


def deploy_provider(cloud: LocalCloud, outdir: Path) -> str:
    """Deploy a provider as the stack `Provider`, and return its service token."""
    template, asset = provider_template(outdir)
    upload(cloud, asset)
    cloudformation = cloud.client("cloudformation")
    cloudformation.create_stack(
        StackName="Provider", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"]
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName="Provider", WaiterConfig={"Delay": 1})
    [output] = cloudformation.describe_stacks(StackName="Provider")["Stacks"][0]["Outputs"]
    return output["OutputValue"]


def newer_package(package: Package, directory: Path) -> Package:
    """Write the package of a version that differs in the function's code, and return it."""
    archive_name = "pinpoint-voice-channel-provider-newer.zip"
    newer = replace(package, template=directory / "provider.json", archive=directory / archive_name)
    newer.template.write_text(package.template.read_text().replace(package.archive.name, archive_name))
    newer.archive.write_bytes(package.archive.read_bytes())
    with zipfile.ZipFile(newer.archive, "a") as file:
        file.writestr("version.txt", "newer")
    return newer
