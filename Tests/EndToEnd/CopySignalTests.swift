import Foundation
import TestSupport
import Testing

/// A copy that is told to stop: quickly, with nothing half left here or in the store.
@Suite struct CopySignalTests {
    private let folder: TemporaryFolder
    private static let environment: [String: String?] = [
        "no_proxy": "*", "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S", "AWS_REGION": "us-east-1",
    ]

    init() throws { folder = try TemporaryFolder("signals") }

    private func stop(_ child: ChildProcess, _ signal: Int32) async throws {
        child.kill(signal)
        #expect(try await child.wait(atMost: .seconds(30)) == .exited(128 + signal))
        #expect(child.errorOutput.split(separator: "\n").count == 1, "\(child.errorOutput)")
        #expect(child.errorOutput.contains("stopped by"))
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP]) func `a download leaves neither file nor folder`(signal: Int32)
        async throws
    {
        let server = try ScriptedHTTPServer { request in
            let head = "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nAccept-Ranges: bytes\r\nContent-Length: 1000000\r\n\r\n"
            return [.send(head)] + (request.method == "HEAD" ? [] : [.bytes(seededBytes(500_000)), .stall])
        }
        defer { server.stop() }
        let child = try ChildProcess(
            Product.sidecar.path, ["cp", "\(server.url)/o", "new/folder/"], environment: Self.environment,
            folder: folder.path)
        try await eventually("the temporary file") { (try? folder.list("new/folder"))?.isEmpty == false }
        try await stop(child, signal)
        #expect(try folder.list() == [])
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP]) func `an upload in parts is aborted`(signal: Int32) async throws {
        try folder.write(seededBytes(20 << 20), to: "big")
        let server = try ScriptedHTTPServer { request in
            switch request.method {
            case "POST":
                [.ok("<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>")]
            case "PUT": [.stall]
            default: [.respond(204)]
            }
        }
        defer { server.stop() }
        let child = try ChildProcess(
            Product.sidecar.path, ["cp", "big", "s3://bucket/o", "--endpoint-url", server.url],
            environment: Self.environment, folder: folder.path)
        try await eventually("a part") { server.requests.contains { $0.method == "PUT" } }
        try await stop(child, signal)
        let aborts = server.requests.filter { $0.method == "DELETE" }
        #expect(aborts.map(\.target) == ["/bucket/o?uploadId=u1"])
    }

    @Test func `under nohup a terminal that closes does not end a step`() async throws {
        try folder.write("{}", to: "step.yaml")
        let command = "echo > \(folder["begun"]); read line < \(folder["go"])"
        let child = try ChildProcess(
            "sh",
            ["-c", "mkfifo go && trap '' HUP && exec \"$0\" \"$@\"", Product.sidecar.path]
                + ["run", "--config", "step.yaml", "--workdir", "work", "--", "sh", "-c", command],
            environment: Self.environment, folder: folder.path)
        try await eventually("the command") { try folder.list().contains("begun") }
        for process in [child.pid] + Self.children(of: child.pid) { kill(process, SIGHUP) }
        try await eventually("somebody who reads") {
            let pipe = open(folder["go"], O_WRONLY | O_NONBLOCK)
            defer { close(pipe) }
            return write(pipe, "\n", 1) == 1
        }
        #expect(try await child.wait(atMost: .seconds(30)) == .exited(0), "\(child.errorOutput)")
    }

    private static func children(of process: Int32) -> [Int32] {
        let text = try? String(contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8)
        return text?.split(separator: " ").compactMap { Int32($0) } ?? []
    }

    @Test(arguments: ["cp - s3://bucket/o", "cp URL -"])
    func `whoever waits for a pipe stops too`(command: String) async throws {
        let server = try ScriptedHTTPServer { request in
            let head = "HTTP/1.1 200 OK\r\nContent-Length: 8000000\r\n\r\n"
            return [.send(head)] + (request.method == "HEAD" ? [] : [.bytes(seededBytes(8_000_000))])
        }
        defer { server.stop() }
        // Nothing comes out of the pipe, and nothing is taken from it.
        let arguments = command.replacing("URL", with: "\(server.url)/o").split(separator: " ").map(String.init)
        let child = try ChildProcess(
            "sh",
            ["-c", "mkfifo pipe && exec 3<>pipe && echo > begun && exec \"$0\" \"$@\" <&3 >&3"]
                + [Product.sidecar.path] + arguments + ["--endpoint-url", server.url],
            environment: Self.environment, folder: folder.path)
        if command.contains("URL") {
            try await eventually("the request") { server.requests.contains { $0.method == "GET" } }
        } else {
            let pipe = try await eventually("the pipe") { Self.openPipe(folder["pipe"]) }
            defer { close(pipe) }
            #expect(write(pipe, "x", 1) == 1)
            var look = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
            try await eventually("somebody who reads") { poll(&look, 1, 0) == 0 }
        }
        try await stop(child, SIGTERM)
    }

    private static func openPipe(_ path: String) -> Int32? {
        let descriptor = open(path, O_RDWR | O_NONBLOCK)
        return descriptor >= 0 ? descriptor : nil
    }
}
