"""Templates with CloudFormation's own voice channels, in the layouts in which people write templates.

Each makes its applications itself, and can be deployed on the local cloud. The layouts are those of templates
that are public, with other names and values.
"""

import json

_COMMENTED = """\
# Calls of the hotline
AWSTemplateFormatVersion: '2010-09-09'
Description: >
  Everything that the hotline
  needs: größer, 電話

Parameters:
  Stage:
    Type: String
    Default: prod   # prod or test

Resources:
  # The application
  App:
    Type: AWS::Pinpoint::App
    Properties:
      Name: !Sub "calls-${Stage}"

  # Its voice channel.
  #
  # Do not disable it on weekdays.
  VoiceChannel:  # the native type
    Type: AWS::Pinpoint::VoiceChannel   # sunset
    Properties:
      # where calls come from
      ApplicationId: !Ref App   # a new one: another channel
      Enabled: true  # see above
      # no more properties

  # Where others find it
  Number:
    Type: AWS::SSM::Parameter
    DependsOn: VoiceChannel
    Properties:
      Type: String
      Value: !Sub "${VoiceChannel}, ${!VoiceChannel}, ${VoiceChannel.Id}, ${Stage}"

Outputs:
  Application:
    Value: !Ref VoiceChannel # its id
    Export: {Name: !Sub "${AWS::StackName}-Application"}
  Id:
    Value: !GetAtt VoiceChannel.Id
"""

_LONG_FORMS = """\
Parameters:
    Stage: {Type: String, Default: prod}
Mappings:
    Stages:
        prod: {Voice: 'true'}
        test: {Voice: 'false'}
Conditions:
    IsProd:
        Fn::Equals:
            - Ref: Stage
            - prod
Resources:
    VoiceChannel:
        Type: 'AWS::Pinpoint::VoiceChannel'
        Condition: IsProd
        DependsOn:
            - Greeting
        Properties:
            ApplicationId:
                Ref: App
            Enabled:
                Fn::If:
                    - IsProd
                    - Fn::FindInMap: [Stages, Ref: Stage, Voice]
                    - 'false'
    App:
        Type: AWS::Pinpoint::App
        Properties:
            Name: calls
    Greeting:
        Type: AWS::SSM::Parameter
        Properties: {Type: String, Value: Hello}
    Number:
        Type: AWS::SSM::Parameter
        Condition: IsProd
        DependsOn:
            - Greeting
            - VoiceChannel
        Properties:
            Type: String
            Value:
                Fn::Join:
                    - '/'
                    - - Ref: VoiceChannel
                      - Fn::GetAtt: [VoiceChannel, Id]
                      - Fn::GetAtt: VoiceChannel.Id
                      - Fn::Sub:
                            - ${VoiceChannel}-${Name}
                            - Name: {Ref: VoiceChannel}
Outputs:
    Application:
        Condition: IsProd
        Value:
            Fn::If: [IsProd, {Ref: VoiceChannel}, none]
"""

_FLOW = """\
Resources:
  App: {Type: AWS::Pinpoint::App, Properties: {Name: calls}}
  VoiceChannel: {Type: AWS::Pinpoint::VoiceChannel, Properties: {ApplicationId: !Ref App, Enabled: true}}
  Number: {Type: AWS::SSM::Parameter, DependsOn: [App, VoiceChannel], Properties: {
    Type: String, Value: !Ref VoiceChannel}}
Outputs: {Application: {Value: !GetAtt [VoiceChannel, Id]}}
"""

_FLOW_OF_LINES = """\
Resources: {
  "App": {"Type": "AWS::Pinpoint::App", "Properties": {"Name": "calls"}},
  # the channel
  "VoiceChannel": {
    "Type": "AWS::Pinpoint::VoiceChannel",
    "Properties": {
      "ApplicationId": !Ref "App", # its application
      "Enabled": true
    }
  }
}
"""

