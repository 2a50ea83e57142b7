"""Whether a file is SARIF 2.1.0, by the standard's own schema."""
import sys

from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Report

with open(sys.argv[1], encoding="utf-8") as file:
    report = Report.model_validate_json(file.read())
print(f"ok: {len(report.runs[0].results)} results")
