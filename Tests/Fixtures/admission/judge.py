"""Judges patches by others' programs: carries them out by `jsonpatch`, and has `kubernetes-validate` look at what comes of it.

Reads lines of {"object", "patch"} with the patch as sent, in base 64; writes the outcomes, one a line. Ends with 1 at the
first that does not apply or is no pod.
"""

import base64
import json
import sys

import jsonpatch
import kubernetes_validate

for line in sys.stdin:
    case = json.loads(line)
    patch = jsonpatch.JsonPatch(json.loads(base64.b64decode(case["patch"], validate=True)))
    outcome = patch.apply(case["object"])
    kubernetes_validate.validate(outcome, "1.36", strict=True)
    print(json.dumps(outcome))