_LAST_WITHOUT_NEWLINE = """\
Outputs:
  Application:
    Value: !Ref VoiceChannel
Resources:
  App:
    Type: AWS::Pinpoint::App
    Properties:
      Name: calls

  VoiceChannel:
    Properties:
      Enabled: false
      ApplicationId:
        !Ref App
    Type: "AWS::Pinpoint::VoiceChannel\""""

_SEVERAL = """\
Conditions:
  Never: !Equals [yes, no]
Resources:
  Sales:
    Type: AWS::Pinpoint::App
    Properties:
      Name: sales
  SalesVoice:
    Type: AWS::Pinpoint::VoiceChannel
    DeletionPolicy: Delete
    Properties:
      ApplicationId: !Ref Sales
      Enabled: yes
  Support:
    Type: AWS::Pinpoint::App
    Properties:
      Name: support
  SupportVoice:
    Metadata: {cfn-lint: {config: {ignore_checks: [W3696]}}}
    Type: AWS::Pinpoint::VoiceChannel
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    DependsOn: SalesVoice
    Properties:
      ApplicationId: !Ref Support
      Enabled: false
  NightVoice:
    Type: AWS::Pinpoint::VoiceChannel
    Condition: Never
    Properties:
      ApplicationId: !Ref Sales
      Enabled: false
Outputs:
  Sales:
    Value: !Ref SalesVoice
  Support:
    Value: !Join [-, [!Ref SupportVoice, !GetAtt SupportVoice.Id]]
"""

_TAKEN_ID = """\
Resources:
  VoiceChannelCustom:
    Type: AWS::SSM::Parameter
    Properties:
      Type: String
      Value: !Ref VoiceChannel
  VoiceChannel:
    Type: AWS::Pinpoint::VoiceChannel
    Properties:
      ApplicationId: !Ref App
      Enabled: true
  App:
    Type: AWS::Pinpoint::App
    Properties:
      Name: calls
"""

_SAYS_NOTHING_OF_ENABLED = """\
Resources:
  App:
    Type: AWS::Pinpoint::App
    Properties:
      Name: calls
  VoiceChannel:
    Type: AWS::Pinpoint::VoiceChannel
    Properties:
      ApplicationId: !Ref App
"""

_JSON = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Parameters": {"Voice": {"Type": "String", "Default": "true"}},
    "Resources": {
        "App": {"Type": "AWS::Pinpoint::App", "Properties": {"Name": "größer \U0001f4de"}},
        "VoiceChannel": {
            "Type": "AWS::Pinpoint::VoiceChannel",
            "Properties": {"ApplicationId": {"Ref": "App"}, "Enabled": {"Ref": "Voice"}},
        },
        "Number": {
            "Type": "AWS::SSM::Parameter",
            "DependsOn": ["VoiceChannel"],
            "Properties": {"Type": "String", "Value": {"Fn::Sub": "${VoiceChannel} ${VoiceChannel.Id}"}},
        },
    },
    "Outputs": {
        "Application": {"Value": {"Ref": "VoiceChannel"}},
        "Id": {"Value": {"Fn::GetAtt": ["VoiceChannel", "Id"]}},
    },
}

NATIVE_TEMPLATES = {
    "comments": _COMMENTED,
    "lines of Windows": _COMMENTED.replace("\n", "\r\n"),
    "long forms and four spaces": _LONG_FORMS,
    "flow style": _FLOW,
    "flow style over lines": _FLOW_OF_LINES,
    "last, without a newline": _LAST_WITHOUT_NEWLINE,
    "several channels": _SEVERAL,
    "a logical id that is taken": _TAKEN_ID,
    "nothing of Enabled": _SAYS_NOTHING_OF_ENABLED,
    "JSON": json.dumps(_JSON, indent=2) + "\n",
    "JSON with tabs": json.dumps(_JSON, indent="\t", ensure_ascii=False).replace("\n", "\r\n"),
    "JSON in one line": json.dumps(_JSON),
    "JSON without spaces": json.dumps(_JSON, separators=(",", ":")),
}
"""By what is special about it."""
