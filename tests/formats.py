"""Checks what the command writes for machines: SARIF against its official schema, JUnit and GitLab's report by
what their readers need. Arguments: the command, the schema, folders with rule sets."""

import json
import subprocess
import sys
import xml.etree.ElementTree as xml

import jsonschema

command, schema, *folders = sys.argv[1:]


def written(verb, form):
    """Output of a command that may find something, but must not fail otherwise."""
    ran = subprocess.run([command, verb, *folders, "--format", form], capture_output=True, text=True)
    assert ran.returncode in (0, 1), ran.stderr
    return ran.stdout


with open(schema, encoding="utf-8") as file:
    schema = json.load(file)
validator = jsonschema.validators.validator_for(schema)(schema, format_checker=jsonschema.FormatChecker())
for verb in ("validate", "test"):
    sarif = json.loads(written(verb, "sarif"))
    wrong = [f"{list(e.absolute_path)}: {e.message}" for e in validator.iter_errors(sarif)]
    assert not wrong, "\n".join(wrong)
    run = sarif["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"], result
    prints = [result["partialFingerprints"]["rewards/v1"] for result in run["results"]]
    assert len(set(prints)) == len(prints), prints

    suites = xml.fromstring(written(verb, "junit"))
    for suite in suites:
        cases = suite.findall("testcase")
        counts = {name: sum(case.find(tag) is not None for case in cases)
                  for name, tag in (("failures", "failure"), ("skipped", "skipped"))}
        assert int(suite.get("tests")) == len(cases), suite.attrib
        assert all(int(suite.get(name)) == count for name, count in counts.items()), suite.attrib
    assert int(suites.get("tests")) == sum(int(suite.get("tests")) for suite in suites)

    entries = json.loads(written(verb, "gitlab"))
    for entry in entries:
        assert entry["description"] and entry["check_name"] and entry["location"]["lines"]["begin"] >= 1, entry
        assert entry["severity"] in ("info", "minor", "major", "critical", "blocker"), entry
    assert len({entry["fingerprint"] for entry in entries}) == len(entries)
    print(f"{verb}: {len(prints)} SARIF results, {suites.get('tests')} JUnit cases, {len(entries)} GitLab entries")
