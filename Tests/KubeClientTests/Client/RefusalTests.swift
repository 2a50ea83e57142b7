import HTTPTransport
import KubeModel
import Testing

@testable import KubeClient

@Suite struct RefusalTests {
    private func status(
        _ code: Int, _ body: String, _ headers: HTTPHeaders = ["Content-Type": "application/json"]
    ) -> APIStatus {
        Refusal(HTTPResponseHead(status: code, headers: headers), Array(body.utf8)).status
    }

    @Test func readsTheServersOwnAccount() {
        let body = """
            {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Pod \\"x\\" is invalid",
             "reason":"Invalid","details":{"name":"x","kind":"Pod","causes":[{"reason":"FieldValueInvalid",
             "message":"Invalid value: -1","field":"spec.activeDeadlineSeconds"}],"retryAfterSeconds":2},"code":422}
            """
        #expect(
            status(422, body)
                == APIStatus(
                    code: 422, reason: "Invalid", message: #"Pod "x" is invalid"#,
                    causes: [
                        .init(
                            reason: "FieldValueInvalid", message: "Invalid value: -1",
                            field: "spec.activeDeadlineSeconds")
                    ], retryAfterSeconds: 2))
    }

    @Test func prefersTheHeadersWaitingTime() {
        let body = #"{"kind":"Status","message":"m","details":{"retryAfterSeconds":2}}"#
        #expect(status(429, body, ["Retry-After": "7"]).retryAfterSeconds == 7)
        #expect(status(429, body, ["Retry-After": "soon"]).retryAfterSeconds == 2)
    }

    /// By the clock of who answers: whatever ours shows, the time between is the same.
    @Test(
        arguments: [
            ("Fri, 20 Nov 2026 12:00:09 GMT", "Fri, 20 Nov 2026 12:00:02 GMT", 7),
            ("Fri, 20 Nov 2026 12:00:00 GMT", "Fri, 20 Nov 2026 12:00:02 GMT", 0),
            ("Fri, 20 Nov 2026 12:00:09 GMT", nil, 2), ("Fri, 20 Nov 2026", "Fri, 20 Nov 2026 12:00:02 GMT", 2),
        ] as [(String, String?, Int)])
    func readsDatesToWaitFor(date: String, now: String?, seconds: Int) {
        let body = #"{"kind":"Status","message":"m","details":{"retryAfterSeconds":2}}"#
        var headers: HTTPHeaders = ["Retry-After": date]
        headers["Date"] = now
        #expect(status(503, body, headers).retryAfterSeconds == seconds)
    }

    @Test func namesWhereItIsSent() {
        let elsewhere: HTTPHeaders = ["Location": "https://u:p@login.example/realms?code=secret"]
        #expect(
            status(302, "<html><title>Found</title>", elsewhere).message
                == "HTTP 302, and leads to https://login.example/realms, which is not followed; is the server's address right?"
        )
    }

    @Test(arguments: [
        (
            502, "<html>\r\n<head><title>502 Bad Gateway</title></head><body>nginx</body></html>", "text/html",
            "Unknown", "HTTP 502: 502 Bad Gateway"
        ),
        (
            503, "upstream connect error\nor disconnect", "text/plain", "ServiceUnavailable",
            "HTTP 503: upstream connect error or disconnect"
        ),
        (404, "", "", "NotFound", "HTTP 404, without an explanation"),
        (403, #"{"error":"x"}"#, "application/json", "Forbidden", #"HTTP 403: {"error":"x"}"#),
        (500, "{", "application/json", "InternalError", "HTTP 500: {"),
        (301, "", "", "Unknown", "HTTP 301, without an explanation"),
        (401, "a\u{1B}[2Jb", "text/plain", "Unauthorized", "HTTP 401: a[2Jb"),
    ])
    func explainsWhatOthersSaid(code: Int, body: String, type: String, reason: String, message: String) {
        #expect(status(code, body, ["Content-Type": type]) == APIStatus(code: code, reason: reason, message: message))
    }
}
