import Testing
import YAMLTree

@testable import Admission

@Suite struct ReviewTests {
    @Test(
        arguments: [
            ("", "this is not JSON"),
            ("apiVersion: admission.k8s.io/v1", "this is not JSON"),
            (#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"#, "this is not JSON"),
            ("[]", "expected an object of kind AdmissionReview"),
            (#"{"apiVersion":"admission.k8s.io/v1","kind":"Pod"}"#, "expected an object of kind AdmissionReview"),
            (
                #"{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview","request":{"uid":"u"}}"#,
                "expected apiVersion admission.k8s.io/v1"
            ),
            (#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}"#, "the review has no request"),
            (
                #"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{}}"#,
                "the request has no uid"
            ),
            (
                #"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":""}}"#,
                "the request has no uid"
            ),
            (String(repeating: "[", count: 200), "nested"),
        ])
    func nonsenseIsNamed(body: String, problem: String) {
        let error = #expect(throws: AdmissionRequest.Malformed.self) {
            try AdmissionRequest(review: Array(body.utf8))
        }
        #expect(error?.description.contains(problem) == true, "\(error?.description ?? "")")
    }

    @Test func theNamespaceComesFromTheRequest() throws {
        let review = #"""
            {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","namespace":"team",
            "kind":{"group":"","version":"v1","kind":"Pod"},"operation":"CREATE","dryRun":true,
            "object":{"metadata":{}}}}
            """#
        let request = try AdmissionRequest(review: Array(review.utf8))
        #expect(request.namespace == "team")
        #expect(request.isDryRun)
        #expect(request.kind == .pod)
    }
}
