import KubeModel
import Testing

@testable import Terminator

@Suite struct DiagnosisSubjectTests {
    @Test(
        arguments: [
            ([], .namespace("data")),
            (["all"], .all),
            (["pod/step-x7"], .pod(ObjectKey(namespace: "data", name: "step-x7"))),
            (["po", "step-x7"], .pod(ObjectKey(namespace: "data", name: "step-x7"))),
            (["jobs/nightly"], .job(ObjectKey(namespace: "data", name: "nightly"))),
            (["job", "nightly"], .job(ObjectKey(namespace: "data", name: "nightly"))),
            (["ns/team"], .namespace("team")),
            (["namespace", "team"], .namespace("team")),
        ] as [([String], Diagnosis.Subject)])
    func `words say which pods`(_ words: [String], _ subject: Diagnosis.Subject) {
        #expect(Diagnosis.Subject(words: words, in: "data") == subject)
    }

    @Test(arguments: [
        ["nightly"], ["pod/"], ["pod/a/b"], ["cronjob/x"], ["pod", "a", "b"], ["pod/a", "b"], ["/x"], [""],
    ])
    func `others say nothing`(_ words: [String]) {
        #expect(Diagnosis.Subject(words: words, in: "data") == nil)
    }
}
