import Foundation
import TestSupport
import Testing

/// A whole step with the built programs, a real S3 server and a real web server.
@Suite(.requires(.seaweedFS, .nginx, .curl)) struct StepTests {
    @Test func inputsComeTheProgramRunsAndOutputsAreStored() async throws {
        let step = try await Step()
        let nginx = try await Nginx.start()
        try await step.store.put(Array("b\na\n".utf8), "in/part 1.txt", in: step.bucket)
        try await step.store.put(Array("c\n".utf8), "in/deep/part+2.txt", in: step.bucket)
        try step.folder.write("from the archive\n", to: "tree/folder/file")
        try await output("tar", ["-czf", "\(nginx.root)/tree.tar.gz", "-C", step.folder["tree"], "folder"])
        let finished = try await step.sh(
            """
            inputs:
            - {from: '\(step.s3("in/"))', to: parts/}
            - {from: '\(nginx.url("tree.tar.gz"))', to: tree, unpack: auto}
            outputs:
            - {from: '**', to: '\(step.s3("out/"))'}
            """,
            """
            echo SORTING > state
            mkdir output/sub
            find input/parts -type f -exec cat {} + | sort > output/sorted
            cp input/tree/folder/file "$KPIPE_WORKDIR/output/sub/a file"
            """)
        #expect(finished.status == .exited(0), "\(finished.error)")
        #expect(try await step.store.get("out/sorted", from: step.bucket) == Array("a\nb\nc\n".utf8))
        #expect(try await step.store.get("out/sub/a file", from: step.bucket) == Array("from the archive\n".utf8))

        let files = try await step.manifest("out/").files
        let sorted = try #require(files.first { $0.path == "sorted" })
        #expect(sorted.size == 6)
        #expect(sorted.url == step.s3("out/sorted"))
        let digest = try await output("sha256sum", input: Array("a\nb\nc\n".utf8)).prefix(64)
        #expect(sorted.sha256 == String(digest))
        #expect(files.contains { $0.path == "sub/a file" })
        // All that the manifest names is there, and nothing else but the manifest.
        let stored = try await step.store.list(step.bucket).filter { $0.hasPrefix("out/") }
        #expect(Set(stored) == Set(files.map { "out/\($0.path)" } + ["out/kpipe-manifest.json"]))

        let events = try step.events
        #expect(events.map(\.data.sequence) == Array(1...events.count))
        #expect(events.first?.data.state == "INITIALIZING")
        #expect(events.map(\.data.state).contains("SORTING"))
        #expect(events.last?.data.state == "DONE")
        #expect(events.last?.data.terminal == true)
        #expect(events.allSatisfy { $0.type == "cloud.k-pipe.sidecar.state.v1" && $0.specversion == "1.0" })
        #expect(events.allSatisfy { $0.source == "/namespaces/demo/pods/words-7" && $0.id.hasPrefix("uid-7/") })
    }

    @Test func `outputs become one archive, whose manifest is true of it`() async throws {
        let step = try await Step()
        let finished = try await step.sh(
            "outputs: [{from: '**', to: '\(step.s3("out.tar.gz"))', pack: tar.gz, exclude: [log, error]}]",
            "mkdir output/sub; echo one > output/one; echo two > output/sub/two; chmod 750 output/one")
        #expect(finished.status == .exited(0), "\(finished.error)")
        let archive = try await step.store.get("out.tar.gz", from: step.bucket)
        try step.folder.write(archive, to: "out.tar.gz")
        let listed = try await output("tar", ["-tzvf", step.folder["out.tar.gz"]])
        #expect(
            listed.split(separator: "\n").map { $0.split(separator: " ").last ?? "" } == ["one", "sub/", "sub/two"])
        #expect(listed.hasPrefix("-rwxr-x---"))
        let manifest = step.s3("out.tar.gz.kpipe-manifest.json")
        func verify() async throws -> Finished {
            try await TestSupport.run(
                Product.sidecar.path, ["verify", manifest],
                environment: step.store.environment().mapValues(Optional.some))
        }
        #expect(try await verify().status == .exited(0))
        var other = archive
        other[other.count / 2] ^= 1
        try await step.store.put(other, "out.tar.gz", in: step.bucket)
        let damaged = try await verify()
        #expect(damaged.status == .exited(65) && damaged.output.hasPrefix("failed out.tar.gz: "), "\(damaged.output)")
    }

    @Test(arguments: [("exit 3", 3), ("kill -TERM $$", 128 + 15), ("exec no-such-program", 127)])
    func theProgramsOwnEndIsTheStepsEnd(_ script: String, _ code: Int32) async throws {
        let step = try await Step()
        let finished = try await step.sh(
            "outputs: [{from: '**', to: '\(step.s3("out/"))', when: failure}]", "echo kept > output/kept; \(script)")
        #expect(finished.status == .exited(code), "\(finished.error)")
        #expect(try await step.store.get("out/kept", from: step.bucket) == Array("kept\n".utf8))
        let last = try #require(try step.events.last)
        #expect(["ERROR", "KILLED"].contains(last.data.state))
        #expect(last.data.terminal)
    }

    struct Fault: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let code: Int32
        /// `BUCKET` stands for the test's own.
        let configuration: String
        /// Must be in the one line that says what failed.
        let named: String
        var identity = SeaweedFS.Identity.full
    }

    static let faults = [
        Fault(
            testDescription: "missing object", code: 66, configuration: "inputs: [{from: 's3://BUCKET/absent'}]",
            named: "absent"),
        Fault(
            testDescription: "wrong sha256", code: 65,
            configuration: "inputs: [{from: 's3://BUCKET/there', sha256: \(String(repeating: "0", count: 64))}]",
            named: "there"),
        Fault(
            testDescription: "wrong secret", code: 77, configuration: "inputs: [{from: 's3://BUCKET/there'}]",
            named: "there", identity: .wrong),
        Fault(
            testDescription: "broken archive", code: 65,
            configuration: "inputs: [{from: 's3://BUCKET/broken', to: x, unpack: auto}]", named: "broken"),
        Fault(
            testDescription: "unknown field", code: 78, configuration: "inputs: [{frm: 's3://BUCKET/there'}]",
            named: "inputs[0].frm"),
        Fault(
            testDescription: "unknown scheme", code: 78, configuration: "inputs: [{from: 'ftp://host/file'}]",
            named: "inputs[0].from"),
    ]

    @Test(arguments: faults) func aFaultyInputEndsTheStepBeforeTheProgramStarts(_ fault: Fault) async throws {
        let step = try await Step()
        try await step.store.put(Array("content\n".utf8), "there", in: step.bucket)
        try await step.store.put([0x1f, 0x8b, 8, 0] + seededBytes(1000), "broken", in: step.bucket)
        let finished = try await step.sh(
            fault.configuration.replacing("BUCKET", with: step.bucket), "touch output/ran", identity: fault.identity)
        #expect(finished.status == .exited(fault.code), "\(finished.error)")
        #expect(finished.error.contains(fault.named), "\(finished.error)")
        #expect(!step.folder.exists("workdir/output/ran"))
        for secret in [SeaweedFS.Identity.full.secretKey, SeaweedFS.Identity.wrong.secretKey, "X-Amz-Signature"] {
            #expect(!(finished.error + finished.output).contains(secret))
        }
    }

    @Test func aLostOutputFailsAStepWhoseProgramSucceeded() async throws {
        let step = try await Step()
        let finished = try await step.sh(
            "outputs: [{from: '**', to: '\(step.s3("out/"))'}]", "echo lost > output/lost", identity: .reader)
        #expect(finished.status == .exited(74), "\(finished.error)")
        #expect(finished.error.contains("out/lost"), "\(finished.error)")
        #expect(try step.events.last?.data.state == "ERROR")
        #expect(try await step.store.list(step.bucket) == [])
    }
}

extension SeaweedFS.Identity {
    fileprivate static let wrong = SeaweedFS.Identity(accessKey: full.accessKey, secretKey: "not-the-secret")
}
