import Foundation
import TestSupport
import Testing

/// That the real servers other tests lean on do what those tests take for granted.
@Suite struct ServersTests {
    @Test(.requires(.seaweedFS, .curl)) func seaweedStoresAndChecksSignatures() async throws {
        let store = try await SeaweedFS.shared()
        let bucket = try await store.makeBucket()
        try await store.put(seededBytes(100_000), "a folder/ü+%.bin", in: bucket)
        try await store.put([], "empty", in: bucket)
        #expect(try await store.get("a folder/ü+%.bin", from: bucket) == seededBytes(100_000))
        #expect(try await store.list(bucket) == ["a folder/ü+%.bin", "empty"])
        for (secret, status) in [(SeaweedFS.Identity.full.secretKey, "200"), ("wrong", "403")] {
            let answer = try await output(
                "curl",
                [
                    "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--aws-sigv4",
                    "aws:amz:\(SeaweedFS.region):s3", "--user", "\(SeaweedFS.Identity.full.accessKey):\(secret)",
                    "\(store.endpoint)/\(bucket)/empty",
                ])
            #expect(answer == status)
        }
    }

    @Test(.requires(.nginx, .openssl, .curl)) func nginxServesRangesOverTLSAndHTTP2() async throws {
        var options = Nginx.Options(certificates: try await Certificates())
        options.http2 = true
        options.demandsClientCertificate = true
        options.user = ("u", "p")
        let nginx = try await Nginx.start(options)
        try Data("0123456789".utf8).write(to: URL(filePath: "\(nginx.root)/digits"))
        let certificates = try #require(options.certificates)
        let answer = try await output(
            "curl",
            [
                "--silent", "--fail", "--noproxy", "*", "--http2", "--range", "2-4", "--user", "u:p", "--cacert",
                certificates.authority, "--cert", certificates.clientCertificate, "--key", certificates.clientKey,
                "--write-out", " %{http_version}", nginx.url("digits"),
            ])
        #expect(answer == "234 2")
        try await eventually("the log line") { nginx.requests == [#"GET /digits 206 3 "bytes=2-4" HTTP/2.0"#] }
    }

    @Test(.requires(.nginx, .curl)) func nginxCanIgnoreRanges() async throws {
        var options = Nginx.Options()
        options.ranges = false
        let nginx = try await Nginx.start(options)
        try Data("0123456789".utf8).write(to: URL(filePath: "\(nginx.root)/digits"))
        let answer = try await output(
            "curl",
            ["--silent", "--noproxy", "*", "--range", "2-4", "--write-out", " %{http_code}", nginx.url("digits")])
        #expect(answer == "0123456789 200")
    }

    @Test(.requires(.moto, .curl)) func motoAnswers() async throws {
        let moto = try await Moto.start()
        let answer = try await output(
            "curl", ["--silent", "--noproxy", "*", "--write-out", " %{http_code}", "\(moto.endpoint)/"])
        #expect(answer.contains("ListAllMyBucketsResult"))
        #expect(answer.hasSuffix(" 200"))
    }

    @Test(.requires(.nginx)) func aServerThatIsLetGoIsGone() async throws {
        var nginx: Nginx? = try await Nginx.start()
        let pid = try #require(nginx?.server.pid)
        let folder = try #require(nginx?.server.folder.path)
        #expect(kill(pid, 0) == 0)
        nginx = nil
        #expect(kill(pid, 0) == -1)
        #expect(!FileManager.default.fileExists(atPath: folder))
    }

    @Test func aProcessThatOverstaysIsKilledWithItsChildren() async throws {
        let child = try ChildProcess("sh", ["-c", "sleep 1000 & echo $!; wait"])
        let grandchild = try await eventually("the child's line") { Int32(child.output.dropLast()) }
        await #expect(throws: ProcessError.self) { try await child.wait(atMost: .milliseconds(10)) }
        #expect(try await child.wait() == .signaled(SIGKILL))
        try await eventually("the end of what it started") {
            let state = try? String(contentsOfFile: "/proc/\(grandchild)/stat", encoding: .utf8)
            return state == nil || state?.contains(") Z ") == true
        }
    }
}
