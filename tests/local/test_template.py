"""How the real template is changed for the embedded AWS, and how little."""

import json
from pathlib import Path

import pytest

from local.home import ROOT
from local.template import buckets, code_folders, load, parameters, rewritten, with_defaults
from shared.errors import Misconfigured

TEMPLATE = """
Parameters:
  Name: {Type: String}
  Size: {Type: Number, Default: 1}
Globals:
  Function: {DeploymentPreference: {Type: AllAtOnce}, Timeout: 3}
Resources:
  Layer: {Type: "AWS::Serverless::LayerVersion", Properties: {ContentUri: shared/}}
  Secret: {Type: "AWS::SecretsManager::Secret"}
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/hello/
      DeploymentPreference: {Type: AllAtOnce}
      Layers: [!Ref Layer]
      Description: !Sub "${Name} reads ${Secret} in ${AWS::Region}"
      Environment: {Variables: {SECRET: !Ref Secret, ROLE: !GetAtt Role.Arn}}
      Policies: [{Version: 2012-10-17}]
  Bucket: {Type: "AWS::S3::Bucket", Condition: Large}
Conditions: {Large: !Not [!Equals [!Ref Size, 1]]}
"""
CODE = {"Layer": "s3://code/layer", "Hello": "s3://code/hello"}


@pytest.fixture
def template(tmp_path: Path):
    file = tmp_path / "template.yaml"
    file.write_text(TEMPLATE)
    return load(file)


def test_short_tags_come_out_in_their_long_form(template):
    hello = template["Resources"]["Hello"]["Properties"]

    assert hello["Layers"] == [{"Ref": "Layer"}]
    assert hello["Environment"]["Variables"]["ROLE"] == {"Fn::GetAtt": ["Role", "Arn"]}
    assert template["Conditions"]["Large"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "Size"}, 1]}]}


def test_a_date_stays_the_text_that_a_policy_needs(template):
    assert template["Resources"]["Hello"]["Properties"]["Policies"] == [{"Version": "2012-10-17"}]


def test_code_comes_from_the_zips(template):
    changed = rewritten(template, CODE)["Resources"]

    assert changed["Layer"]["Properties"]["ContentUri"] == "s3://code/layer"
    assert changed["Hello"]["Properties"]["CodeUri"] == "s3://code/hello"


def test_codedeploy_is_left_out(template):
    changed = rewritten(template, CODE)

    assert "DeploymentPreference" not in json.dumps(changed)
    assert changed["Globals"]["Function"] == {"Timeout": 3}


def test_a_reference_to_a_secret_is_its_arn(template):
    hello = rewritten(template, CODE)["Resources"]["Hello"]["Properties"]

    assert hello["Environment"]["Variables"]["SECRET"] == {"Fn::GetAtt": ["Secret", "Id"]}
    assert hello["Description"] == {"Fn::Sub": "${Name} reads ${Secret.Id} in ${AWS::Region}"}
    assert hello["Layers"] == [{"Ref": "Layer"}]


def test_the_template_itself_is_not_touched(template):
    before = json.dumps(template)

    rewritten(template, CODE)

    assert json.dumps(template) == before


def test_only_declared_parameters_are_passed(template):
    assert parameters(template, {"Name": "n", "Other": "o"}) == {"Name": "n"}


def test_a_parameter_that_nobody_gives_is_named(template):
    with pytest.raises(Misconfigured, match="Name"):
        parameters(template, {"Size": "2"})


def test_buckets_and_code_are_found(template):
    assert buckets(template) == ["Bucket"]
    assert code_folders(template) == {"Layer": "shared", "Hello": "functions/hello"}


@pytest.mark.parametrize("text", ["Resources: [", "7", "Outputs: {}"])
def test_what_is_no_template_is_refused_in_words(tmp_path, text):
    (tmp_path / "template.yaml").write_text(text)

    with pytest.raises(Misconfigured, match=r"template\.yaml"):
        load(tmp_path / "template.yaml")


def test_a_missing_template_is_refused_in_words(tmp_path):
    with pytest.raises(Misconfigured, match=r"no template\.yaml"):
        load(tmp_path / "template.yaml")


def test_every_code_folder_of_the_real_template_exists():
    folders = code_folders(load(ROOT / "template.yaml")).values()

    assert folders
    assert all((ROOT / folder).is_dir() for folder in folders)


def test_a_number_that_is_passed_is_a_number_where_one_is_meant_and_a_text_in_an_environment():
    source = {
        "Parameters": {"Most": {"Type": "Number", "Default": 2}, "Name": {"Type": "String", "Default": "a"}},
        "Resources": {
            "R": {"Scaling": {"Ref": "Most"}, "Variables": {"MOST": {"Ref": "Most"}}, "N": {"Ref": "Name"}}
        },
    }

    filled = with_defaults(source, {"Most": "7", "Name": "b"})

    assert filled["Resources"]["R"] == {"Scaling": 7, "Variables": {"MOST": {"Ref": "Most"}}, "N": {"Ref": "Name"}}
    assert filled["Parameters"]["Name"]["Default"] == "b"
