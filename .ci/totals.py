"""Adds up the CTRF reports of a folder: totals.py FOLDER PROJECT=MINIMUM...

Prints a line a project and last "N passed, N failed"; exits 1 where a project ran fewer tests than its minimum, or skipped one."""
import json
import pathlib
import sys

folder, minimum = pathlib.Path(sys.argv[1]), dict(a.split("=") for a in sys.argv[2:])
passed = failed = 0
ran = dict.fromkeys(minimum, 0)
bad = []
for report in sorted(folder.rglob("*.ctrf")):
    results = json.loads(report.read_text())["results"]
    summary = results["summary"]
    project = pathlib.PurePath(results["extra"]["suites"][0]["filePath"]).stem
    skipped = summary["skipped"] + summary["pending"]
    project_failed = summary["failed"] + summary["other"]
    ran[project] = ran.get(project, 0) + summary["passed"] + project_failed
    passed += summary["passed"]
    failed += project_failed
    print(f"{project}: {summary['passed']} passed, {project_failed} failed, {skipped} skipped")
    for test in results["tests"]:
        if test["status"] == "failed":
            print(f"  failed: {test['name']}: {test.get('message', '').splitlines()[:1]}")
    if skipped:
        bad.append(f"{project}: {skipped} skipped; here nothing may be")
for project, least in minimum.items():
    if ran[project] < int(least):
        bad.append(f"{project}: {ran[project]} tests ran, at least {least} were expected")
for line in bad:
    print("FAILED  " + line)
print(f"{passed} passed, {failed} failed")
sys.exit(1 if bad else 0)
