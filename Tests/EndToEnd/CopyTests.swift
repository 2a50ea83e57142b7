import Foundation
import TestSupport
import Testing

/// `cp` and `verify` as people run them, against a real S3 server.
@Suite(.requires(.seaweedFS, .curl)) struct CopyTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("cp") }

    private func copy(_ arguments: [String], _ server: SeaweedFS, input: [UInt8] = []) async throws -> Finished {
        try await run(
            Product.sidecar.path, ["cp"] + arguments, environment: server.environment(), folder: folder.path,
            input: input)
    }

    @Test func `files of many sizes and names go there and come back`() async throws {
        let server = try await SeaweedFS.shared()
        let bucket = try await server.makeBucket()
        let files: [(String, Int)] = [
            ("empty", 0), ("a b+c%20.txt", 3), ("deep/er/😀", 100_000), ("big", 40 << 20),
            (String(repeating: "n", count: 255), 7),
        ]
        for (index, (name, size)) in files.enumerated() {
            try folder.write(seededBytes(size, seed: UInt64(index)), to: "out/\(name)")
        }
        let up = try await copy(["-R", "out", "s3://\(bucket)/p/"], server)
        #expect(up.status == .exited(0), "\(up.error)")
        let down = try await copy(["--json", "s3://\(bucket)/p/", "back"], server)
        #expect(down.status == .exited(0), "\(down.error)")
        for (name, _) in files { #expect(try folder.read("back/\(name)") == folder.read("out/\(name)")) }
        let summary = try #require(down.output.split(separator: "\n").last)
        #expect(summary.contains("\"event\":\"summary\"") && summary.contains("\"objects\":\(files.count)"))
        let rehearsal = try await copy(["--dry-run", "s3://\(bucket)/p/**", "nowhere"], server)
        #expect(rehearsal.output.split(separator: "\n").count == files.count)
        #expect(!folder.exists("nowhere"))
    }

    @Test func `programs are told URLs, of files too`() async throws {
        try folder.write("x", to: "a b%")
        let up = try await run(
            Product.sidecar.path, ["cp", "--json", "file://\(folder.path)/a%20b%25", "./copy"], folder: folder.path)
        #expect(up.status == .exited(0))
        let first = try #require(up.output.split(separator: "\n").first)
        #expect(first.contains("\"url\":\"file://\(folder.path)/a%20b%25\""))
        let relative = try await run(
            Product.sidecar.path, ["cp", "--json", "--dry-run", "a*", "elsewhere/"], folder: folder.path)
        #expect(relative.output.contains("\"url\":\"file://\(folder.path)/a%20b%25\""))
    }

    @Test func `standard input and output carry objects too`() async throws {
        let server = try await SeaweedFS.shared()
        let bucket = try await server.makeBucket()
        let bytes = seededBytes(20 << 20)
        let text = Array("some words\n".utf8)
        for (content, name) in [(bytes, "large"), (text, "small")] {
            #expect(try await copy(["-", "s3://\(bucket)/\(name)"], server, input: content).status == .exited(0))
            #expect(try await server.get(name, from: bucket) == content)
        }
        #expect(try await copy(["s3://\(bucket)/small", "-"], server).output == "some words\n")
        #expect(try await copy(["s3://\(bucket)/*", "s3://\(bucket)/copies/"], server).status == .exited(0))
        #expect(try await server.get("copies/large", from: bucket) == bytes)
    }

    @Test func `failures say what and end with their code`() async throws {
        let server = try await SeaweedFS.shared()
        let bucket = try await server.makeBucket()
        let missing = try await copy(["s3://\(bucket)/gone", "x"], server)
        #expect(missing.status == .exited(66))
        #expect(missing.error.contains("s3://\(bucket)/gone"))
        #expect(try await copy(["s3://\(bucket)/none/", "y/"], server).status == .exited(66))
        #expect(try await copy(["s3://\(bucket)/*", "s3://\(bucket)/x"], server).status == .exited(64))
        #expect(try await copy(["gopher://x/y", "x"], server).status == .exited(64))
        try folder.write("held", to: "many/held")
        for (source, words) in [("gone", "no such file"), ("go*.none", "no such file"), ("many", "is a folder")] {
            let refused = try await copy([source, "s3://\(bucket)/"], server)
            #expect(refused.status == .exited(66) && refused.error.contains("\(source): "), "\(refused.error)")
            #expect(refused.error.contains(words))
        }
        #expect(!folder.exists("x"))
    }

    @Test func `verify tells whole files from damaged and missing ones`() async throws {
        try folder.write("hello\n", to: "f/a")
        let sum = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
        try folder.write(
            """
            {"version":1,"step":{},"summary":{},
             "files":[{"path":"a","url":"s3://b/a","size":6,"sha256":"\(sum)"}]}
            """, to: "manifest.json")
        func verify() async throws -> Finished {
            try await run(Product.sidecar.path, ["verify", "manifest.json", "f"], folder: folder.path)
        }
        #expect(try await verify().status == .exited(0))
        try folder.write("hellO\n", to: "f/a")
        let damaged = try await verify()
        #expect(damaged.status == .exited(65))
        #expect(damaged.output.hasPrefix("failed a: ") && damaged.output.contains("f/a"))
        #expect(damaged.error == "kpipe-sidecar: 1 of 1 file differs or is missing\n")
        try FileManager.default.removeItem(atPath: folder["f/a"])
        #expect(try await verify().status == .exited(66))
    }

    @Test func `uploads that were left behind are named, and aborted by who says so`() async throws {
        let server = try await SeaweedFS.shared()
        let bucket = try await server.makeBucket()
        // Stopped by its reader: what it began is aborted; so one is left behind by a process that is killed.
        try folder.write([UInt8](repeating: 1, count: 40 << 20), to: "large")
        let pipe = try ChildProcess(
            "/bin/sh", ["-c", "(cat large; sleep 60) | \(Product.sidecar.path) cp - s3://\(bucket)/left/behind"],
            environment: server.environment().mapValues(Optional.some), folder: folder.path)
        func stale(_ options: [String]) async throws -> Finished {
            try await copy(["--abort-stale", "1ms"] + options + ["s3://\(bucket)/left/"], server)
        }
        _ = try await eventually("an upload in parts") {
            try await stale(["--dry-run"]).output.contains("stale s3://\(bucket)/left/behind") ? true : nil
        }
        await pipe.finish()
        let asked = try await stale([])
        #expect(asked.status == .exited(64) && asked.error.contains("1 upload would be aborted"), "\(asked.error)")
        #expect(try await copy(["--abort-stale", "7d", "--yes", "s3://\(bucket)/left/"], server).output == "")
        let aborted = try await stale(["--yes", "--json"])
        #expect(aborted.status == .exited(0) && aborted.output.contains("\"event\":\"aborted\""), "\(aborted.output)")
        #expect(try await stale(["--dry-run"]).output == "")
    }
}
