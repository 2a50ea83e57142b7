import Testing

@testable import KubeClient

@Suite struct ExecCredentialReplyTests {
    private func reply(_ status: String, version: String = "v1", kind: String = "ExecCredential") throws
        -> ExecCredentialReply
    {
        let text = #"{"kind":"\#(kind)","apiVersion":"client.authentication.k8s.io/\#(version)","status":\#(status)}"#
        return try ExecCredentialReply(parsing: Array(text.utf8), version: .v1)
    }

    @Test func readsTokenAndExpiry() throws {
        let reply = try reply(#"{"token":"t","expirationTimestamp":"2026-11-21T03:45:00+01:00"}"#)
        #expect(reply.credential.authorization == .bearer("t"))
        #expect(reply.expiry == 1_795_229_100)
    }

    @Test(arguments: [
        (#"{}"#, "it printed neither a token nor a client certificate"),
        (#"{"token":"secret\nline"}"#, "the token it printed holds white space or control characters"),
        (#"{"clientKeyData":"secret"}"#, "it printed only one of clientCertificateData and clientKeyData"),
        (
            #"{"clientCertificateData":"x","clientKeyData":"secret"}"#,
            "there is no client certificate in it (PEM)"
        ),
        (
            #"{"token":"secret","expirationTimestamp":"soon"}"#,
            "the expirationTimestamp it printed is not a time (RFC 3339)"
        ),
        ("null", "the ExecCredential it printed has no status"),
    ])
    func refusesWithoutQuoting(status: String, reason: String) {
        let error = #expect(throws: ExecCredentialReply.Failure.self) { try reply(status) }
        #expect(error?.reason == reason)
    }

    @Test func refusesOtherDocuments() {
        #expect(throws: ExecCredentialReply.Failure(reason: "what it printed is not an ExecCredential")) {
            try reply(#"{"token":"t"}"#, kind: "Secret")
        }
        #expect(throws: ExecCredentialReply.Failure.self) { try reply(#"{"token":"t"}"#, version: "v1beta1") }
        #expect(throws: ExecCredentialReply.Failure(reason: "what it printed is not a JSON object")) {
            try ExecCredentialReply(parsing: Array("secret".utf8), version: .v1)
        }
    }
}
